"""How one call to a GitLab ends: in time, in bounds, on its host, sent twice only where that is harmless."""

from __future__ import annotations

import io
import itertools
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from osgate.forges.asking import Rejected
from osgate.forges.gitlab.client import Client
from osgate.forges.gitlab.session import Session
from osgate.forges.protocol import Expired, Forbidden, Missing, Unreachable
from osgate.forges.session import Limits

ADDRESS = "https://forge.example.test/gitlab"
TOKEN = "example-token-0123456789"
Step = tuple[int, dict[str, str], bytes] | Exception | Callable[[], None]


def said(body: object, status: int = 200, **headers: str) -> tuple[int, dict[str, str], bytes]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"Content-Type": "application/json", **named}, json.dumps(body).encode()


class Script(BaseAdapter):
    """Answers what it was told to, the last thing for ever, and keeps what was asked."""

    def __init__(self, *steps: Step) -> None:
        super().__init__()
        self.steps = itertools.chain(steps, itertools.repeat(steps[-1]))
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *args: object, **more: object) -> requests.Response:  # type: ignore[override]
        self.asked.append(request)
        step = next(self.steps)
        if isinstance(step, Exception):
            raise step
        if callable(step):
            step()
            raise requests.ConnectionError
        status, headers, body = step
        raw = HTTPResponse(io.BytesIO(body), headers, status, preload_content=False)
        answer = requests.Response()
        answer.status_code, answer.raw, answer.url, answer.request = status, raw, request.url or "", request
        answer.headers = requests.structures.CaseInsensitiveDict(headers)
        return answer

    def close(self) -> None:
        pass


class Time:
    """A clock that moves only while somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, list[float]()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def client(script: Script, time: Time | None = None, token: str = TOKEN, **more: Any) -> Client:
    time = time or Time()

    def session(address: str, limits: Limits) -> Session:
        made = Session(address, limits, time, time.sleep)
        made.mount("https://", script)
        made.mount("http://", script)
        return made

    return Client(ADDRESS, token, session=session, **more)


def verbs(script: Script) -> list[str]:
    return [str(request.method) for request in script.asked]


def test_a_relative_address_keeps_its_path_and_ids_are_one_segment():
    script = Script(said({}))
    client(script).get("projects", "shop/till#1?x", "issues", 3)
    assert script.asked[0].url == f"{ADDRESS}/api/v4/projects/shop%2Ftill%231%3Fx/issues/3"


@pytest.mark.parametrize("named", ["", ".", ".."])
def test_what_is_no_name_makes_no_other_address(named: str):
    script = Script(said([]))
    with pytest.raises(Missing):
        client(script).get("projects", 1, "issues", named)
    assert script.asked == []


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_read_is_repeated_until_it_succeeds(status: int):
    script, time = Script(said({}, status), said({}, status), said({"id": 1})), Time()
    assert client(script, time).get("user") == {"id": 1}
    assert (verbs(script), time.slept) == (["GET"] * 3, [0.5, 1.0])


@pytest.mark.parametrize(
    "lost", [said({}, 502), said({}, 429), requests.ConnectionError(), requests.exceptions.ChunkedEncodingError()]
)
def test_a_post_and_a_delete_are_sent_once_whatever_becomes_of_the_answer(lost: Step):
    script, time = Script(lost), Time()
    asking = client(script, time)
    with pytest.raises(Unreachable):
        asking.post("projects", 1, "issues", body={})
    with pytest.raises(Unreachable):
        asking.delete("projects", 1, "issues", 2)
    assert (verbs(script), time.slept) == (["POST", "DELETE"], [])


@pytest.mark.parametrize("asked", ["86400", "9" * 400, "Wed, 21 Oct 2099 07:28:00 GMT", "-5", "²"])
def test_patience_that_a_server_asks_for_is_bounded(asked: str):
    script, time = Script(said({}, 429, Retry_After=asked)), Time()
    limits = Limits()
    with pytest.raises(Unreachable) as caught:
        client(script, time).get("user")
    assert caught.value.code == "forge.busy"
    assert len(script.asked) <= limits.tries
    assert max(time.slept) <= limits.pause
    assert time.now < limits.seconds


def test_the_deadline_counts_all_repeats_together():
    script, time = Script(said({}, 503, Retry_After="15")), Time()
    with pytest.raises(Unreachable):
        client(script, time, limits=Limits(seconds=20.0)).get("user")
    assert (len(script.asked), time.slept) == (2, [15.0])


def test_a_server_that_says_nothing_holds_nobody_beyond_the_deadline():
    done = threading.Event()
    script = Script(lambda: done.wait(20) and None)
    try:
        with pytest.raises(Unreachable) as caught:
            client(script, limits=Limits(seconds=0.2)).get("user")
    finally:
        done.set()
    assert caught.value.params["detail"] == "Timeout"


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example.test/gitlab/api/v4/projects/7",
        "http://forge.example.test/gitlab/api/v4/projects/7",
        "https://forge.example.test:8443/gitlab/api/v4/projects/7",
        "https://forge.example.test@evil.example.test/gitlab/api/v4/projects/7",
        "//evil.example.test/gitlab/api/v4/projects/7",
        "https://forge.example.test/gitlab/api/v4/projects/7/../../users",
        "https://forge.example.test/users/sign_in",
        "https://[x",
    ],
)
def test_a_redirect_off_the_server_or_to_what_does_not_move_is_refused_before_the_token_goes_along(to: str):
    script = Script(said(None, 302, Location=to), said({"id": 1}))
    with pytest.raises(Unreachable):
        client(script).get("user")
    assert len(script.asked) == 1


def test_a_redirect_of_a_project_that_moved_is_followed_with_token_and_query_and_not_for_ever():
    script = Script(said(None, 301, Location="/gitlab/api/v4/projects/7?x=1"), said({"id": 7}))
    assert client(script).get("projects", "old/path", y=2) == {"id": 7}
    assert script.asked[1].url == f"{ADDRESS}/api/v4/projects/7?y=2"
    assert script.asked[1].headers["PRIVATE-TOKEN"] == TOKEN
    circle = Script(said(None, 302, Location=f"{ADDRESS}/api/v4/projects/7"))
    with pytest.raises(Unreachable) as caught:
        client(circle).get("projects", "old/path")
    assert (caught.value.code, len(circle.asked)) == ("forge.strange", 5)


def test_what_is_written_never_follows_a_redirect():
    script = Script(said(None, 302, Location=f"{ADDRESS}/api/v4/projects/8"), said({"id": 8}))
    with pytest.raises(Rejected):
        client(script).post("projects", 7, "issues", body={})
    assert verbs(script) == ["POST"]


def test_an_answer_without_end_is_cut_off():
    script = Script(said("x" * 5000))
    with pytest.raises(Unreachable) as caught:
        client(script, limits=Limits(size=4096)).get("user")
    assert (caught.value.code, caught.value.params["detail"]) == ("forge.strange", "over 4096 bytes")


@pytest.mark.parametrize(
    "body", [b"<html><body>Proxy</body></html>", b"", b"[" * 100_000, b'{"id":', b"[]", b"null", b"\xff", b"9" * 5000]
)
def test_what_is_no_object_is_strange_and_no_traceback(body: bytes):
    with pytest.raises(Unreachable) as caught:
        client(Script((200, {"Content-Type": "text/html"}, body))).get("user")
    assert caught.value.code == "forge.strange"


@pytest.mark.parametrize("body", [{}, {"message": "no"}, [1], "x", None, [[]]])
def test_what_is_no_list_of_objects_is_strange(body: object):
    with pytest.raises(Unreachable) as caught:
        list(client(Script(said(body))).each("projects"))
    assert caught.value.code == "forge.strange"


def full(page: int) -> list[dict[str, int]]:
    return [{"id": n} for n in range(page * 100, page * 100 + 100)]


LINK = f'<{ADDRESS}/api/v4/projects?page={{}}>; rel="next"'


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (20, lambda next_page: {"X_Next_Page": next_page}),
        (20, lambda next_page: {"Link": LINK.format(next_page)} if next_page else {}),
        (100, lambda next_page: {}),
    ],
    ids=["X-Next-Page", "Link", "a proxy dropped both"],
)
def test_a_list_is_read_to_its_end_however_its_next_page_is_told(rows: int, told: Callable[[str], dict[str, str]]):
    script = Script(
        said(full(0)[:rows], **told("2")), said(full(1)[:rows], **told("3")), said([{"id": 200}], **told(""))
    )
    assert len([row["id"] for row in client(script).each("projects")]) == 2 * rows + 1
    assert "per_page=100" in (script.asked[2].url or "")
    assert "page=3" in (script.asked[2].url or "")


def test_a_next_page_on_another_host_gets_no_visit():
    away = '<https://evil.example.test/api/v4/projects?page=2>; rel="next"'
    script = Script(said(full(0), Link=away), said([]))
    assert len(list(client(script).each("projects"))) == 100
    assert {str(request.url).split("/api/")[0] for request in script.asked} == {ADDRESS}


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (401, {"message": "401 Unauthorized"}, Expired, "forge.token"),
        (403, {"message": "403 Forbidden - Your account has been blocked."}, Expired, "forge.token"),
        (403, {"error": "insufficient_scope"}, Forbidden, "forge.forbidden"),
        (404, {"message": "404 Project Not Found"}, Missing, "forge.missing"),
        (400, {"message": {"title": ["is too long"]}}, Rejected, "forge.strange"),
        (409, {"message": "conflict"}, Rejected, "forge.strange"),
        (418, ["?"], Rejected, "forge.strange"),
        (429, {"message": "Retry later"}, Unreachable, "forge.busy"),
        (502, {"message": "Bad Gateway"}, Unreachable, "forge.unreachable"),
    ],
)
def test_each_refusal_is_one_of_the_protocols(status: int, body: object, kind: type[Exception], code: str):
    with pytest.raises(kind) as caught:
        client(Script(said(body, status))).get("user")
    assert caught.value.code == code  # type: ignore[attr-defined]


def test_a_detail_is_short_clean_and_holds_no_token(caplog: pytest.LogCaptureFixture):
    caplog.set_level(0)
    nasty = {"message": f"{TOKEN}\x1b[31m\u202e\n" + "long " * 1000}
    with pytest.raises(Unreachable) as caught:
        client(Script(said(nasty, 400))).get("user")
    shown = f"{caught.value} {caught.value.params}"
    assert TOKEN not in shown + caplog.text
    assert len(str(caught.value.params["detail"])) <= 200
    assert not {"\x1b", "\u202e", "\n"} & set(str(caught.value.params["detail"]))


@pytest.mark.parametrize("token", ["", "bad\ntoken", "bad\x00token"])
def test_what_cannot_be_a_token_is_refused_at_once_and_not_shown(token: str):
    with pytest.raises(Expired) as caught:
        client(Script(said({})), token=token)
    assert "bad" not in str(caught.value)


def test_a_broken_connection_names_what_the_system_says():
    cause = requests.ConnectionError("https://user:pw@forge.example.test/?private_token=x")
    cause.__cause__ = ConnectionRefusedError(111, "Connection refused")
    with pytest.raises(Unreachable) as caught:
        client(Script(cause)).get("user", secret="query")
    assert caught.value.params == {
        "address": f"{ADDRESS}/api/v4/user",
        "detail": "ConnectionRefusedError: Connection refused",
    }


def test_a_jobs_own_token_writes_nothing_and_does_not_even_ask():
    script = Script(said({}))
    asking = client(script, token="", job_token="job")
    for write in (asking.post, asking.put):
        with pytest.raises(Forbidden) as caught:
            write("projects", 1, "issues", body={})
        assert "OSGATE_TOKEN" in caught.value.params["needs"]  # type: ignore[operator]
    with pytest.raises(Forbidden):
        asking.delete("projects", 1, "issues", 2)
    assert script.asked == []
    asking.get("projects", 1)
    assert script.asked[0].headers["JOB-TOKEN"] == "job"
