"""Accounts, organisations, teams, apps and repositories as they are shown."""

from __future__ import annotations

from osgate.testing.github.state import App, Installation, Json, Member, Org, Repo, Team, User
from osgate.testing.github.world import World

_USER_URLS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_REPO_URLS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def repo_url(world: World, repo: Repo) -> str:
    """The address of a repository in the interface."""
    return f"{world.api_url}/repos/{repo.full_name}"


def repo_page(world: World, repo: Repo) -> str:
    """The address of a repository for people."""
    return f"{world.web_url}/{repo.full_name}"


def user(world: World, found: User) -> Json:
    """A `simple-user`; an account that was deleted is shown as `ghost`."""
    found = found if found.id in world.users else world.ghost
    url = f"{world.api_url}/users/{found.login}"
    page = f"apps/{found.login.removesuffix('[bot]')}" if found.type == "Bot" else found.login
    return {
        "login": found.login,
        "id": found.id,
        "node_id": found.node_id,
        "avatar_url": f"{world.web_url}/avatars/u/{found.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{world.web_url}/{page}",
        **{name: f"{url}{rest}" for name, rest in _USER_URLS.items()},
        "type": found.type,
        "site_admin": found.site_admin,
    }


def public_user(world: World, found: User) -> Json:
    """A `public-user`."""
    nothing = dict.fromkeys(("company", "location", "email", "hireable", "bio"))
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    times = {"created_at": found.created_at, "updated_at": found.created_at}
    suspended = {"suspended_at": found.created_at} if found.suspended else {}
    return {**user(world, found), "name": found.name, "blog": "", **nothing, **counts, **times, **suspended}


def private_user(world: World, found: User) -> Json:
    """A `private-user`: oneself."""
    counts = dict.fromkeys(
        ("private_gists", "total_private_repos", "owned_private_repos", "disk_usage", "collaborators"), 0
    )
    return {**public_user(world, found), **counts, "two_factor_authentication": True, "email": found.email}


def organization(world: World, org: Org) -> Json:
    """An `organization-full`."""
    url = f"{world.api_url}/orgs/{org.login}"
    return {
        "login": org.login,
        "id": org.id,
        "node_id": org.node_id,
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{world.web_url}/avatars/u/{org.id}",
        "description": None,
        "name": org.name,
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": f"{world.web_url}/{org.login}",
        "type": "Organization",
        "default_repository_permission": org.base,
        "plan": {"name": org.plan, "space": 0, "private_repos": 9999, "filled_seats": len(org.members), "seats": 9999},
        "created_at": org.created_at,
        "updated_at": org.created_at,
        "archived_at": None,
    }


def membership(world: World, org: Org, member: Member) -> Json:
    """An `org-membership`."""
    url = f"{world.api_url}/orgs/{org.login}"
    whole = organization(world, org)
    names = (
        "login", "id", "node_id", "url", "repos_url", "events_url", "hooks_url", "issues_url", "members_url",
        "public_members_url", "avatar_url", "description",
    )  # fmt: skip
    return {
        "url": f"{url}/memberships/{member.user.login}",
        "state": member.state,
        "role": member.role,
        "organization_url": url,
        "organization": {name: whole[name] for name in names},
        "user": user(world, member.user),
    }


def team_simple(world: World, team: Team) -> Json:
    """A `team-simple`."""
    url = f"{world.api_url}/organizations/{team.org.id}/team/{team.id}"
    return {
        "id": team.id,
        "node_id": f"T_{team.id}",
        "url": url,
        "members_url": f"{url}/members{{/member}}",
        "name": team.name,
        "description": None,
        "permission": "pull",
        "privacy": team.privacy,
        "notification_setting": "notifications_enabled",
        "html_url": f"{world.web_url}/orgs/{team.org.login}/teams/{team.slug}",
        "repositories_url": f"{url}/repos",
        "slug": team.slug,
        "type": "organization",
    }


def team(world: World, found: Team) -> Json:
    """A `team`."""
    return {**team_simple(world, found), "parent": team_simple(world, found.parent) if found.parent else None}


def team_full(world: World, found: Team) -> Json:
    """A `team-full`."""
    return {
        **team(world, found),
        "members_count": len(found.members),
        "repos_count": len(found.repos),
        "created_at": found.created_at,
        "updated_at": found.created_at,
        "organization": organization(world, found.org),
    }


def app(world: World, found: App) -> Json:
    """An `integration`."""
    return {
        "id": found.id,
        "slug": found.slug,
        "node_id": f"A_{found.id}",
        "owner": user(world, found.owner),
        "name": found.name,
        "description": "",
        "external_url": f"{world.web_url}/apps/{found.slug}",
        "html_url": f"{world.web_url}/apps/{found.slug}",
        "created_at": found.created_at,
        "updated_at": found.created_at,
        "permissions": found.permissions,
        "events": found.events,
    }


def installation(world: World, found: Installation) -> Json:
    """An `installation`."""
    url = f"{world.api_url}/app/installations/{found.id}"
    return {
        "id": found.id,
        "account": user(world, found.account),
        "repository_selection": "all" if found.repos is None else "selected",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{world.api_url}/installation/repositories",
        "html_url": f"{world.web_url}/settings/installations/{found.id}",
        "app_id": found.app.id,
        "app_slug": found.app.slug,
        "target_id": found.account.id,
        "target_type": found.account.type,
        "permissions": found.permissions,
        "events": found.app.events,
        "created_at": found.created_at,
        "updated_at": found.created_at,
        "single_file_name": None,
        "suspended_by": None,
        "suspended_at": found.created_at if found.suspended else None,
    }


def minimal_repo(world: World, repo: Repo) -> Json:
    """A `minimal-repository`."""
    url = repo_url(world, repo)
    return {
        "id": repo.id,
        "node_id": f"R_{repo.id}",
        "name": repo.name,
        "full_name": repo.full_name,
        "owner": user(world, repo.owner),
        "private": repo.private,
        "visibility": "private" if repo.private else "public",
        "html_url": repo_page(world, repo),
        "description": None,
        "fork": repo.parent is not None,
        "url": url,
        **{name: f"{url}{rest}" for name, rest in _REPO_URLS.items()},
        "default_branch": repo.default_branch,
        "archived": repo.archived,
        "disabled": False,
        "pushed_at": repo.pushed_at,
        "created_at": repo.created_at,
        "updated_at": repo.pushed_at,
    }


def repo(world: World, found: Repo, role: str = "") -> Json:
    """A `repository`. role: of who asks."""
    page, count = repo_page(world, found), sum(i.state == "open" for i in found.issues.values())
    zero = dict.fromkeys(("forks_count", "stargazers_count", "watchers_count", "size", "forks", "watchers"), 0)
    has = {f"has_{name}": True for name in ("issues", "projects", "wiki", "downloads")}
    return {
        **minimal_repo(world, found),
        **zero,
        **has,
        "has_pages": False,
        "has_discussions": False,
        "git_url": f"{page.replace('http:', 'git:')}.git",
        "ssh_url": f"git@{page.partition('//')[2].partition(':')[0]}:{found.full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "open_issues_count": count,
        "open_issues": count,
        **({"permissions": permissions(role)} if role else {}),
    }


def full_repo(world: World, found: Repo, role: str = "") -> Json:
    """A `full-repository`."""
    more: Json = {"subscribers_count": 0, "network_count": 0, "allow_auto_merge": False, "allow_merge_commit": True}
    if found.parent:
        more |= {"parent": repo(world, found.parent), "source": repo(world, found.parent)}
    if isinstance(found.owner, Org):
        more["organization"] = user(world, found.owner)
    return {**repo(world, found, role), **more}


def permissions(role: str) -> Json:
    """What a role may, in the words of a repository's `permissions`."""
    order = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}
    names = list(order.values())
    rank = names.index(role) if role in names else -1
    return {name: names.index(needed) <= rank for name, needed in order.items()}
