"""PyGithub's requester on a way of our own.

What it does by itself does not count here: it repeats a POST after a 5xx, sleeps for as long as a rate limit lasts,
asks again for ever while a GET is answered 202, sends a POST on to where a 301 leads, takes 302, 307 and a page of HTML
for an answer, breaks on an error that is no JSON object, and writes whole answers into the log.
"""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import urlsplit

import requests
from github.Auth import Auth
from github.Requester import Requester

from osgate.forges.github.session import Session
from osgate.forges.protocol import Unreachable
from osgate.forges.session import bare

PER_PAGE = 100
_AGENT = "osgate"
_REDIRECTS = (300, 301, 302, 303, 307, 308)


class Answer:
    """What PyGithub takes for an answer of `http.client`."""

    def __init__(self, verb: str, got: requests.Response) -> None:
        self.status, self._text = got.status_code, _checked(verb, got)
        self._headers = got.headers

    def read(self) -> str:
        """Return the body."""
        return self._text

    def getheaders(self) -> list[tuple[str, str]]:
        """Return the headers."""
        return list(self._headers.items())


def requester(api: str, auth: Auth, session: Session, ca: str = "") -> Requester:
    """Return a requester whose every request goes through `session`. api: address of REST; ca: see Client."""
    parts = urlsplit(api)
    origin, trust = f"{parts.scheme}://{parts.netloc}", ca or True

    class Connection:
        """What PyGithub takes for a connection of `http.client`."""

        def __init__(self, host: str, port: int | None = None, **_: Any) -> None:
            self.host = host

        def request(self, verb: str, url: str, input: Any, headers: dict[str, str], stream: bool = False) -> None:
            """Take note of what is to be sent."""
            self._verb, self._what = verb, {"url": f"{origin}{url}", "data": input, "headers": headers}

        def getresponse(self) -> Answer:
            """Send it."""
            return Answer(self._verb, session.request(self._verb, verify=trust, **self._what))

        def close(self) -> None:
            """Nothing is open between two requests."""

    class Way(Requester):
        """A class of its own: what is injected holds for all of a class."""

    Way.injectConnectionClasses(Connection, Connection)  # type: ignore[arg-type]
    quiet = logging.Logger(_AGENT)
    quiet.disabled = True
    Way.injectLogger(quiet)
    return Way(auth, api, 30, _AGENT, PER_PAGE, trust, None, None, 0, 0, lazy=True)


def _checked(verb: str, got: requests.Response) -> str:
    """Return the body, if PyGithub reads it as we do. Raises Unreachable for what is no answer to go by."""
    status = got.status_code
    if status in _REDIRECTS or (status == 202 and verb in ("GET", "HEAD")):
        raise Unreachable("forge.strange", address=bare(got.url), detail=f"HTTP {status}")
    try:
        text = got.content.decode()
    except UnicodeDecodeError:
        text = "?"
    if status >= 400:
        return json.dumps({"message": _message(text), "errors": _errors(text)})
    if text and text[0] not in "{[":
        kind = got.headers.get("Content-Type", "")[:80]
        raise Unreachable("forge.strange", address=bare(got.url), detail=f"no JSON: {kind}")
    return text


def _message(text: str) -> str:
    told = _said(text).get("message")
    return told if isinstance(told, str) else ""


def _errors(text: str) -> list[str]:
    """Return what GitHub tells of each thing that it did not take, in one line each."""
    told = _said(text).get("errors")
    rows = told if isinstance(told, list) else [told] if told else []
    return [_one(row) for row in rows[:10]]


def _one(row: Any) -> str:
    if not isinstance(row, dict):
        return str(row)[:200]
    return " ".join([str(row[name])[:200] for name in ("field", "code", "message") if row.get(name)])


def _said(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
