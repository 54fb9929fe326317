"""The contract where the network, a proxy or the forge itself misbehaves: bounded, told, and never a secret shown."""

from __future__ import annotations

import itertools
import logging
import time
import traceback
from typing import Any

import pytest

from forges.contract import READS, WRITES
from forges.stages import Wired
from osgate.errors import OsgateError
from osgate.forges.protocol import Missing, Unreachable
from osgate.model.forge import Change, Project
from osgate.testing.gitea import FakeGitea
from osgate.testing.gitlab.faults import PROXY_PAGE

pytestmark = pytest.mark.real

# Far below what a fault asks for, far above what a call may take on a busy machine.
PATIENCE = 15


def made(wired: Wired) -> tuple[Project, Change]:
    """A project with a change whose diff shows one line."""
    project = wired.project("shop/till")
    return project, wired.change(project, wired.person("zhang.san"), lines={"package.json": [3]})


def bodies(wired: Wired, change: Change) -> list[str]:
    """What stands there by now."""
    return [note.body for note in wired.forge.notes(change.conversation) if not note.system]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_get_is_asked_again_while_the_forge_is_away(wired: Wired, status: int) -> None:
    _, change = made(wired)
    wired.say(change.conversation, change.author, ["here"])
    wired.fail("GET", "/(comments|notes)$", status, times=2, body=PROXY_PAGE)

    assert bodies(wired, change) == ["here"]


def test_a_get_is_not_asked_for_ever(wired: Wired) -> None:
    _, change = made(wired)
    before = wired.asked("GET", "/(comments|notes)$")
    wired.fail("GET", "/(comments|notes)$", 503, times=50)

    with pytest.raises(Unreachable):
        list(wired.forge.notes(change.conversation))
    assert wired.asked("GET", "/(comments|notes)$") - before == 3


@pytest.mark.parametrize("fault", [{"status": 502}, {"how": "reset"}, {"how": "truncate"}, {"body": PROXY_PAGE}])
def test_a_note_whose_answer_was_lost_is_there_once(wired: Wired, fault: dict[str, Any]) -> None:
    _, change = made(wired)
    before = wired.asked("POST")
    wired.fail("POST", "/(comments|notes)$", **{"status": 201, "times": 9, "after_apply": True, **fault})

    with pytest.raises(Unreachable):
        wired.forge.say(change.conversation, "once")
    assert bodies(wired, change) == ["once"]
    assert wired.asked("POST") - before == 1


def test_a_forge_that_asks_for_a_day_of_patience_is_busy(wired: Wired) -> None:
    _, change = made(wired)
    wired.fail("*", "/(comments|notes)$", 429, times=50, headers={"Retry-After": "86400"})
    began = time.monotonic()

    for call in (READS["notes"], WRITES["say"]):
        with pytest.raises(Unreachable, match=r"forge\.busy"):
            call(wired.forge, made_project(change), change)
    assert time.monotonic() - began < PATIENCE


def made_project(change: Change) -> Project:
    """A project for a call that does not look at it."""
    return Project(change.project, "", "", "", "")


@pytest.mark.parametrize("slow", [{"delay": 3}, {"how": "drip", "pause": 0.4, "body": b"[" + b" " * 400 + b"]"}])
def test_a_slow_forge_is_given_up(wired: Wired, slow: dict[str, Any]) -> None:
    _, change = made(wired)
    wired.fail("GET", "/(comments|notes)$", 200, times=50, **slow)
    began = time.monotonic()

    with pytest.raises(Unreachable):
        list(wired.hasty.notes(change.conversation))
    assert time.monotonic() - began < PATIENCE


SHAPES: list[Any] = [
    PROXY_PAGE, b"", b"null", b'"text"', b"42", {}, [1], [[]], [{}], {"id": 5}, [{"id": {}, "body": []}], b"[" * 5000,
    b'{"id": 1, "id', b"\xff\xfe", b"9" * 5000, [{"id": True, "user": {"id": "x"}, "created_at": "yesterday"}],
]  # fmt: skip


def test_answers_of_another_shape_are_strange_and_no_traceback(wired: Wired) -> None:
    project, change = made(wired)

    for shape in SHAPES:
        for name in ("project", "change", "notes", "issues_since", "me"):
            fault: Any = wired.fail("*", "", 200, times=99, body=shape)
            try:
                answer = READS[name](wired.forge, project, change)
            except (Unreachable, Missing):
                pass
            else:
                # An object in the place of a list, or an empty list, is no note.
                assert answer in ([], None), (name, shape, answer)
            fault.times = 0


def test_a_write_is_not_believed_by_an_answer_of_another_shape(wired: Wired) -> None:
    project, change = made(wired)

    for shape in SHAPES:
        fault: Any = wired.fail("POST", "", 201, times=99, body=shape)
        for name in ("say", "open_issue"):
            with pytest.raises(Unreachable):
                WRITES[name](wired.forge, project, change)
        fault.times = 0


def test_nobody_is_sent_to_another_host(wired: Wired) -> None:
    project, change = made(wired)
    with FakeGitea() as other:
        places = (f"{other.address}/api/v1/elsewhere?x=1", "http://[", "//other.example.test/x", "")
        for status, place in itertools.product((301, 307), places):
            fault: Any = wired.fail("*", "", status, times=99, headers={"Location": place})
            for call in (READS["project"], READS["notes"], WRITES["say"], WRITES["remove"]):
                with pytest.raises((Unreachable, Missing)):
                    call(wired.forge, project, change)
            fault.times = 0
        assert other.calls == []


def test_a_token_shows_in_nothing_that_is_said(wired: Wired, caplog: pytest.LogCaptureFixture) -> None:
    project, change = made(wired)
    caplog.set_level(logging.DEBUG)
    token = wired.secrets[0]
    echo = {"message": f"no access_token={token} here", "error": token}
    said: list[str] = []

    for fault in (
        {"status": 401, "body": echo}, {"status": 403, "body": echo}, {"status": 404, "body": echo},
        {"status": 422, "body": echo}, {"status": 500, "body": echo}, {"how": "reset"}, {"status": 200, "body": b"<"},
        {"status": 302, "headers": {"Location": f"https://other.example.test/?access_token={token}"}},
        {"status": 302, "headers": {"Location": f"/x/{token}?private_token={token}"}},
    ):  # fmt: skip
        struck: Any = wired.fail("*", "", **{"times": 99, **fault})
        for call in (READS["project"], READS["change"], WRITES["say"], WRITES["remove"]):
            try:
                call(wired.forge, project, change)
            except OsgateError as error:
                said += [str(error), repr(error), repr(error.params), *traceback.format_exception(error)]
        struck.times = 0

    assert len(said) > 100
    assert token not in "".join(said) + caplog.text
