"""Issues: list, open, change, link; labels of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from osgate.testing.gitlab import webhooks
from osgate.testing.gitlab.access import group_of, issue_of, may_read, need, project_of, sees_issue
from osgate.testing.gitlab.paging import ordered, page, since
from osgate.testing.gitlab.router import Refused, Reply, Request, forbidden, not_found, route
from osgate.testing.gitlab.routes.merge_requests import change_state, relabel
from osgate.testing.gitlab.routes.users import basic
from osgate.testing.gitlab.state import GUEST, OWNER, REPORTER, Issue, Json, Project, User

if TYPE_CHECKING:
    from osgate.testing.gitlab.world import World

# Characters of a description, at most.
LONGEST = 1_048_576


def issue(world: World, found: Issue) -> Json:
    """An issue."""
    reference = f"#{found.iid}"
    return {
        "id": found.id,
        "iid": found.iid,
        "project_id": found.project.id,
        "title": found.title,
        "description": found.description,
        "state": found.state,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "closed_at": found.closed_at,
        "closed_by": basic(world, found.closed_by) if found.closed_by else None,
        "labels": found.labels,
        "milestone": None,
        "assignees": [basic(world, u) for u in found.assignees],
        "assignee": basic(world, found.assignees[0]) if found.assignees else None,
        "author": basic(world, found.author),
        "type": "ISSUE",
        "issue_type": "issue",
        "user_notes_count": sum(not n.system for n in found.notes),
        "merge_requests_count": 0,
        "upvotes": sum(a.name == "thumbsup" for a in found.awards),
        "downvotes": sum(a.name == "thumbsdown" for a in found.awards),
        "due_date": found.due_date,
        "confidential": found.confidential,
        "discussion_locked": found.discussion_locked,
        "web_url": webhooks.noteable_url(world, found),
        "references": {"short": reference, "relative": reference, "full": f"{found.project.full_path}{reference}"},
        "task_completion_status": {"count": 0, "completed_count": 0},
        "has_tasks": False,
    }


def open_issue(world: World, project: Project, author: User, title: str, **fields: Any) -> Issue:
    """Open an issue. fields: of Issue."""
    number = fields.pop("iid", 0) or 1 + max(project.issues, default=0)
    made = Issue(world.next("issue"), number, project, title, author, world.now, world.now, **fields)
    project.issues[number] = made
    webhooks.noteable_event(world, made, author, "open")
    return made


@route("GET", "/projects/:id/issues", "[Issue]")
def in_project(request: Request) -> Reply:
    """Of one project."""
    return _listed(request, list(project_of(request).issues.values()))


@route("GET", "/groups/:id/issues", "[Issue]")
def in_group(request: Request) -> Reply:
    """Of a group with its subgroups."""
    group = group_of(request)
    return _listed(request, [i for p in request.world.below(group) for i in p.issues.values()])


@route("GET", "/issues", "[Issue]")
def everywhere(request: Request) -> Reply:
    """The caller's own; all that can be seen with `scope=all`."""
    user = request.me()
    rows = [i for p in request.world.projects.values() for i in p.issues.values()]
    own = request.params.get("scope", "created_by_me") == "created_by_me"
    return _listed(request, [i for i in rows if not own or i.author is user])


def _listed(request: Request, rows: list[Issue]) -> Reply:
    params = request.params
    rows = [i for i in rows if may_read(request.world, request.user, i.project) and sees_issue(request, i)]
    state = params.get("state", "all")
    rows = [i for i in rows if state in ("all", i.state)]
    if params.get("iids"):
        rows = [i for i in rows if i.iid in [int(n) for n in params["iids"]]]
    if params.get("labels"):
        rows = [i for i in rows if set(params["labels"]) <= set(i.labels)]
    if params.get("search"):
        places = str(params.get("in", "title,description")).split(",")
        word = str(params["search"]).lower()
        rows = [i for i in rows if any(word in (getattr(i, p) or "").lower() for p in places)]
    if "author_username" in params:
        rows = [i for i in rows if i.author.username == params["author_username"]]
    if "author_id" in params:
        rows = [i for i in rows if i.author.id == int(params["author_id"])]
    if "confidential" in params:
        rows = [i for i in rows if i.confidential == params["confidential"]]
    return page(request, ordered(request, since(request, rows)), lambda i: issue(request.world, i))


@route("GET", "/projects/:id/issues/:iid", "Issue")
def get(request: Request) -> Json:
    """One issue."""
    return issue(request.world, issue_of(request))


@route("POST", "/projects/:id/issues", "Issue")
def create(request: Request) -> Json:
    """Open an issue: anybody who sees the project, Guest up where it is private."""
    world, user, found, params = request.world, request.me(), project_of(request), request.params
    if found.archived or (found.visibility == "private" and world.level(user, found) < GUEST and not user.admin):
        forbidden()
    if not str(params["title"]).strip():
        raise Refused(400, {"message": {"title": ["can't be blank"]}})
    if len(params.get("description") or "") > LONGEST:
        raise Refused(400, {"message": {"description": [f"is too long (maximum is {LONGEST} characters)"]}})
    fields = request.only("description", "confidential", "due_date")
    if "iid" in params and (user.admin or world.level(user, found) >= OWNER):
        fields["iid"] = int(params["iid"])
    made = open_issue(world, found, user, str(params["title"]), **fields)
    if user.admin or world.level(user, found) >= REPORTER:
        relabel(request, made)
        made.assignees = [world.users[int(n)] for n in params.get("assignee_ids") or [] if int(n) in world.users]
    return issue(world, made)


@route("PUT", "/projects/:id/issues/:iid", "Issue")
def change(request: Request) -> Json:
    """Change an issue: its author, or Reporter up. Labels: Reporter up."""
    world, user = request.world, request.me()
    found = issue_of(request)
    strong = user.admin or world.level(user, found.project) >= REPORTER
    if not (strong or user is found.author) or found.project.archived:
        forbidden()
    for name in ("title", "description", "confidential", "due_date", "discussion_locked"):
        if name in request.params:
            setattr(found, name, request.params[name])
    if "assignee_ids" in request.params and strong:
        found.assignees = [world.users[int(n)] for n in request.params["assignee_ids"] if int(n) in world.users]
    if strong:
        relabel(request, found)
    change_state(request, found)
    found.updated_at = world.now
    return issue(world, found)


@route("DELETE", "/projects/:id/issues/:iid")
def delete(request: Request) -> None:
    """Remove an issue: owners alone."""
    found = issue_of(request)
    need(request, found.project, OWNER)
    del found.project.issues[found.iid]


@route("GET", "/projects/:id/issues/:iid/links", "[LinkedIssue]")
def links(request: Request) -> Reply:
    """The issues linked to it."""
    found = issue_of(request)
    rows = [row for row in found.links if sees_issue(request, row[1])]
    return page(request, rows, lambda r: {**issue(request.world, r[1]), "issue_link_id": r[0], "link_type": r[2]})


@route("POST", "/projects/:id/issues/:iid/links", "IssueLink")
def link(request: Request) -> Json:
    """Link two issues; blocking kinds are Premium."""
    world, found = request.world, issue_of(request)
    request.me()
    target = world.projects.get(int(request.params["target_project_id"]))
    other = target.issues.get(int(request.params["target_issue_iid"])) if target else None
    if other is None or not may_read(world, request.user, other.project):
        not_found()
    kind = str(request.params.get("link_type", "relates_to"))
    if kind != "relates_to" and not world.has("premium"):
        raise Refused(403, {"message": "Blocked issues not available for current license"})
    if any(row[1] is other for row in found.links):
        raise Refused(409, {"message": "Issue(s) already assigned"})
    number = world.next("issue_link")
    found.links.append((number, other, kind))
    other.links.append((number, found, kind))
    return {"source_issue": issue(world, found), "target_issue": issue(world, other), "link_type": kind}


@route("DELETE", "/projects/:id/issues/:iid/links/:link_id", "IssueLink", status=200)
def unlink(request: Request) -> Json:
    """Take a link away, on both sides."""
    request.me()
    found, number = issue_of(request), request.number("link_id")
    row = next((r for r in found.links if r[0] == number), None) or not_found()
    found.links.remove(row)
    row[1].links[:] = [r for r in row[1].links if r[0] != number]
    pair = {"source_issue": issue(request.world, found), "target_issue": issue(request.world, row[1])}
    return {**pair, "link_type": row[2]}


@route("GET", "/projects/:id/issues/:iid/participants", "[User]")
def participants(request: Request) -> Reply:
    """Its author and whoever wrote."""
    found = issue_of(request)
    people = {u.id: u for u in (found.author, *(n.author for n in found.notes))}
    return page(request, people.values(), lambda u: basic(request.world, u))


def _label(row: Json) -> Json:
    more = {"text_color": "#FFFFFF", "subscribed": False, "priority": None, "is_project_label": True}
    return {**row, "description_html": row["description"] or "", **more}


@route("GET", "/projects/:id/labels", "[Label]")
def labels(request: Request) -> Reply:
    """A project's labels by name."""
    found = project_of(request)
    word = str(request.params.get("search", "")).lower()
    rows = [found.labels[name] for name in sorted(found.labels) if word in name.lower()]
    return page(request, rows, _label)


@route("GET", "/projects/:id/labels/:name", "Label")
def label(request: Request) -> Json:
    """One label by name."""
    return _label(project_of(request).labels.get(request.names["name"]) or not_found("Label"))


@route("POST", "/projects/:id/labels", "Label")
def add_label(request: Request) -> Json:
    """Make a label: Reporter up."""
    found, params = project_of(request, REPORTER), request.params
    if params["name"] in found.labels:
        raise Refused(409, {"message": "Label already exists"})
    row = {"id": request.world.next("label"), "name": params["name"], "color": params["color"]}
    found.labels[params["name"]] = {**row, "description": params.get("description")}
    return _label(found.labels[params["name"]])


@route("PUT", "/projects/:id/labels/:name", "Label")
def change_label(request: Request) -> Json:
    """Change a label."""
    found = project_of(request, REPORTER)
    row = found.labels.get(request.names["name"]) or not_found("Label")
    row |= request.only("color", "description")
    return _label(row)


@route("DELETE", "/projects/:id/labels/:name")
def delete_label(request: Request) -> None:
    """Take a label away, from everything that has it."""
    found, name = project_of(request, REPORTER), request.names["name"]
    if found.labels.pop(name, None) is None:
        not_found("Label")
    for on in (*found.issues.values(), *found.merge_requests.values()):
        on.labels[:] = [each for each in on.labels if each != name]
