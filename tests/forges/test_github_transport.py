"""How one call to a GitHub ends: PyGithub's habits closed off, in time, in bounds, on its host."""

from __future__ import annotations

import functools
import json
import logging
from typing import Any

import pytest
import requests
from github.Auth import Auth

from forges.test_gitlab_transport import Script, Step, Time, said, verbs
from osgate.forges.asking import Rejected
from osgate.forges.github import connect
from osgate.forges.github.client import Client
from osgate.forges.github.session import LIMITS, Session
from osgate.forges.protocol import Expired, Forbidden, Missing, Unreachable
from osgate.forges.session import Limits

API, GRAPHQL = "https://forge.example.test/api/v3", "https://forge.example.test/api/graphql"
TO = connect.server("https://forge.example.test")
TOKEN = "example-token-0123456789"
DATE = "Sun, 22 Nov 2026 10:00:00 GMT"
# The same moment.
NOW = 1795341600


def session(script: Script, time: Time, limits: Limits = LIMITS, **more: Any) -> Session:
    made = Session(TO.api, TO.graphql, limits, clock=time, sleep=time.sleep, **more)
    made.mount("https://", script)
    made.mount("http://", script)
    return made


def client(script: Script, time: Time | None = None, limits: Limits = LIMITS, **more: Any) -> Client:
    return connect.by_token(TO, TOKEN, session(script, time or Time(), limits, **more))


@pytest.mark.parametrize(
    ("address", "api", "graphql"),
    [
        ("https://github.com", "https://api.github.com", "https://api.github.com/graphql"),
        ("https://bank.ghe.com", "https://api.bank.ghe.com", "https://api.bank.ghe.com/graphql"),
        ("https://forge.example.test", API, GRAPHQL),
        ("http://forge.example.test:8080/x", *(f"http://forge.example.test:8080/x/api/{n}" for n in ("v3", "graphql"))),
    ],
)  # fmt: skip
def test_where_the_interfaces_are(address: str, api: str, graphql: str):
    assert connect.server(address) == connect.Server(address, api, graphql)


def test_a_part_of_a_path_is_one_segment_and_pages_are_full():
    script = Script(said([]))
    list(client(script).each("repos", "shop", "a/b#1?x", "issues", state="all", since=None))
    assert script.asked[0].url == f"{API}/repos/shop/a%2Fb%231%3Fx/issues?page=1&per_page=100&state=all"
    assert script.asked[0].headers["Authorization"] == f"token {TOKEN}"


@pytest.mark.parametrize("named", ["", ".", ".."])
def test_what_is_no_name_makes_no_other_address(named: str):
    script = Script(said([]))
    with pytest.raises(Missing):
        client(script).get("repos", "shop", named)
    assert script.asked == []


@pytest.mark.parametrize("send", ["get", "put", "delete"])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_what_is_the_same_twice_is_repeated(send: str, status: int):
    script, time = Script(said({}, status), said({}, status), said({"id": 1})), Time()
    getattr(client(script, time), send)("user", **({"body": {}} if send == "put" else {}))
    assert (verbs(script), time.slept) == ([send.upper()] * 3, [0.5, 1.0])


@pytest.mark.parametrize(
    "lost",
    [
        said({}, 502),
        said({}, 429),
        said({"message": "You have exceeded a secondary rate limit."}, 403),
        requests.ConnectionError(),
        requests.exceptions.ChunkedEncodingError(),
    ],
)
def test_a_post_and_a_patch_are_sent_once_whatever_becomes_of_the_answer(lost: Step):
    script, time = Script(lost), Time()
    asking = client(script, time, between=0)
    with pytest.raises(Unreachable):
        asking.post("repos", "shop", "till", "issues", body={})
    with pytest.raises(Unreachable):
        asking.patch("repos", "shop", "till", "issues", 2, body={})
    with pytest.raises(Unreachable):
        asking.ask("mutation X { x }")
    assert (verbs(script), time.slept) == (["POST", "PATCH", "POST"], [])


def test_a_question_in_graphql_is_repeated_like_any_other():
    script = Script(said({}, 502), said({"data": {"viewer": {}}}))
    assert client(script).ask("query V { viewer { login } }") == {"viewer": {}}
    assert [request.url for request in script.asked] == [GRAPHQL] * 2


LIMIT = {"message": "API rate limit exceeded for installation ID 1."}


@pytest.mark.parametrize(
    ("answer", "waited"),
    [
        (said(LIMIT, 403, X_RateLimit_Remaining="0", X_RateLimit_Reset=f"{NOW + 9}", Date=DATE), [10.0]),
        (said(LIMIT, 429, X_RateLimit_Remaining="0", X_RateLimit_Reset=f"{NOW - 9}", Date=DATE), [1.0]),
        (said({"message": "You have exceeded a secondary rate limit"}, 403), [60.0]),
        (said({"message": "no"}, 403, Retry_After="7"), [7.0]),
        (said({"message": "slow down"}, 429), [60.0]),
        (said(LIMIT, 403, X_RateLimit_Remaining="0", X_RateLimit_Reset="soon"), [60.0]),
        (said(LIMIT, 403, X_RateLimit_Remaining="0", X_RateLimit_Reset=f"{NOW}", Date="yesterday"), [60.0]),
    ],
)
def test_a_rate_limit_is_waited_for_by_the_forges_clock_and_announced(answer: Step, waited: list[float]):
    script, time, told = Script(answer, said({"id": 1})), Time(), list[tuple[float, str]]()
    asking = client(script, time, waiting=lambda seconds, address: told.append((seconds, address)))
    assert asking.get("user") == {"id": 1}
    assert time.slept == waited
    assert told == [(seconds, f"{API}/user") for seconds in waited if seconds > 1]


@pytest.mark.parametrize(
    "answer",
    [
        said(LIMIT, 403, X_RateLimit_Remaining="0", X_RateLimit_Reset=f"{NOW + 3600}", Date=DATE),
        said({}, 429, Retry_After="86400"),
        said({}, 503, Retry_After="3600"),
    ],
)
def test_an_hour_is_not_waited_for_and_the_answer_says_which_limit_it_is(answer: Step):
    script, time = Script(answer), Time()
    with pytest.raises(Unreachable) as caught:
        client(script, time).get("user")
    assert (verbs(script), time.slept) == (["GET"], [])
    assert caught.value.code in ("forge.busy", "forge.unreachable")
    if caught.value.code == "forge.busy":
        assert any(name in str(caught.value.params["detail"]) for name in ("reset", "retry-after"))


def test_waiting_ends_with_the_time_for_the_call():
    script, time = Script(said({}, 429, Retry_After="60")), Time()
    with pytest.raises(Unreachable):
        client(script, time).get("user")
    assert sum(time.slept) < LIMITS.seconds
    assert len(script.asked) <= LIMITS.tries


def test_between_two_changes_there_is_a_second_and_between_questions_none():
    script, time = Script(said({"data": {}})), Time()
    asking = client(script, time)
    asking.get("user")
    asking.ask("query V { viewer { login } }")
    asking.get("user")
    assert time.slept == []
    asking.post("repos", "shop", "till", "issues")
    asking.ask("mutation X { x }")
    assert time.slept == [1.0]


def test_what_has_not_changed_is_asked_for_on_condition_and_told_again():
    script = Script(said({"id": 1}, ETag='W/"a"'), (304, {}, b""), said({"id": 2}, ETag='W/"b"'), (304, {}, b""))
    asking = client(script)
    assert [asking.get("user")["id"] for _ in range(4)] == [1, 1, 2, 2]
    assert [request.headers.get("If-None-Match") for request in script.asked] == [None, 'W/"a"', 'W/"a"', 'W/"b"']
    assert asking.calls == 4


def test_an_answer_is_known_again_for_its_own_address_and_query_alone():
    script = Script(said([], ETag='"a"'), said([], ETag='"b"'), said({"id": 1}, ETag='"c"'))
    asking = client(script)
    list(asking.each("user", "repos"))
    list(asking.each("user", "repos", type="all"))
    asking.post("user", "repos")
    assert [request.headers.get("If-None-Match") for request in script.asked] == [None] * 3


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example.test/api/v3/repositories/7",
        "http://forge.example.test/api/v3/repositories/7",
        "https://forge.example.test:8443/api/v3/repositories/7",
        "https://forge.example.test@evil.example.test/api/v3/repositories/7",
        "//evil.example.test/api/v3/repositories/7",
        "https://forge.example.test/api/v3/repositories/7/../../user",
        "https://forge.example.test/api/v3/repos/shop/..",
        "https://forge.example.test/api/v3/repos/shop/%2e%2E/user",
        "https://forge.example.test/login",
        "https://forge.example.test/api/v3/user",
        "https://[x",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_to_another_place_is_refused_before_the_token_goes_along(to: str, status: int):
    script = Script(said(None, status, Location=to), said({"id": 1}))
    with pytest.raises(Unreachable):
        client(script).get("user")
    assert len(script.asked) == 1


def test_a_renamed_repository_is_followed_with_token_and_query_and_not_for_ever():
    script = Script(said(None, 301, Location=f"{API}/repositories/7/issues"), said([]))
    list(client(script).each("repos", "shop", "till", "issues", state="all"))
    assert script.asked[1].url == f"{API}/repositories/7/issues?page=1&per_page=100&state=all"
    assert script.asked[1].headers["Authorization"] == f"token {TOKEN}"
    circle = Script(said(None, 301, Location=f"{API}/repositories/7"))
    with pytest.raises(Unreachable):
        client(circle).get("repos", "shop", "till")
    assert len(circle.asked) == 5


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_change_never_follows_a_redirect(status: int):
    script = Script(said(None, status, Location=f"{API}/repositories/8/issues"), said({"id": 8}))
    with pytest.raises(Unreachable) as caught:
        client(script).post("repos", "shop", "till", "issues", body={"title": "x"})
    assert (caught.value.code, verbs(script)) == ("forge.strange", ["POST"])


def test_a_question_that_is_never_ready_is_not_asked_for_ever():
    script, time = Script(said({}, 202)), Time()
    with pytest.raises(Unreachable):
        client(script, time).get("repos", "shop", "till", "stats")
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    "body", [b"<html><body>Proxy</body></html>", b"", b"[" * 100_000, b'{"id":', b"[]", b"null", b"\xff", b"9" * 5000]
)
def test_what_is_no_object_is_strange_and_no_traceback(body: bytes):
    for call in (lambda asking: asking.get("user"), lambda asking: asking.ask("query V { viewer { login } }")):
        with pytest.raises(Unreachable) as caught:
            call(client(Script((200, {"Content-Type": "text/html"}, body))))
        assert caught.value.code == "forge.strange"


@pytest.mark.parametrize("body", [{}, {"message": "no"}, {"rows": {}}, {"rows": [1]}, [1], "x", None, [[]]])
def test_what_is_no_list_of_objects_is_strange(body: object):
    for within in ("", "rows"):
        with pytest.raises(Unreachable) as caught:
            list(client(Script(said(body))).each("user", "repos", within=within))
        assert caught.value.code == "forge.strange"


def full(page: int) -> list[dict[str, int]]:
    return [{"id": n} for n in range(page * 100, page * 100 + 100)]


def test_a_list_is_read_to_its_end_also_where_a_proxy_dropped_the_links_and_never_elsewhere():
    away = '<https://evil.example.test/api/v3/user/repos?page=2>; rel="next", <https://evil.example.test/x>; rel="last"'
    told = Script(said(full(0)[:20], Link=away), said([{"id": 200}], Link='<x>; rel="prev"'))
    assert len(list(client(told).each("user", "repos"))) == 21
    assert told.asked[1].url == f"{API}/user/repos?page=2&per_page=100"
    dropped = Script(said(full(0)), said([{"id": 200}]))
    assert len(list(client(dropped).each("user", "repos"))) == 101


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (401, {"message": "Bad credentials"}, Expired, "forge.token"),
        (403, {"message": "Sorry. Your account was suspended."}, Expired, "forge.token"),
        (403, {"message": "Resource not accessible by integration"}, Forbidden, "forge.forbidden"),
        (404, {"message": "Not Found"}, Missing, "forge.missing"),
        (410, {"message": "Issues has been disabled in this repository."}, Missing, "forge.missing"),
        (409, {"message": "conflict"}, Rejected, "forge.strange"),
        (422, {"message": "Validation Failed", "errors": [{"field": "line"}]}, Rejected, "forge.strange"),
        (422, {"message": "Validation Failed", "errors": "one text"}, Rejected, "forge.strange"),
        (422, [1], Rejected, "forge.strange"),
        (400, "text", Rejected, "forge.strange"),
        (429, {"message": "Retry later"}, Unreachable, "forge.busy"),
        (502, {"message": "Bad Gateway"}, Unreachable, "forge.unreachable"),
    ],
)  # fmt: skip
def test_each_refusal_is_one_of_the_protocols(status: int, body: object, kind: type[Exception], code: str):
    with pytest.raises(kind) as caught:
        client(Script(said(body, status))).get("user")
    assert caught.value.code == code  # type: ignore[attr-defined]


def test_what_a_token_lacks_is_named_as_github_names_it_or_by_the_call():
    named = Script(said({"message": "no"}, 403, X_Accepted_GitHub_Permissions="issues=write"))
    with pytest.raises(Forbidden) as caught:
        client(named).post("repos", "shop", "till", "issues")
    assert caught.value.params["needs"] == "issues=write"
    for part, needs in (("statuses", "statuses: write"), ("check-runs", "checks: write"), ("x", "OSGATE_TOKEN")):
        with pytest.raises(Forbidden) as caught:
            client(Script(said({"message": "no"}, 403))).post("repos", "shop", "issues", part)
        assert caught.value.params["needs"] == needs


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        ({"type": "FORBIDDEN", "message": "Resource not accessible by integration"}, Forbidden, "forge.forbidden"),
        ({"type": "INSUFFICIENT_SCOPES", "message": "read:org"}, Forbidden, "forge.forbidden"),
        ({"type": "RATE_LIMITED", "message": "API rate limit exceeded"}, Unreachable, "forge.busy"),
        ({"message": "Something went wrong while executing your query."}, Rejected, "forge.strange"),
        ("odd", Rejected, "forge.strange"),
    ],
)
def test_each_error_of_graphql_is_one_of_the_protocols(error: object, kind: type[Exception], code: str):
    with pytest.raises(kind) as caught:
        client(Script(said({"data": None, "errors": [error]}))).ask("query V { viewer { login } }")
    assert caught.value.code == code  # type: ignore[attr-defined]


def test_what_graphql_does_not_find_is_null():
    body = {"data": {"node": None}, "errors": [{"type": "NOT_FOUND", "message": "no"}]}
    assert client(Script(said(body))).ask("query V { node }") == {"node": None}


def test_nothing_is_asked_elsewhere():
    script = Script(said({}))
    for url in ("https://evil.example.test/api/v3/user", f"{GRAPHQL}x", "https://forge.example.test/api/v33/user"):
        with pytest.raises(Unreachable):
            session(script, Time()).get(url)
    assert script.asked == []


def test_a_detail_is_short_clean_and_holds_no_token_and_the_log_neither(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    nasty = {"message": f"{TOKEN}\x1b[31m\u202e\n" + "long " * 1000, "errors": [{"message": TOKEN}]}
    with pytest.raises(Unreachable) as caught:
        client(Script(said(nasty, 400))).get("user")
    with pytest.raises(Unreachable) as again:
        client(Script(said({"errors": [{"message": TOKEN}]}))).ask("query V { viewer { login } }")
    shown = "".join(f"{error.value} {error.value.params}" for error in (caught, again))
    assert TOKEN not in shown + caplog.text
    assert "\x1b" not in shown
    assert len(str(caught.value.params["detail"])) <= 200


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak"])
def test_what_cannot_be_a_token_is_not_sent(token: str):
    with pytest.raises(Expired):
        connect.by_token(TO, token, session(Script(said({})), Time()))


def test_what_a_netrc_says_takes_nobodys_place(tmp_path: Any, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "netrc").write_text("machine forge.example.test login x password y\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    script = Script(said({"id": 1}))
    client(script).get("user")
    assert script.asked[0].headers["Authorization"] == f"token {TOKEN}"


@functools.cache
def pem() -> str:
    """A private key, made once: that takes a while."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    made = rsa.generate_private_key(65537, 2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    return made.private_bytes(*form).decode()


def test_an_app_is_its_installation_and_its_token_goes_through_our_session_and_is_kept():
    script = Script(said({"id": 5}), said({"token": "ghs-of-an-hour"}, 201), said({"id": 1}))
    asking = connect.by_app(TO, "12", pem(), session(script, Time()), repository="shop/till")
    asking.get("user")
    asking.get("user")
    paths = ["repos/shop/till/installation", "app/installations/5/access_tokens", "user", "user"]
    assert [request.url for request in script.asked] == [f"{API}/{path}" for path in paths]
    assert [str(request.headers["Authorization"]).split()[0] for request in script.asked] == ["Bearer"] * 2 + [
        "token"
    ] * 2
    assert asking.token == "ghs-of-an-hour"
    assert "ghs-of-an-hour" not in asking.clean("this ghs-of-an-hour here")


def test_an_apps_token_is_renewed_before_it_ends():
    time, fetched = Time(), list[str]()

    def fetch() -> str:
        fetched.append(f"token-{len(fetched)}")
        return fetched[-1]

    auth: Auth = connect.Installed(fetch, time)
    assert [auth.token, auth.token] == ["token-0"] * 2
    time.now = 3599
    assert auth.token == "token-1"


@pytest.mark.parametrize("repository", ["", "shop/till"])
def test_an_id_and_a_key_of_two_apps_are_told_as_that(repository: str):
    refused = said({"message": "A JSON web token could not be decoded"}, 401)
    asking = connect.by_app(TO, "12", pem(), session(Script(refused), Time()), repository=repository)
    with pytest.raises(Expired) as caught:
        asking.get("user")
    assert caught.value.code == "forge.app-pair"


@pytest.mark.parametrize("rows", [[], [{"id": 1}, {"id": 2}]])
def test_which_installation_is_meant_must_be_plain(rows: list[dict[str, int]]):
    asking = connect.by_app(TO, "12", pem(), session(Script(said(rows)), Time()))
    with pytest.raises(Missing) as caught:
        asking.get("user")
    assert caught.value.params["detail"] == "OSGATE_APP_INSTALLATION"


@pytest.mark.parametrize(
    "key", ["no-key-at-all", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"]
)
def test_what_is_no_key_is_told_without_showing_it(key: str):
    with pytest.raises(Expired) as caught:
        connect.by_app(TO, "12", key, session(Script(said({})), Time()))
    assert key not in json.dumps(caught.value.params)
