"""Rulesets of repositories and organisations."""

from __future__ import annotations

from osgate.testing.github import rules
from osgate.testing.github.access import org_of
from osgate.testing.github.paging import page
from osgate.testing.github.router import Refused, Reply, Request, error, not_found, route, unprocessable
from osgate.testing.github.state import Json, Org, Repo
from osgate.testing.github.state_work import Ruleset
from osgate.testing.github.world import World

REPO = "/repos/{owner}/{repo}/rulesets"
ORG = "/orgs/{org}/rulesets"
# The first Enterprise Server whose description has required reviewers, and how many teams a rule takes.
_REVIEWERS_SINCE, _TEAMS = (3, 17), 15
_KEPT = ("name", "target", "enforcement", "bypass_actors", "conditions", "rules")


def add(world: World, place: Repo | Org, given: Json) -> Ruleset:
    """Enter a ruleset."""
    source, kind = (place.full_name, "Repository") if isinstance(place, Repo) else (place.login, "Organization")
    kept = {"target": "branch", "bypass_actors": [], "rules": [], **{k: given[k] for k in _KEPT if k in given}}
    made = Ruleset(world.next("ruleset"), source, kind, kept, world.now, world.now)
    place.rulesets[made.id] = made
    return made


def shape(request: Request, found: Ruleset, *, whole: bool = True) -> Json:
    """A ruleset; in lists without its rules. bypass_actors are seen by those who may change it."""
    world, organisation = request.world, found.source_type == "Organization"
    under = f"orgs/{found.source}" if organisation else f"repos/{found.source}"
    page_url = f"organizations/{found.source}/settings" if organisation else found.source
    html = {"href": f"{world.web_url}/{page_url}/rules/{found.id}"}
    given = {k: v for k, v in found.given.items() if whole or k in ("name", "target", "enforcement")}
    if whole and not _may_write(request):
        given.pop("bypass_actors", None)
    shown = {
        "id": found.id,
        "node_id": f"RRS_{found.id}",
        "source": found.source,
        "source_type": found.source_type,
        "_links": {"self": {"href": f"{world.api_url}/{under}/rulesets/{found.id}"}, "html": html},
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        **given,
    }
    if whole and request.user is not None:
        shown["current_user_can_bypass"] = rules.bypasses(world, found, request.user, request.place)
    return shown


def _may_write(request: Request) -> bool:
    token, world = request.token, request.world
    if token is None:
        return False
    wanted = "administration" if request.place else "organization_administration"
    if token.kind in ("installation", "job"):
        return token.permissions.get(wanted) == "write"
    if request.place:
        return world.role(request.user, request.place) == "admin"
    return True


def _check(request: Request, plan: str) -> None:
    """Hold a ruleset against what GitHub takes. Raises Refused (422)."""
    said = request.said
    if said.get("enforcement") == "evaluate" and plan != "enterprise":
        unprocessable("Enforcement evaluate is not supported on this plan")
    for rule in said.get("rules") or ():
        _check_reviewers(request, rule)
        if rule["type"] == "merge_queue" and not _queues(request):
            unprocessable("Invalid rule 'merge_queue': ")
        for row in rule.get("parameters", {}).get("workflows", ()) if rule["type"] == "workflows" else ():
            if row["repository_id"] not in request.world.repos:
                unprocessable("Validation Failed: workflows: repository does not exist")


def _queues(request: Request) -> bool:
    """Whether a merge queue may be asked for: in a repository of an organisation, on github.com a private one of an
    enterprise alone."""
    place = request.place
    if place is None or not isinstance(place.owner, Org):
        return False
    return bool(request.world.ghes) or not place.private or place.owner.plan == "enterprise"


def _check_reviewers(request: Request, rule: Json) -> None:
    """Teams of the organisation only, up to fifteen; an older Enterprise Server does not know them."""
    rows = (rule.get("parameters") or {}).get("required_reviewers") or ()
    place = request.place
    owner = place.owner if place is not None else request.world.org(request.names.get("org", ""))
    version = request.world.ghes
    if rows and version and tuple(map(int, version.split("."))) < _REVIEWERS_SINCE:
        key = "`required_reviewers` is not a permitted key."
        raise Refused(422, error(f"Invalid request.\n\nInvalid property /rules: {key}", 422))
    teams = owner.teams if isinstance(owner, Org) else {}
    if len(rows) > _TEAMS or any(row["reviewer"]["id"] not in teams for row in rows):
        unprocessable("Validation Failed: required_reviewers: reviewer is invalid")


def _of(request: Request, rows: dict[int, Ruleset]) -> Ruleset:
    return rows.get(request.number("ruleset_id")) or not_found()


@route("GET", REPO)
def many(request: Request) -> Reply:
    """The rulesets of a repository, those of its organisation included unless they are not wanted."""
    above = request.query.get("includes_parents", "true") == "true"
    rows = rules.rulesets_over(request.repo) if above else list(request.repo.rulesets.values())
    return page(request, rows, lambda r: shape(request, r, whole=False))


@route("GET", f"{REPO}/{{ruleset_id}}")
def one(request: Request) -> Json:
    """One that holds in a repository."""
    return shape(request, _of(request, {r.id: r for r in rules.rulesets_over(request.repo)}))


@route("POST", REPO, needs="administration:write", role="admin")
def create(request: Request) -> Json:
    """Make one."""
    _check(request, "team")
    return shape(request, add(request.world, request.repo, request.said))


@route("PUT", f"{REPO}/{{ruleset_id}}", needs="administration:write", role="admin")
def change(request: Request) -> Json:
    """Change what is given."""
    _check(request, "team")
    return _changed(request, _of(request, request.repo.rulesets))


def _changed(request: Request, found: Ruleset) -> Json:
    found.given |= {k: request.said[k] for k in _KEPT if k in request.said}
    found.updated_at = request.world.now
    return shape(request, found)


@route("DELETE", f"{REPO}/{{ruleset_id}}", needs="administration:write", role="admin")
def delete(request: Request) -> None:
    """Delete one."""
    del request.repo.rulesets[_of(request, request.repo.rulesets).id]


def _org(request: Request, level: str) -> Org:
    org = org_of(request, f"organization_administration:{level}", admin=True)
    if org.plan == "free":
        raise Refused(403, error("Upgrade to GitHub Team to enable this feature.", 403))
    return org


@route("GET", ORG)
def org_many(request: Request) -> Reply:
    """The rulesets of an organisation."""
    return page(request, _org(request, "read").rulesets.values(), lambda r: shape(request, r, whole=False))


@route("GET", f"{ORG}/{{ruleset_id}}")
def org_one(request: Request) -> Json:
    """One of them."""
    return shape(request, _of(request, _org(request, "read").rulesets))


@route("POST", ORG)
def org_create(request: Request) -> Json:
    """Make one; it must say which repositories it reaches."""
    org = _org(request, "write")
    _check(request, org.plan)
    given = request.said.get("conditions") or {}
    if not {"repository_name", "repository_id", "repository_property"} & set(given):
        unprocessable("Validation Failed: conditions must name repositories")
    return shape(request, add(request.world, org, request.said))


@route("PUT", f"{ORG}/{{ruleset_id}}")
def org_change(request: Request) -> Json:
    """Change one."""
    org = _org(request, "write")
    _check(request, org.plan)
    return _changed(request, _of(request, org.rulesets))


@route("DELETE", f"{ORG}/{{ruleset_id}}")
def org_delete(request: Request) -> None:
    """Delete one."""
    org = _org(request, "write")
    del org.rulesets[_of(request, org.rulesets).id]
