"""The comment at a GitLab as it stands on servers: the real adapter, git over HTTP with a token, free tier."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from flow.house import DEMO, House, Said, patched
from osgate.forge_desk.publishing import STATUS
from osgate.forges.gitlab.adapter import GitLab
from osgate.testing.gitlab import FakeGitLab
from osgate.testing.gitlab.state import MergeRequest, Project

pytestmark = pytest.mark.real

REPORTER, DEVELOPER = 20, 30


class Place(NamedTuple):
    house: House
    fake: FakeGitLab
    project: Project
    change: MergeRequest
    work: Path

    def comment(self, token: str, *more: str) -> Said:
        """`osgate comment` on the change, as a pipeline with this token runs it."""
        environ = {"OSGATE_FORGE_URL": self.fake.web_url, "OSGATE_TOKEN": token}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            words = ("--project", "shop/till", "--change", str(self.change.iid), "--policy-project", "oss/policy")
            return self.house.osgate("comment", "--forge", "gitlab", *words, *more, at=self.house.root)

    def status(self, token: str) -> list[str]:
        """The commit statuses of the present head that are ours."""
        client = GitLab(self.fake.web_url, token).client
        commit = ("repository", "commits", self.change.version.head, "statuses")
        return [one["status"] for one in client.each("projects", self.project.id, *commit) if one["name"] == STATUS]

    def bodies(self) -> list[str]:
        return [note.body for note in self.change.notes if not note.system and not note.position]


def files(work: Path) -> dict[str, bytes]:
    named = subprocess.run(["git", "ls-files", "-z"], cwd=work, check=True, capture_output=True).stdout.split(b"\0")
    return {name.decode(): (work / name.decode()).read_bytes() for name in named if name}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with pytest.MonkeyPatch.context() as patch, FakeGitLab(tmp_path / "gitlab", tier="free") as fake:
        house = patched(patch, House(tmp_path / "house"))
        assert house.desk().code == 0
        work = house.application("till")
        after = {path.name: path.read_bytes() for path in (DEMO / "after").iterdir() if path.is_file()}
        subprocess.run(["git", "reset", "--quiet", "--hard"], cwd=work, check=True)
        wang = fake.user("wang.wu")
        project = fake.project("shop/till", files(work), members={wang: DEVELOPER})
        fake.project("oss/policy", {"README.md": b""}, members={wang: REPORTER})
        fake.push(project, "topic", after)
        yield Place(house, fake, project, fake.merge_request(project, "topic", author=wang), work)
        fake.settle()
        assert fake.violations == []


def bot(place: Place, level: int) -> str:
    """A group's bot would see both projects; here one user does, of `level` in the application's."""
    user = place.fake.user(f"group_1_bot_{level}", "osgate", kind="group_bot")
    place.fake.member(place.project, user, level)
    policy = place.fake.world.project_at("oss/policy")
    assert policy is not None
    place.fake.member(policy, user, REPORTER)
    return place.fake.as_user(user)


def test_X01_two_runs_at_gitlab_leave_one_comment_and_a_fix_turns_it_resolved(place: Place) -> None:
    token = bot(place, DEVELOPER)
    for _ in range(2):
        said = place.comment(token)
        assert (said.code, said.err) == (0, "")
    (comment,) = place.bodies()
    assert "blocked, 2 of 2 introduced dependencies to settle" in comment
    assert "/osgate request reason: …" in comment
    lines = [note for note in place.change.notes if note.position]
    assert len(lines) == 2
    assert place.status(token) == ["failed"]

    before = {name: data for name, data in files(place.work).items() if not name.startswith(".osgate/")}
    place.fake.push(place.project, "topic", before)
    said = place.comment(token)
    assert (said.code, said.err) == (0, "")
    (comment,) = place.bodies()
    assert "osgate: settled: " in comment
    assert not [note for note in place.change.notes if note.position and not note.resolved_at]
    assert place.status(token) == ["success"]
    assert not any(call.secret_in_query for call in place.fake.calls)
    kept = [path for path in (place.house.root / "cache").rglob("*") if path.is_file()]
    assert any("changes" in path.parts for path in kept)
    assert not any(token.encode() in path.read_bytes() for path in kept)


def test_a_second_merge_request_with_the_head_turns_it_green_neither_way(place: Place) -> None:
    token = bot(place, DEVELOPER)
    place.fake.push(place.project, "topic", {"more": b"x"})
    place.fake.push(place.project, "evil", {"own": b"x"}, parent="topic~1")
    second = place._replace(change=place.fake.merge_request(place.project, "topic", "evil"))
    for there in (second, place, second):
        assert there.comment(token).code == 0
        assert set(place.status(token)) == {"failed"}
    # Nobody but the institution says which branches decide.
    for there in (place, second):
        said = there.comment(token, "--branches", "main,ev*")
        assert (said.code, said.err, set(place.status(token))) == (0, "", {"failed"})
    assert said.out.splitlines()[-1].endswith(f"merge_requests/{place.change.iid}")
    place.change.state = "closed"
    assert second.comment(token, "--branches", "main,ev*").code == 0
    assert place.status(token)[0] == "success"


def test_an_external_check_is_answered_where_the_tier_has_them(place: Place) -> None:
    token = bot(place, DEVELOPER)
    said = place.comment(token, "--check", "7")
    assert (said.code, len(place.bodies())) == (0, 1)
    assert "external check" in said.err
    place.fake.world.tier = "ultimate"
    place.project.status_checks.append({"id": 7, "name": "osgate", "external_url": "https://gate.example.test"})
    assert place.comment(token, "--check", "7").err == ""
    assert place.change.check_responses[7] == {"sha": place.change.version.head, "status": "failed"}
    assert place.comment(token, "--check", "x").code == 2


def test_a_token_that_may_not_set_a_status_still_comments(place: Place) -> None:
    said = place.comment(bot(place, REPORTER))
    assert said.code == 0
    assert len(place.bodies()) == 1
    assert "commit status" in said.err


def test_a_change_from_a_fork_nobody_let_us_into_is_judged_and_told(place: Place) -> None:
    sun = place.fake.user("sun.qi")
    fork = place.fake.fork(place.project, "sun.qi", sun)
    place.fake.push(fork, "theirs", {path.name: path.read_bytes() for path in (DEMO / "after").glob("*.json")})
    change = place.fake.merge_request(place.project, "theirs", author=sun, source_project=fork)
    fork.visibility = "private"
    there = place._replace(change=change)
    assert there.comment(bot(place, DEVELOPER)).code == 0
    (comment,) = there.bodies()
    assert "blocked, 2 of 2 introduced dependencies to settle" in comment


def test_an_answer_lost_after_the_note_was_made_leaves_one(place: Place) -> None:
    token = bot(place, DEVELOPER)
    place.fake.fail("POST", r"/notes$", 502, after_apply=True)
    assert place.comment(token).code == 0
    assert len(place.bodies()) == 1
    assert place.comment(token).out.startswith("comment is up to date")


def test_a_maintainers_edit_is_undone(place: Place) -> None:
    token = bot(place, DEVELOPER)
    place.comment(token)
    (note,) = [note for note in place.change.notes if not note.system and not note.position]
    place.fake.forward(60)
    told = note.body
    place.fake.edit(note, told.replace("blocked", "approved"))
    assert place.comment(token).code == 0
    assert place.bodies() == [told]
