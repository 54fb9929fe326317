"""The fake GitHub, asked as clients ask it: by PyGithub, by raw requests."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlsplit

import github
import pytest

from github_contract.contract import documents, rest
from osgate.testing.github import PROXY_PAGE, SECONDARY, FakeGitHub
from testing.github_house import House, ask, graphql


@pytest.fixture
def fake():
    with FakeGitHub(contract=rest, graphql=documents) as made:
        yield made
        assert made.violations == []


@pytest.fixture
def house(fake):
    return House(fake)


# People and talk


def test_a_comment_is_changed_by_its_author_and_by_who_may_write(fake, house):
    comment = fake.comment(house.pull, house.wang, "/osgate approve")
    path = f"/repos/bank/app/issues/comments/{comment.id}"
    stranger = fake.user("zhao.liu")
    house.repo.collaborators[stranger.id] = "triage"
    assert ask(fake, "PATCH", path, fake.as_user(stranger), {"body": "x"})[0] == 403
    fake.forward(60)
    status, _, changed = ask(fake, "PATCH", path, fake.as_user(house.zhang), {"body": "forged"})
    assert (status, changed["user"]["login"], changed["body"]) == (200, "wang.wu", "forged")
    assert changed["updated_at"] > changed["created_at"]


def test_only_graphql_tells_of_an_edit_within_the_second_and_by_whom(fake, house):
    comment = fake.comment(house.pull, house.wang, "said")
    fake.edit(comment, "changed", house.zhang)
    shown = house.open(house.li).get_issue_comment(comment.id)
    assert shown.created_at == shown.updated_at
    query = "query($id: ID!) { node(id: $id) { ... on IssueComment { lastEditedAt editor { login } } } }"
    found = graphql(fake, fake.as_user(house.li), query, id=f"IC_{comment.id}")
    assert found["data"]["node"] == {"lastEditedAt": fake.clock.now, "editor": {"login": "zhang.san"}}


def test_a_reaction_leaves_a_comment_as_it_was_and_comes_once(fake, house):
    comment = fake.comment(house.pull, house.zhang, "hello")
    fake.forward(60)
    path, token = f"/repos/bank/app/issues/comments/{comment.id}/reactions", fake.as_user(house.wang)
    assert [ask(fake, "POST", path, token, {"content": "eyes"})[0] for _ in range(2)] == [201, 200]
    assert comment.updated_at == comment.created_at


@pytest.mark.parametrize(("length", "status"), [(65536, 201), (65537, 422)])
def test_a_comment_holds_so_many_characters(fake, house, length, status):
    token = fake.as_user(house.zhang)
    assert ask(fake, "POST", "/repos/bank/app/issues/1/comments", token, {"body": "x" * length})[0] == status


def test_a_login_taken_again_is_another_id_and_a_deleted_account_is_a_ghost(fake, house):
    comment = fake.comment(house.pull, house.wang, "hello")
    old = house.wang.id
    fake.rename(house.wang, "wang.wu.2")
    assert fake.user("wang.wu").id != old
    assert ask(fake, "GET", f"/user/{old}", fake.as_user(house.li))[2]["login"] == "wang.wu.2"
    fake.remove(house.wang)
    assert house.open(house.li).get_issue_comment(comment.id).user.login == "ghost"
    query = "query($id: ID!) { node(id: $id) { ... on IssueComment { author { login } } } }"
    assert graphql(fake, fake.as_user(house.li), query, id=f"IC_{comment.id}")["data"]["node"]["author"] is None


def test_a_comment_on_a_line_must_be_in_the_diff(fake, house):
    pull, head = house.open(house.wang), house.pull.head
    made = pull.create_review(body="see", event="COMMENT", comments=[{"path": "a.txt", "line": 2, "body": "why?"}])
    assert [(n.path, n.line) for n in pull.get_review_comments()] == [("a.txt", 2)]
    with pytest.raises(github.GithubException) as refused:
        pull.create_review(event="COMMENT", comments=[{"path": "a.txt", "line": 2, "body": "a"},
                                                      {"path": "a.txt", "line": 40, "body": "b"}])  # fmt: skip
    assert (refused.value.status, len(house.pull.notes)) == (422, 1)
    assert made.commit_id == head
    fake.push(house.repo, "feature", {"a.txt": b"1\n2\nthree\n"}, author=house.zhang)
    shown = ask(fake, "GET", "/repos/bank/app/pulls/1/comments", fake.as_user(house.zhang))[2]
    assert [(n["line"], n["original_line"]) for n in shown] == [(None, 2)]


def test_a_thread_is_resolved_by_the_author_and_not_by_who_reads(fake, house):
    note = fake.line_comment(house.pull, house.li, "a.txt", 2, "why?")
    change = "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { isResolved } } }"
    refused = graphql(fake, fake.as_user(house.wang), change, id=f"PRRT_{note.id}")
    assert refused["errors"][0]["type"] == "FORBIDDEN"
    said = graphql(fake, fake.as_user(house.zhang), change, id=f"PRRT_{note.id}")
    assert said["data"]["resolveReviewThread"]["thread"] == {"isResolved": True}
    assert note.resolved_by is house.zhang


def test_nobody_approves_what_is_his_own(fake, house):
    with pytest.raises(github.GithubException) as refused:
        house.open(house.zhang).create_review(event="APPROVE")
    assert refused.value.status == 422


def test_a_team_is_asked_by_its_slug_of_today_and_pending_is_no_member(fake, house):
    team = fake.team(house.org, "Security People", {house.zhang: "active", house.wang: "pending"})
    token = fake.as_user(house.li)

    def place(slug, login):
        status, _, said = ask(fake, "GET", f"/orgs/bank/teams/{slug}/memberships/{login}", token)
        return said["state"] if status == 200 else status

    assert [place("security-people", n) for n in ("zhang.san", "wang.wu", "li.si")] == ["active", "pending", 404]
    fake.rename(team, "Safety")
    assert [place(s, "zhang.san") for s in ("security-people", "safety")] == [404, "active"]


def test_an_enterprise_server_is_below_its_own_paths():
    with FakeGitHub(contract=rest, graphql=documents, ghes="3.19.0") as fake:
        house = House(fake)
        assert urlsplit(fake.api_url).path == "/api/v3"
        pull = house.open(house.zhang)
        assert pull.url.startswith(fake.api_url)
        assert pull.create_issue_comment("hi").minimize()
        status, headers, said = ask(fake, "GET", "/meta", fake.as_user(house.zhang))
        assert (status, headers["X-GitHub-Enterprise-Version"], said["installed_version"]) == (200, "3.19.0", "3.19.0")
        assert ask(fake, "GET", f"{fake.web_url}/repos/bank/app", fake.as_user(house.zhang))[0] == 404
        assert fake.violations == []


# Tokens


def test_a_token_that_has_ended_is_nobodys(fake, house):
    token = fake.as_user(house.zhang, expires_at="2026-11-21T07:00:00Z")
    assert ask(fake, "GET", "/user", token)[0] == 200
    fake.forward(3601)
    assert ask(fake, "GET", "/user", token)[::2][0] == 401
    assert ask(fake, "GET", "/repos/bank/app")[0] == 404
    assert ask(fake, "GET", "/repos/bank/app", fake.as_user(house.zhang, scopes=()))[0] == 404


def run_of(fake, house, pull, **permissions):
    """Return a run of a workflow for a pull request, by another push to it."""
    if not house.repo.workflows:
        fake.workflow(house.repo, permissions=permissions)
    place = pull.head_repo
    fake.push(place, pull.head_ref, {"more.txt": b"x\n"}, author=pull.author)
    return house.repo.runs[-1]


def test_a_jobs_token_may_what_its_workflow_says_in_its_repository_alone(fake, house):
    run = run_of(fake, house, house.pull, contents="read", pull_requests="write")
    token = fake.as_run(run)
    fake.repo("bank/other", {"x": b""})
    assert ask(fake, "POST", "/repos/bank/app/issues/1/comments", token, {"body": "hi"})[0] == 201
    status, headers, said = ask(
        fake, "POST", f"/repos/bank/app/statuses/{house.pull.head}", token, {"state": "success"}
    )
    assert (status, said["message"]) == (403, "Resource not accessible by integration")
    assert headers["X-Accepted-GitHub-Permissions"] == "statuses=write"
    assert ask(fake, "GET", "/repos/bank/other", token)[0] == 404
    assert ask(fake, "GET", "/orgs/bank/teams/security/memberships/li.si", token)[0] == 403
    fake.finish(run)
    assert ask(fake, "GET", "/repos/bank/app", token)[0] == 401


@pytest.mark.parametrize("who", ["fork", "dependabot"])
def test_a_fork_and_dependabot_get_a_token_that_only_reads(fake, house, who):
    if who == "fork":
        place = fake.fork(house.repo, house.wang)
        fake.push(place, "theirs", {"x.txt": b"y\n"}, author=house.wang)
        pull = fake.pull(house.repo, "theirs", author=house.wang, fork=place)
    else:
        fake.push(house.repo, "bump", {"x.txt": b"y\n"}, parent="main", author=fake.world.dependabot)
        pull = fake.pull(house.repo, "bump", author=fake.world.dependabot)
    token = fake.as_run(run_of(fake, house, pull, contents="read", issues="write", pull_requests="write"))
    path = f"/repos/bank/app/issues/{pull.number}/comments"
    assert ask(fake, "GET", path, token)[0] == 200
    assert ask(fake, "POST", path, token, {"body": "hi"})[0] == 403


def test_an_app_and_an_owner_are_told_where_the_app_is_installed(fake, house):
    app = fake.app("gate", {"checks": "write"})
    everywhere = fake.install(app, house.org)
    claims = base64.urlsafe_b64encode(json.dumps({"iss": str(app.id)}).encode()).decode().rstrip("=")
    _, _, rows = ask(fake, "GET", "/app/installations", f"e30.{claims}.c2ln")
    assert [(row["id"], row["account"]["login"]) for row in rows] == [(everywhere.id, "bank")]
    owner = fake.user("chen.ba")
    fake.org("bank", {owner: "admin"})
    found = ask(fake, "GET", "/orgs/bank/installations", fake.as_user(owner, ("admin:org",)))[2]
    assert [(one["app_id"], one["repository_selection"]) for one in found["installations"]] == [(app.id, "all")]
    assert ask(fake, "GET", "/orgs/bank/installations", fake.as_user(house.li))[0] in (403, 404)


def test_an_app_has_no_more_than_its_installation(fake, house):
    app = fake.app("gate", {"checks": "write", "contents": "read"})
    installed = fake.install(app, house.org, repos=(house.repo,))
    claims = base64.urlsafe_b64encode(json.dumps({"iss": str(app.id)}).encode()).decode().rstrip("=")
    jwt = f"e30.{claims}.c2ln"
    path = f"/app/installations/{installed.id}/access_tokens"
    assert ask(fake, "POST", path, jwt, {"permissions": {"issues": "write"}})[0] == 422
    token = ask(fake, "POST", path, jwt, {})[2]["token"]
    assert ask(fake, "POST", "/repos/bank/app/issues/1/comments", token, {"body": "hi"})[0] == 403
    said = {"name": "osgate", "head_sha": house.pull.head, "conclusion": "success"}
    assert ask(fake, "POST", "/repos/bank/app/check-runs", token, said)[2]["app"]["slug"] == "gate"
    assert ask(fake, "POST", "/repos/bank/app/check-runs", fake.as_user(house.li), said)[0] == 403
    fake.forward(3601)
    assert ask(fake, "GET", "/installation/repositories", token)[0] == 401


# Checks, lists, limits, faults


def test_annotations_come_fifty_at_a_time_and_add_up(fake, house):
    fake.workflow(house.repo, permissions={"checks": "write"})
    token = fake.as_run(run_of(fake, house, house.pull))
    row = {"path": "a.txt", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "m"}

    def output(count, length=1):
        return {"output": {"title": "t", "summary": "s" * length, "annotations": [row] * count}}

    start = {"name": "osgate / intake", "head_sha": house.pull.head}
    assert ask(fake, "POST", "/repos/bank/app/check-runs", token, start | output(51))[0] == 422
    assert ask(fake, "POST", "/repos/bank/app/check-runs", token, start | output(1, 65536))[0] == 422
    made = ask(fake, "POST", "/repos/bank/app/check-runs", token, start | output(50, 65535))[2]
    path = f"/repos/bank/app/check-runs/{made['id']}"
    said = ask(fake, "PATCH", path, token, {"conclusion": "failure"} | output(7))[2]
    assert (said["status"], said["output"]["annotations_count"]) == ("completed", 57)


def test_lists_come_in_pages_that_lead_on(fake, house):
    for number in range(5):
        fake.comment(house.pull, house.zhang, str(number))
    token, bodies, path = fake.as_user(house.li), [], "/repos/bank/app/issues/1/comments?per_page=2"
    while path:
        _, headers, rows = ask(fake, "GET", path, token)
        bodies += [row["body"] for row in rows]
        links = dict(reversed(part.split("; rel=")) for part in headers.get("Link", "").split(", ") if part)
        path = links.get('"next"', "").strip("<>")
    assert bodies == ["0", "1", "2", "3", "4"]
    query = """query($after: String) { repository(owner: "bank", name: "app") { pullRequest(number: 1) {
        comments(first: 2, after: $after) { pageInfo { hasNextPage endCursor } nodes { body } } } } }"""
    after, seen = None, []
    while after is not False:
        found = graphql(fake, token, query, after=after)["data"]["repository"]["pullRequest"]["comments"]
        seen += [row["body"] for row in found["nodes"]]
        after = found["pageInfo"]["hasNextPage"] and found["pageInfo"]["endCursor"]
    assert seen == bodies


def test_who_has_it_already_is_told_no_more_and_pays_nothing(fake, house):
    token = fake.as_user(house.zhang)
    _, first, _ = ask(fake, "GET", "/repos/bank/app/pulls/1", token)
    status, again, body = ask(fake, "GET", "/repos/bank/app/pulls/1", token, headers={"If-None-Match": first["ETag"]})
    assert (status, body) == (304, b"")
    assert again["X-RateLimit-Remaining"] == first["X-RateLimit-Remaining"]
    fake.comment(house.pull, house.zhang, "x")
    assert ask(fake, "GET", "/repos/bank/app/pulls/1", token, headers={"If-None-Match": first["ETag"]})[0] == 200


def test_an_hour_has_so_many_calls(fake, house):
    fake.world.limits["pat"] = 2
    token = fake.as_user(house.zhang)
    states = [ask(fake, "GET", "/repos/bank/app", token) for _ in range(3)]
    assert [s[0] for s in states] == [200, 200, 403]
    assert states[2][1]["X-RateLimit-Remaining"] == "0"
    assert "rate limit exceeded" in states[2][2]["message"]
    fake.forward(3600)
    assert ask(fake, "GET", "/repos/bank/app", token)[0] == 200


def test_faults_lose_answers_and_put_pages_in_their_place(fake, house):
    token = fake.as_user(house.zhang)
    fake.fail("POST", r"/comments$", 502, after_apply=True, body=PROXY_PAGE)
    status, _, page = ask(fake, "POST", "/repos/bank/app/issues/1/comments", token, {"body": "once"})
    assert (status, page, len(house.pull.comments)) == (502, PROXY_PAGE, 1)
    fake.fail("GET", r"/pulls/1$", 403, headers={"Retry-After": "60"}, body=SECONDARY)
    status, headers, said = ask(fake, "GET", "/repos/bank/app/pulls/1", token)
    assert (status, headers["Retry-After"]) == (403, "60")
    assert "secondary rate limit" in said["message"]
    assert [c.fault for c in fake.called("GET", "/pulls/1$")] == [True]


def test_an_old_name_leads_on_until_another_takes_it(fake, house):
    token = fake.as_user(house.zhang)
    fake.rename(house.repo, "bank/shop")
    status, headers, _ = ask(fake, "GET", "/repos/bank/app/pulls/1?x=1".replace("?x=1", ""), token)
    assert (status, urlsplit(headers["Location"]).path.endswith(f"/repositories/{house.repo.id}/pulls/1")) == (
        301,
        True,
    )
    assert ask(fake, "GET", headers["Location"], token)[2]["title"] == "Change feature"
    assert ask(fake, "POST", "/repos/bank/app/issues/1/comments", token, {"body": "x"})[0] == 307
    other = fake.repo("bank/app", {"x": b""}, roles={house.zhang: "read"})
    assert ask(fake, "GET", "/repos/bank/app", token)[2]["id"] == other.id


def test_what_has_no_route_or_another_shape_is_kept():
    with FakeGitHub(contract=rest, graphql=documents) as fake:
        house = House(fake)
        token = fake.as_user(house.zhang)
        assert ask(fake, "GET", "/repos/bank/app/stargazers", token)[0] == 404
        assert ask(fake, "POST", "/repos/bank/app/issues/1/comments", token, {"body": 5})[0] == 422
        assert graphql(fake, token, "query { viewer { shoeSize } }")["errors"]
        assert len(fake.violations) == 4
        assert ["no such route" in fake.violations[0], "shoeSize" in fake.violations[-1]] == [True, True]


def test_a_search_finds_what_may_be_seen(fake, house):
    fake.repo("bank/secret", {"x": b""})
    fake.push(fake.world.repo_at("bank/secret"), "b", {"x": b"y"})
    fake.pull(fake.world.repo_at("bank/secret"), "b")
    fake.forward(60)
    fake.comment(house.pull, house.zhang, "x")
    found = house.client(fake.as_user(house.wang)).search_issues(f"org:bank is:pr is:open updated:>={fake.clock.now}")
    assert [i.number for i in found] == [1]
    house.org.base = "none"
    assert house.client(fake.as_user(house.wang)).search_issues("org:bank is:pr").totalCount == 1
    assert house.client(fake.as_user(house.li)).search_issues("org:bank is:pr").totalCount == 2
