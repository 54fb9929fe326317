"""The fake GitLab, asked as clients ask it: by python-gitlab, by git, by raw requests."""

from __future__ import annotations

import http.client
import json
import subprocess

import gitlab
import pytest

from osgate.testing.gitlab import PROXY_PAGE, FakeGitLab
from testing.gitlab_house import House, ask


@pytest.fixture
def fake():
    with FakeGitLab() as made:
        yield made
        assert made.violations == []


@pytest.fixture
def house(fake):
    return House(fake)


def test_a_note_has_an_author_and_only_he_or_a_maintainer_edits_it(fake, house):
    note = house.open(house.zhang).notes.create({"body": "/osgate approve pkg:npm/left-pad@1.3.0"})
    assert note.author["username"] == "zhang.san"
    assert note.created_at == note.updated_at
    fake.forward(60)
    stranger = fake.user("wang.wu")
    fake.member(house.project, stranger, 30)
    with pytest.raises(gitlab.GitlabUpdateError) as refused:
        house.open(stranger).notes.update(note.id, {"body": "x"})
    assert refused.value.response_code == 403
    house.open(house.li).notes.update(note.id, {"body": "forged"})
    after = house.open(house.zhang).notes.get(note.id)
    assert (after.body, after.author["username"]) == ("forged", "zhang.san")
    assert after.updated_at > after.created_at


def test_an_emoji_leaves_a_note_as_it_was(fake, house):
    note = fake.note(house.change, house.zhang, "hello")
    fake.forward(60)
    house.open(house.li).notes.get(note.id).awardemojis.create({"name": "thumbsup"})
    assert house.open(house.li).notes.get(note.id).updated_at == note.created_at


@pytest.mark.parametrize(
    ("line", "taken"),
    [({"new_line": 2}, True), ({"old_line": 2}, True), ({"old_line": 1, "new_line": 1}, True),
     ({"new_line": 1}, False), ({"new_line": 99}, False), ({"old_line": 1, "new_line": 2}, False), ({}, False)],
)  # fmt: skip
def test_a_thread_stands_only_on_a_line_of_the_diff(house, line, taken):
    change = house.open(house.zhang)
    place = {**change.diff_refs, "position_type": "text", "old_path": "a.txt", "new_path": "a.txt", **line}
    if not taken:
        with pytest.raises(gitlab.GitlabCreateError) as refused:
            change.discussions.create({"body": "here", "position": place})
        assert refused.value.response_code == 400
        assert "line_code" in refused.value.error_message
        return
    thread = change.discussions.create({"body": "here", "position": place})
    note = thread.attributes["notes"][0]
    assert (note["type"], note["resolved"]) == ("DiffNote", False)
    thread.resolved = True
    thread.save()
    assert change.discussions.get(thread.id).attributes["notes"][0]["resolved_by"]["username"] == "zhang.san"


def test_lists_come_in_pages_and_the_client_finds_them_all(fake, house):
    for number in range(45):
        fake.note(house.change, house.zhang, f"note {number}")
    token = fake.as_user(house.li)
    path = f"/projects/{house.project.id}/merge_requests/1/notes"
    _, headers, first = ask(fake, "GET", path, token)
    assert (len(first), headers["X-Total"], headers["X-Next-Page"]) == (20, "45", "2")
    assert 'rel="next"' in headers["Link"]
    assert len(ask(fake, "GET", f"{path}?per_page=500", token)[2]) == 45
    assert len(house.open(house.li).notes.list(iterator=True, per_page=20)) == 45


def test_a_push_makes_a_version_and_a_merge_waits_for_the_newest_heads_pipeline(fake, house):
    house.project.settings["only_allow_merge_if_pipeline_succeeds"] = True
    first = fake.pipeline(house.change)
    fake.finish(first, "success")
    assert house.open(house.li).detailed_merge_status == "mergeable"
    head = fake.push(house.project, "feature", {"d.txt": b"d"})
    change = house.open(house.li)
    assert (change.sha, change.detailed_merge_status, len(change.diffs.list(get_all=True))) == (head, "ci_must_pass", 2)
    with pytest.raises(gitlab.GitlabMRClosedError) as refused:
        change.merge()
    assert refused.value.response_code == 405
    second = change.pipelines.create({})
    assert (second.sha, second.source) == (head, "merge_request_event")
    fake.finish(house.project.pipelines[-1], "success")
    change.merge(sha=head)
    assert house.project.repo.commit(house.project.repo.tip("main")).parents[1] == head


def test_only_who_may_merge_merges(house):
    with pytest.raises(gitlab.GitlabError) as refused:
        house.open(house.zhang).merge()
    assert refused.value.response_code == 401


def test_a_status_that_says_so_already_is_refused(house):
    project = house.client(house.zhang).projects.get(house.project.id)
    commit = project.commits.get(house.change.version.head)
    for state in ("pending", "running", "success", "success"):
        commit.statuses.create({"state": state, "name": "osgate / intake"})
    assert [s.status for s in commit.statuses.list(get_all=True)] == ["success"]
    commit.statuses.create({"state": "pending", "name": "osgate / intake"})
    with pytest.raises(gitlab.GitlabCreateError, match="via :enqueue from :pending"):
        commit.statuses.create({"state": "pending", "name": "osgate / intake"})


def test_a_job_token_reads_where_it_is_admitted_and_writes_nothing(fake, house):
    policy = fake.project("bank/policy", {"p.toml": b"x"}, members={house.zhang: 30})
    token = fake.as_job(fake.pipeline(house.change))
    own = f"/projects/{house.project.id}/merge_requests/1"
    assert ask(fake, "GET", f"{own}/notes", token, kind="JOB-TOKEN")[0] == 200
    assert ask(fake, "POST", f"{own}/notes", token, {"body": "x"}, kind="JOB-TOKEN")[0] == 401
    assert ask(fake, "POST", f"/projects/{house.project.id}/statuses/{house.change.version.head}", token,
               {"state": "success"}, kind="JOB-TOKEN")[0] == 401  # fmt: skip
    file = f"/projects/{policy.id}/repository/files/p.toml/raw"
    status, _, said = ask(fake, "GET", file, token, kind="JOB-TOKEN")
    assert status == 403
    assert "Authentication by CI/CD job token not allowed from" in said["message"]
    policy.admits.add(house.project.id)
    assert ask(fake, "GET", file, token, kind="JOB-TOKEN")[2] == b"x"
    assert ask(fake, "GET", file, token)[0] == 401
    fake.finish(house.project.pipelines[-1], "success")
    assert ask(fake, "GET", file, token, kind="JOB-TOKEN")[0] == 401


def test_tokens_end(fake, house):
    path = f"/projects/{house.project.id}"
    assert ask(fake, "GET", path)[0] == 404
    assert ask(fake, "GET", path, "nonsense")[2] == {"message": "401 Unauthorized"}
    token = fake.as_user(house.li, expires_at=fake.clock.today)
    assert ask(fake, "GET", path, token)[2]["error_description"].startswith("Token is expired")
    reader = fake.as_user(house.li, ("read_api",))
    status, _, said = ask(fake, "POST", f"{path}/issues", reader, {"title": "x"})
    assert (status, said["error"]) == (403, "insufficient_scope")
    bot = fake.as_bot(house.project, 30)
    assert house.client("li.si").projects.get(house.project.id).access_tokens.list(get_all=True)[0].active
    assert ask(fake, "GET", "/user", bot)[2]["bot"] is True
    house.project.members.pop(fake.world.tokens[bot].user.id)
    assert ask(fake, "GET", path, bot)[0] == 404


def test_membership_is_inherited_shared_and_expires(fake, house):
    reviewers, wang = fake.group("reviewers"), fake.user("wang.wu")
    fake.member(reviewers, wang, 40)
    share = fake.share(house.project.namespace, reviewers, 30, expires_at="2027-01-01")
    project = house.client(house.li).projects.get(house.project.id)
    assert project.members_all.get(wang.id).access_level == 30
    with pytest.raises(gitlab.GitlabGetError):
        project.members.get(wang.id)
    share.expires_at = fake.clock.today
    with pytest.raises(gitlab.GitlabGetError) as gone:
        project.members_all.get(wang.id)
    assert gone.value.response_code == 404


def test_a_moved_project_leads_readers_on_and_refuses_writers(fake, house):
    old = house.project.full_path
    fake.world.rename(house.project, f"moved/{house.project.path}")
    token, coded = fake.as_user(house.li), old.replace("/", "%2F")
    status, headers, _ = ask(fake, "GET", f"/projects/{coded}/issues?state=opened", token)
    assert (status, headers["Location"]) == (301, f"{fake.api_url}/projects/{house.project.id}/issues?state=opened")
    assert ask(fake, "POST", f"/projects/{coded}/issues", token, {"title": "x"})[0] == 404
    assert ask(fake, "GET", f"/projects/{house.project.id}", token)[0] == 200


def test_a_lost_update_is_prevented_by_last_commit_id_alone(fake, house):
    files = house.client(house.li).projects.get(house.project.id).files
    seen = files.get("a.txt", ref="main")
    change = {"branch": "main", "commit_message": "m", "content": "first"}
    files.update("a.txt", {**change, "last_commit_id": seen.last_commit_id})
    with pytest.raises(gitlab.GitlabUpdateError, match="has changed since"):
        files.update("a.txt", {**change, "content": "second", "last_commit_id": seen.last_commit_id})
    seen.content = "third"
    seen.save(branch="main", commit_message="m")
    assert files.raw("a.txt", ref="main") == b"third"
    with pytest.raises(gitlab.GitlabCreateError, match="already exists"):
        files.create({"file_path": "a.txt", **change})
    with pytest.raises(gitlab.GitlabCreateError) as refused:
        house.client(house.zhang).projects.get(house.project.id).files.create({"file_path": "x", **change})
    assert refused.value.response_code == 403


def test_a_comment_rings_a_pipeline_whose_payload_is_the_hooks_body(fake, house):
    bell = fake.project("bank/bell", {".gitlab-ci.yml": b"x"})
    token, ran = fake.trigger(bell), []
    url = f"{fake.api_url}/projects/{bell.id}/ref/main/trigger/pipeline?token={token}"
    house.client(house.li).projects.get(house.project.id).hooks.create(
        {"url": url, "note_events": True, "push_events": False, "token": "s3"}
    )
    fake.on_pipeline(lambda p: bool(ran.append(p) or True))
    house.open(house.zhang).notes.create({"body": "/osgate approve x"})
    assert ran == []
    fake.settle()
    payload = json.loads(ran[0].files["TRIGGER_PAYLOAD"])
    assert (payload["object_kind"], payload["object_attributes"]["note"]) == ("note", "/osgate approve x")
    assert (ran[0].source, ran[0].status, ran[0].project) == ("trigger", "success", bell)
    call = fake.called("POST", "trigger/pipeline")[0]
    assert (call.token, call.secret_in_query, token in call.query) == ("trigger", True, False)
    fake.redeliver(fake.world.deliveries[-1].id)
    assert len(bell.pipelines) == 2


def test_a_free_instance_lacks_what_is_paid_for(fake, house):
    project = house.client(house.li).projects.get(house.project.id)
    for ask_for in (project.pushrules.get, lambda: project.approvalrules.list(get_all=True)):
        with pytest.raises(gitlab.GitlabError) as lacking:
            ask_for()
        assert lacking.value.response_code in (403, 404)
    assert house.open(house.li).approvals.get().approved is False


def test_git_clones_and_pushes_by_the_same_rights(fake, house, tmp_path):
    def git(*args, cwd=tmp_path):
        return subprocess.run(["git", *args], cwd=cwd, capture_output=True, text=True)

    def url(user, token):
        return f"{fake.web_url}/{house.project.full_path}.git".replace("://", f"://{user}:{token}@")

    assert git("-c", "credential.helper=", "clone", "-q", url("x", "wrong"), "no").returncode
    assert git("clone", "-q", url("zhang.san", fake.as_user(house.zhang)), "work").returncode == 0
    work = tmp_path / "work"
    (work / "n.txt").write_text("n")
    git("add", ".", cwd=work)
    git("commit", "-qm", "n", cwd=work)
    refused = git("push", "origin", "HEAD:main", cwd=work)
    assert "not allowed to push code to protected branches" in refused.stderr
    assert git("push", "origin", "HEAD:feature", "--force", cwd=work).returncode == 0
    assert house.change.version.head == git("rev-parse", "HEAD", cwd=work).stdout.strip()
    owner = git("remote", "set-url", "origin", url("li.si", fake.as_user(house.li)), cwd=work)
    assert owner.returncode == 0
    assert git("push", "origin", "HEAD:main", cwd=work).returncode == 0
    git("commit", "-q", "--amend", "-m", "rewritten", cwd=work)
    forced = git("push", "--force", "origin", "HEAD:main", cwd=work)
    assert "not allowed to force push code to a protected branch" in forced.stderr
    hook = f"{house.project.repo.path}/custom_hooks/pre-receive.d"
    subprocess.run(["mkdir", "-p", hook], check=True)
    with open(f"{hook}/50-no", "w") as file:
        file.write('#!/bin/sh\ncat >/dev/null\necho "GL-HOOK-ERR: no $GL_PROTOCOL $GL_USERNAME"; exit 1\n')
    subprocess.run(["chmod", "+x", f"{hook}/50-no"], check=True)
    assert "no http li.si" in git("push", "origin", "HEAD:other", cwd=work).stderr
    with pytest.raises(gitlab.GitlabError, match=r"no web li\.si"):
        house.open(house.li).merge()


@pytest.mark.parametrize(
    "fault",
    [{"status": 502, "body": PROXY_PAGE}, {"status": 429, "headers": {"Retry-After": "86400"}},
     {"status": 200, "body": ["not", "a", "note"]}, {"how": "truncate", "status": 201}, {"how": "reset"},
     {"status": 500, "after_apply": True}],
)  # fmt: skip
def test_faults_strike_as_often_as_told(fake, house, fault):
    path, token = f"/projects/{house.project.id}/merge_requests/1/notes", fake.as_user(house.zhang)
    struck = fake.fail("POST", r"/merge_requests/\d+/notes$", **fault)
    try:
        status, headers, body = ask(fake, "POST", path, token, {"body": "once"})
        assert status == fault["status"]
        assert headers.get("Retry-After") == fault.get("headers", {}).get("Retry-After")
        assert body == fault.get("body", body)
    except (http.client.IncompleteRead, ConnectionError):
        assert fault.get("how")
    assert struck.hits == 1
    assert ask(fake, "POST", path, token, {"body": "twice"})[0] == 201
    written = [n.body for n in house.change.notes]
    assert written == (["once", "twice"] if fault.get("after_apply") else ["twice"])


def test_what_the_fake_does_not_know_is_told(fake, house):
    token = fake.as_user(house.li)
    assert ask(fake, "GET", "/no/such/thing", token)[0] == 404
    assert fake.violations == ["GET /no/such/thing: the fake has no such route"]
    fake.violations.clear()
    path = f"/projects/{house.project.id}/merge_requests/1/notes"
    assert ask(fake, "POST", path, token, {"body": ["no text"]})[2] == {"error": "body is invalid"}
    assert ask(fake, "POST", path, token, {})[2] == {"error": "body is missing"}
    assert ask(fake, "POST", path, token, {"body": "x", "colour": "red"})[0] == 201
    assert fake.ignored == ["POST /projects/:id/merge_requests/:iid/notes: colour"]
    fake.ignored.clear()


def test_an_edit_rings_too_and_a_deleted_note_is_gone(fake, house):
    house.client(house.li).projects.get(house.project.id).hooks.create(
        {"url": f"{fake.web_url}/nowhere", "note_events": True}
    )
    note = fake.note(house.change, house.zhang, "/osgate approve x")
    fake.edit(note, "/osgate approve y", house.li)
    told = [json.loads(d.body) for d in fake.world.deliveries]
    assert [t["object_attributes"]["action"] for t in told] == ["create", "update"]
    assert [t["user"]["username"] for t in told] == ["zhang.san", "li.si"]
    assert [t["object_attributes"]["author_id"] for t in told] == [house.zhang.id] * 2
    house.open(house.li).notes.delete(note.id)
    with pytest.raises(gitlab.GitlabGetError) as gone:
        house.open(house.zhang).notes.get(note.id)
    assert gone.value.response_code == 404


def test_a_blocked_user_does_nothing_and_counts_for_nothing(fake, house):
    token = fake.as_user(house.zhang)
    assert ask(fake, "POST", f"/users/{house.zhang.id}/block", fake.as_user("root"))[0] == 201
    assert ask(fake, "GET", "/user", token)[0] == 403
    assert ask(fake, "GET", f"/users/{house.zhang.id}", fake.as_user(house.li))[2]["state"] == "blocked"
    assert fake.world.level(house.zhang, house.project) == 0


def test_a_commit_status_does_not_make_up_for_a_pipeline_that_has_not_run(fake, house):
    house.project.settings["only_allow_merge_if_pipeline_succeeds"] = True
    pipeline = fake.pipeline(house.change)
    statuses = f"/projects/{house.project.id}/statuses/{pipeline.sha}"
    token = fake.as_user(house.zhang)
    assert ask(fake, "POST", statuses, token, {"state": "success", "name": "osgate"})[0] == 201
    assert house.open(house.li).detailed_merge_status == "ci_still_running"
    assert ask(fake, "POST", statuses, token, {"state": "failed", "name": "osgate"})[0] == 201
    fake.finish(pipeline, "success")
    assert house.open(house.li).detailed_merge_status == "ci_must_pass"
