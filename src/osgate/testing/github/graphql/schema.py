"""The part of GitHub's schema that osgate reads: accounts, repositories, issues, pull requests, what hangs on them."""

from __future__ import annotations

from typing import Any

from osgate.testing.github import access
from osgate.testing.github.graphql.running import KINDS, Asked, Node, Rows, Stopped, fields
from osgate.testing.github.routes import search
from osgate.testing.github.shapes import places
from osgate.testing.github.state import Comment, Issue, Org, PullRequest, Repo, Team, User

Given = dict[str, Any]
ACTORS = {"User", "Bot", "Organization"}
KINDS |= {
    "Actor": ACTORS,
    "RequestedReviewer": {"User", "Bot", "Team"},
    "RepositoryOwner": {"User", "Organization"},
    "GitObject": {"Commit", "Blob", "Tree"},
    "IssueOrPullRequest": {"Issue", "PullRequest"},
    "Comment": {"Issue", "PullRequest", "IssueComment", "PullRequestReview", "PullRequestReviewComment"},
    "Minimizable": {"IssueComment", "PullRequestReview", "PullRequestReviewComment"},
    "StatusCheckRollupContext": {"CheckRun", "StatusContext"},
    "SearchResultItem": {"Issue", "PullRequest", "Repository"},
    "Node": {
        *ACTORS, "Repository", "Issue", "PullRequest", "IssueComment", "PullRequestReview", "PullRequestReviewComment",
        "PullRequestReviewThread", "Commit", "Ref", "Team", "CheckRun", "StatusContext", "Blob", "Tree",
    },
}  # fmt: skip
KINDS["Updatable"] = KINDS["Comment"]


def actor(asked: Asked, found: User | None) -> Node | None:
    """An account as an author; nothing for one that is gone."""
    if found is None or found.id not in asked.world.users:
        return None
    return Node(found.type, found)


def readable(asked: Asked, repo: Repo, *needs: str) -> Repo:
    """Return a repository. Raises Stopped where the caller does not see it or may not read that in it."""
    if not access.sees(asked.world, asked.user, asked.token, repo):
        raise missing(f"a Repository with the name '{repo.full_name}'")
    if needs and repo.private and asked.token.kind in access.BY_PERMISSION and not access.allows(asked.token, needs):
        raise Stopped("FORBIDDEN", "Resource not accessible by integration")
    return repo


def missing(what: str) -> Stopped:
    """It is not there, or hidden."""
    return Stopped("NOT_FOUND", f"Could not resolve to {what}.")


def _repository(asked: Asked, _of: None, given: Given) -> Node:
    named = f"{given['owner']}/{given['name']}"
    repo = asked.world.repo_at(named)
    if repo is None and given.get("followRenames", True) and named.lower() in asked.world.redirects:
        repo = asked.world.repos[asked.world.redirects[named.lower()]]
    if repo is None:
        raise missing(f"a Repository with the name '{named}'")
    return Node("Repository", readable(asked, repo))


def issue_node(found: Issue) -> Node:
    """An issue or a pull request as what it is."""
    return Node("PullRequest" if isinstance(found, PullRequest) else "Issue", found)


def _numbered(asked: Asked, repo: Repo, given: Given, *kinds: str) -> Node:
    found = repo.issues.get(given["number"])
    node = issue_node(found) if found else None
    if node is None or node.type not in kinds:
        raise missing(f"{' or '.join(kinds)} with the number of {given['number']}")
    readable(asked, repo, "pull_requests:read", "issues:read")
    return node


def find(asked: Asked, given: str) -> Node:
    """Return what an id in GraphQL means. Raises Stopped (NOT_FOUND)."""
    kind, _, number = given.partition("_")
    world = asked.world
    issues = [i for r in world.repos.values() for i in r.issues.values()]
    notes = [n for i in issues if isinstance(i, PullRequest) for n in i.notes]
    rows: dict[str, Any] = {
        "I": ("Issue", [i for i in issues if not isinstance(i, PullRequest)]),
        "PR": ("PullRequest", [i for i in issues if isinstance(i, PullRequest)]),
        "IC": ("IssueComment", [c for i in issues for c in i.comments]),
        "PRRC": ("PullRequestReviewComment", notes),
        "PRRT": ("PullRequestReviewThread", [n for n in notes if n.root is n]),
        "PRR": ("PullRequestReview", [r for i in issues if isinstance(i, PullRequest) for r in i.reviews]),
        "R": ("Repository", list(world.repos.values())),
        "T": ("Team", [t for o in world.users.values() if isinstance(o, Org) for t in o.teams.values()]),
        **{
            short: (name, list(world.users.values()))
            for short, name in (("U", "User"), ("BOT", "Bot"), ("O", "Organization"))
        },
    }
    name, found = rows.get(kind, ("", []))
    one = next((row for row in found if str(row.id) == number), None)
    if one is None:
        raise missing(f"a node with the global id of '{given}'")
    place = _place(world.repos, name, one)
    if place is not None:
        readable(asked, place)
    return Node(name, one)


def _place(repos: dict[int, Repo], name: str, one: Any) -> Repo | None:
    if name == "Repository":
        return one  # type: ignore[no-any-return]
    if isinstance(one, Comment):
        return one.on.repo
    if isinstance(one, Issue):
        return one.repo
    return next((r for r in repos.values() for p in r.pulls if one in p.reviews), None)


def _search(asked: Asked, _of: None, given: Given) -> Rows:
    tests = [search.test_of(word) for word in str(given["query"]).split()]
    seen = [r for r in asked.world.repos.values() if access.sees(asked.world, asked.user, asked.token, r)]
    rows = [i for r in seen for i in r.issues.values() if all(test(i) for test in tests)]
    rows.sort(key=lambda i: (i.updated_at, i.id), reverse="sort:updated-asc" not in str(given["query"]))
    return Rows("", [issue_node(i) for i in rows])


def _org(asked: Asked, _of: None, given: Given) -> Node:
    org = asked.world.org(given["login"])
    if org is None:
        raise missing(f"an Organization with the login of '{given['login']}'")
    return Node("Organization", org)


def _user(asked: Asked, _of: None, given: Given) -> Node:
    found = asked.world.user_named(given["login"])
    if found is None or found.type != "User":
        raise missing(f"a User with the login of '{given['login']}'")
    return Node("User", found)


def _nodes(asked: Asked, _of: None, given: Given) -> list[Node | None]:
    made: list[Node | None] = []
    for one in given["ids"]:
        try:
            made.append(find(asked, one))
        except Stopped as stopped:
            asked.errors.append({"type": stopped.kind, "path": ["nodes", len(made)], "message": stopped.message})
            made.append(None)
    return made


fields(
    "Query",
    viewer=lambda a, of, g: Node("User", a.user),
    repository=_repository,
    node=lambda a, of, g: find(a, g["id"]),
    nodes=_nodes,
    organization=_org,
    user=_user,
    search=_search,
    rateLimit=lambda a, of, g: Node("RateLimit", a.rate),
)
fields("RateLimit", **{n: lambda a, of, g, n=n: of[n] for n in ("limit", "remaining", "used")})
fields("RateLimit", cost=lambda a, of, g: 1, resetAt=lambda a, of, g: a.world.now, nodeCount=lambda a, of, g: 1)
fields(
    *ACTORS,
    id=lambda a, of, g: of.node_id,
    databaseId=lambda a, of, g: of.id,
    login=lambda a, of, g: of.login.removesuffix("[bot]") if of.type == "Bot" and of is not a.user else of.login,
    url=lambda a, of, g: f"{a.world.web_url}/{of.login}",
    avatarUrl=lambda a, of, g: f"{a.world.web_url}/avatars/u/{of.id}",
)
fields("User", isSiteAdmin=lambda a, of, g: of.site_admin)
fields(
    "User",
    "Organization",
    name=lambda a, of, g: of.name,
    email=lambda a, of, g: "",
)


def _team(asked: Asked, org: Org, given: Given) -> Node | None:
    member = org.members.get(asked.user.id)
    inside = (member is not None and member.state == "active") or access.allows(asked.token, ("members:read",))
    if not inside:
        raise Stopped("FORBIDDEN", "Resource not accessible by integration")
    found = next((t for t in org.teams.values() if t.slug == given["slug"]), None)
    return Node("Team", found) if found else None


def _members(_asked: Asked, team: Team, given: Given) -> Rows:
    rows = [m.user for m in team.members.values() if m.state == "active"]
    wanted = str(given.get("query") or "").lower()
    return Rows("User", [u for u in rows if wanted in u.login.lower()])


def _repositories(asked: Asked, org: Org, _given: Given) -> Rows:
    rows = [r for r in asked.world.repos.values() if r.owner is org]
    return Rows("Repository", [r for r in rows if access.sees(asked.world, asked.user, asked.token, r)])


fields("Organization", team=_team, repositories=_repositories)
fields(
    "Team",
    id=lambda a, of, g: f"T_{of.id}",
    databaseId=lambda a, of, g: of.id,
    slug=lambda a, of, g: of.slug,
    name=lambda a, of, g: of.name,
    members=_members,
)


def _permission(asked: Asked, repo: Repo, _given: Given) -> str | None:
    role = asked.world.role(asked.user, repo)
    return None if role == "none" else role.upper()


def _ref(_asked: Asked, repo: Repo, given: Given) -> Node | None:
    name = str(given["qualifiedName"])
    full = name if name.startswith("refs/") else f"refs/heads/{name}"
    oid = repo.git.ref(full)
    return Node("Ref", (repo, full, oid)) if oid else None


def _object(_asked: Asked, repo: Repo, given: Given) -> Node | None:
    oid = repo.git.ask("rev-parse", "--verify", "-q", str(given.get("expression") or given.get("oid") or ""))
    kind = repo.git.ask("cat-file", "-t", oid) if oid else None
    return (
        Node({"commit": "Commit", "tree": "Tree", "blob": "Blob"}[kind], (repo, oid))
        if kind in ("commit", "tree", "blob")
        else None
    )


def state_of(found: Issue) -> str:
    """OPEN, CLOSED or MERGED."""
    return "MERGED" if isinstance(found, PullRequest) and found.merged_at else found.state.upper()


def _pulls(_asked: Asked, repo: Repo, given: Given) -> Rows:
    states, head, base = given.get("states"), given.get("headRefName"), given.get("baseRefName")
    rows = [p for p in repo.pulls if not states or state_of(p) in states]
    rows = [p for p in rows if head in (None, p.head_ref) and base in (None, p.base_ref)]
    return Rows("PullRequest", _ordered(rows, given))


def _ordered(rows: list[Any], given: Given) -> list[Any]:
    order = given.get("orderBy") or {}
    name = "updated_at" if order.get("field") == "UPDATED_AT" else "created_at"
    return sorted(rows, key=lambda row: (getattr(row, name), row.id), reverse=order.get("direction") == "DESC")


def _issues(_asked: Asked, repo: Repo, given: Given) -> Rows:
    states, since = given.get("states"), (given.get("filterBy") or {}).get("since") or ""
    rows = [i for i in repo.issues.values() if not isinstance(i, PullRequest)]
    rows = [i for i in rows if (not states or i.state.upper() in states) and i.updated_at >= since]
    return Rows("Issue", _ordered(rows, given))


fields(
    "Repository",
    id=lambda a, of, g: f"R_{of.id}",
    databaseId=lambda a, of, g: of.id,
    name=lambda a, of, g: of.name,
    nameWithOwner=lambda a, of, g: of.full_name,
    owner=lambda a, of, g: actor(a, of.owner),
    isPrivate=lambda a, of, g: of.private,
    isArchived=lambda a, of, g: of.archived,
    isFork=lambda a, of, g: of.parent is not None,
    url=lambda a, of, g: places.repo_page(a.world, of),
    viewerPermission=_permission,
    defaultBranchRef=lambda a, of, g: _ref(a, of, {"qualifiedName": of.default_branch}),
    ref=_ref,
    object=_object,
    pullRequest=lambda a, of, g: _numbered(a, of, g, "PullRequest"),
    issue=lambda a, of, g: _numbered(a, of, g, "Issue"),
    issueOrPullRequest=lambda a, of, g: _numbered(a, of, g, "Issue", "PullRequest"),
    pullRequests=_pulls,
    issues=_issues,
)
fields(
    "Ref",
    name=lambda a, of, g: of[1].removeprefix("refs/heads/"),
    prefix=lambda a, of, g: "refs/heads/",
    target=lambda a, of, g: Node("Commit", (of[0], of[2])),
)
