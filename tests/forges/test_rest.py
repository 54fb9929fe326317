"""JSON over HTTP: what is tried again, how long is waited, where a list ends, what goes along and what comes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from osgate.io.rest import BadStatus, Limits, NoAnswer, Rest, Token
from osgate.testing.gitlab.router import Reply
from osgate.testing.rest_server import Ask, Halt, RestServer, route

SIZE = ("per_page", 10)


class Lists(RestServer):
    """Lists of every kind, and an echo."""

    def secret_in(self, headers: Mapping[str, str], query: dict[str, str], said: dict[str, Any]) -> tuple[str, str]:
        known = next(iter(self._tokens))
        return known, headers.get("Authorization", "") + query.get("access_token", "")

    @route("GET", "/linked")
    def linked(self, ask: Ask) -> Any:
        return self.listed(ask, range(35), "per_page", 10, link=True)

    @route("GET", "/counted")
    def counted(self, ask: Ask) -> Any:
        return self.listed(ask, range(35), "per_page", 4, link=False)

    @route("GET", "/silent")
    def silent(self, ask: Ask) -> Any:
        page = int(ask.query["page"])
        return list(range(35))[(page - 1) * 4 : page * 4]

    @route("GET", "/endless")
    def endless(self, ask: Ask) -> Any:
        return [1]

    @route("GET", "/echo/{what}")
    def echo(self, ask: Ask) -> Any:
        return {"what": ask.place["what"], "query": dict(ask.query)}

    @route("GET", "/moved")
    def moved(self, ask: Ask) -> Any:
        raise Halt(302, "", (("Location", f"{self.prefix}/echo/there?page=2"),))

    @route("PUT", "/nothing")
    def nothing(self, ask: Ask) -> Any:
        return Reply(None, 204)

    @route("DELETE", "/nothing")
    def gone(self, ask: Ask) -> Any:
        return Reply(None, 204)


@pytest.fixture
def served() -> Iterator[Lists]:
    with Lists() as made:
        made.as_user(made.world.add_account("osgate"))
        yield made


class Clock:
    """Seconds that pass by sleeping alone."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, list[float]()

    def seconds(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def rest(served: Lists, clock: Clock | None = None, token: Token | None = None, **limits: Any) -> Rest:
    """The client of a server, in a time of its own."""
    clock = clock or Clock()
    base = served.address + served.prefix
    return Rest(base, token, Limits(**limits), monotonic=clock.seconds, sleep=clock.sleep)


@pytest.mark.parametrize("kind", ["linked", "counted", "silent"])
def test_a_list_comes_whole_however_its_end_is_told(served: Lists, kind: str) -> None:
    assert list(rest(served).pages(kind, size=SIZE)) == list(range(35))


def test_a_list_without_an_end_is_given_up_by_time(served: Lists) -> None:
    clock = Clock()

    def items() -> Iterator[object]:
        for item in rest(served, clock, listing=60).pages("endless", size=SIZE):
            clock.now += 1
            yield item

    with pytest.raises(NoAnswer, match=r"rest\.slow"):
        list(items())
    assert 60 <= clock.now <= 62


def test_pauses_are_those_that_are_asked_for(served: Lists) -> None:
    clock = Clock()
    served.fail("GET", "/linked", 429, times=2, headers={"Retry-After": "7"})

    assert next(rest(served, clock).pages("linked", size=SIZE)) == 0
    assert clock.slept == [7, 7]


@pytest.mark.parametrize(
    ("asked", "pauses"), [("21", []), ("86400", []), ("9" * 400, []), ("soon", [1, 2]), ("-5", [1, 2])]
)
def test_a_pause_is_never_longer_than_the_limit(served: Lists, asked: str, pauses: list[float]) -> None:
    clock = Clock()
    served.fail("GET", "/linked", 503, times=9, headers={"Retry-After": asked})

    with pytest.raises(BadStatus):
        rest(served, clock, pause=20).get("linked")
    assert clock.slept == pauses


def test_pauses_together_keep_the_total(served: Lists) -> None:
    clock = Clock()
    served.fail("GET", "/linked", 503, times=9, headers={"Retry-After": "15"})

    with pytest.raises(BadStatus):
        rest(served, clock, pause=20, total=25).get("linked")
    assert clock.slept == [15]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500, 501])
def test_an_error_that_stays_is_told_at_once(served: Lists, status: int) -> None:
    clock = Clock()
    served.fail("*", "", status, times=9, body={"message": "no\n\x1b[31m such thing" + "!" * 500})

    with pytest.raises(BadStatus) as caught:
        rest(served, clock).get("linked")
    assert (caught.value.status, clock.slept) == (status, [])
    assert caught.value.detail.startswith(f"{status} no  [31m such thing")
    assert len(caught.value.detail) <= 200


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_changes_nothing_twice_is_tried_again(served: Lists, method: str) -> None:
    served.fail(method, "/nothing", 502, times=2)

    assert rest(served).send(method, "nothing") is None
    assert served.called(method) == 3


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_may_change_something_is_sent_once(served: Lists, method: str) -> None:
    for fault in ({"status": 503}, {"how": "reset"}, {"status": 429, "headers": {"Retry-After": "0"}}):
        served.calls.clear()
        served.faults.clear()
        served.fail(method, "/nothing", **fault)
        with pytest.raises((BadStatus, NoAnswer)):
            rest(served).send(method, "nothing", body={"a": 1})
        assert served.called(method) == 1


def test_segments_and_values_arrive_as_they_were(served: Lists) -> None:
    what, value = "a/b?c#d%2F e&许可证", "x&y=z +%"

    assert rest(served).get("echo", what, named=value, left=None, flag=True) == {
        "what": what, "query": {"named": value, "flag": "true"}
    }  # fmt: skip


@pytest.mark.parametrize("parts", [(), ("",), ("..",), ("echo", "."), ("echo", "..", "linked")])
def test_no_address_leads_out_of_the_interface(served: Lists, parts: tuple[str, ...]) -> None:
    with pytest.raises(BadStatus) as caught:
        rest(served).get(*parts)
    assert caught.value.status == 404
    assert served.calls == []


def test_a_redirect_on_the_same_host_takes_the_token_along(served: Lists) -> None:
    for token in (Token("secret", parameter=True, name="access_token"), Token("secret", before="token ")):
        assert rest(served, token=token).get("moved")["what"] == "there"

    assert [call.secret for call in served.calls] == ["secret", "secret", "token secret", "token secret"]


def test_too_large_an_answer_is_given_up(served: Lists) -> None:
    served.fail("GET", "/linked", 200, body=b"[" + b"1," * 5000 + b"1]")

    with pytest.raises(NoAnswer, match=r"rest\.strange"):
        rest(served, size=9999).get("linked")
    served.fail("GET", "/linked", 200, body=b"[" + b"1," * 4000 + b"1]")
    assert len(rest(served, size=9999).get("linked")) == 4001


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:9", "http://[::1", "http://host name/", "ftp://127.0.0.1/x", "nothing"]
)
def test_where_nobody_is_there_is_no_answer(base: str) -> None:
    clock = Clock()
    with pytest.raises(NoAnswer):
        Rest(base, Token("secret"), monotonic=clock.seconds, sleep=clock.sleep).get("x")


def test_a_token_that_no_header_can_carry_is_not_repeated(served: Lists) -> None:
    with pytest.raises(NoAnswer) as caught:
        rest(served, token=Token("se\ncret")).get("linked")
    assert "cret" not in str(caught.value)
    assert served.calls == []
