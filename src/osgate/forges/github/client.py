"""Asking one GitHub: JSON in, JSON out, whole lists, and every failure as one of the protocol's.

Of PyGithub it uses the requester alone. The objects above it ask once for each thing before it is used, and know
neither rulesets nor what GraphQL tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import requests
from github.Auth import Auth
from github.GithubException import GithubException

from osgate.forges.asking import Rejected, cause, clean, converted, joined
from osgate.forges.github.requester import PER_PAGE, requester
from osgate.forges.github.session import Session
from osgate.forges.protocol import Expired, Forbidden, Missing, Unreachable

T = TypeVar("T")
Json = dict[str, Any]
Hidden = Callable[[list[Any], Forbidden], None]
# A list longer than this is a server that never ends one.
_PAGES = 5000
_SUSPENDED = re.compile(r"account (?:was|has been|is) suspended", re.IGNORECASE)
# What a call needs where GitHub does not say it: by a part of its path, the first that fits.
_NEEDS = {
    "statuses": "statuses: write",
    "check-runs": "checks: write",
    "check-suites": "checks: write",
    "actions": "actions: write",
    "rulesets": "administration: write",
    "protection": "administration: write",
    "teams": "members: read",
    "issues": "issues: write, pull_requests: write",
    "pulls": "pull_requests: write",
}
_GRAPHQL = ("graphql",)


class Client:
    """One GitHub, with one identity.

    api, graphql: addresses of REST and GraphQL; auth: who we are, in PyGithub's words; session: the way there; ca: path
    of a file with certificates to trust, the usual ones where empty; secrets: what no message may show.
    overlooked: addresses of what was left out of a list, because it is too large to be read or hidden from us.
    """

    def __init__(
        self, api: str, graphql: str, auth: Auth, session: Session, *, ca: str = "", secrets: Callable[[], list[str]]
    ) -> None:
        self.api, self._graphql = api, graphql
        self._session, self._secrets = session, secrets
        self._auth, self._requester = auth, requester(api, auth, session, ca)
        self.overlooked: list[str] = []

    @property
    def calls(self) -> int:
        """How many requests were sent, repeats included."""
        return self._session.calls

    @property
    def token(self) -> str:
        """The token that counts now; git takes it for a password, whatever the login. An app's lasts for an hour."""
        return self._auth.token

    def get(self, *path: str | int, **query: Any) -> Json:
        """Return what stands at a path. Raises Unreachable, Expired, Forbidden, Missing, as all below do."""
        return self._row(self._send("GET", path, query=query)[1], path)

    def each(self, *path: str | int, within: str = "", **query: Any) -> Iterator[Json]:
        """Yield the rows of a list, from all its pages. within: the field that holds them, where it is no bare list."""
        for page in range(1, _PAGES + 1):
            headers, answer = self._send("GET", path, query={**query, "page": page, "per_page": PER_PAGE})
            rows = answer.get(within) if within and isinstance(answer, dict) else answer
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise Unreachable("forge.strange", address=self._address(path), detail="no list")
            yield from rows
            if not _more(headers, len(rows)):
                return
        raise Unreachable("forge.strange", address=self._address(path), detail=f"over {_PAGES} pages")

    def post(self, *path: str | int, body: Mapping[str, Any] | None = None) -> Json:
        """Make something; sent once, whatever becomes of the answer. Empty where nothing is answered."""
        return self._row(self._send("POST", path, body=body or {})[1] or {}, path)

    def patch(self, *path: str | int, body: Mapping[str, Any]) -> Json:
        """Change something; sent once, too."""
        return self._row(self._send("PATCH", path, body=body)[1], path)

    def put(self, *path: str | int, body: Mapping[str, Any]) -> Json:
        """Put something in its place. Empty where nothing is answered."""
        return self._row(self._send("PUT", path, body=body)[1] or {}, path)

    def delete(self, *path: str | int) -> None:
        """Remove something."""
        self._send("DELETE", path)

    def overlook(self, address: str) -> None:
        """Remember what was left out."""
        if address not in self.overlooked:
            self.overlooked.append(address)

    def ask(self, document: str, *, hidden: Hidden | None = None, **variables: Any) -> Json:
        """Return the `data` of a GraphQL document, in which what is not there is null.

        hidden: takes the path of what lies in a list and may not be seen, and why; it is null then, or where it lies.
        Without it nothing is answered where anything is hidden.
        """
        body = {"query": document.strip(), "variables": variables}
        answer = self._row(self._send("POST", _GRAPHQL, body=body)[1], _GRAPHQL)
        errors = answer.get("errors") or []
        for error in errors if isinstance(errors, list) else [errors]:
            row = error if isinstance(error, dict) else {}
            failure = self._refused(str(row.get("type") or ""), self.clean(str(row.get("message") or "")))
            path = row.get("path")
            if hidden and isinstance(failure, Forbidden) and isinstance(path, list) and _in_list(path):
                hidden(path, failure)
            elif failure is not None:
                raise failure
        return self._row(answer.get("data"), _GRAPHQL)

    def read(self, convert: Callable[[Any], T], answer: Any, *path: str | int) -> T:
        """Return `convert(answer)`. Raises Unreachable `forge.strange` where the answer has another shape."""
        return converted(convert, answer, self._address(path), self._secrets())

    def clean(self, text: str) -> str:
        """Return a short text of one line that can be shown: nothing that steers a terminal, and no token."""
        return clean(text, self._secrets())

    def _send(
        self,
        verb: str,
        path: tuple[str | int, ...],
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> tuple[Mapping[str, str], Any]:
        if any(str(part) in ("", ".", "..") for part in path):
            # These are no names, and would make another address of it.
            raise Missing("forge.missing", what=f"{verb} {joined(path)}", detail="")
        place = self._graphql if path == _GRAPHQL else joined(path)
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        try:
            headers, answer = self._requester.requestJsonAndCheck(verb, place, parameters=asked, input=body)
        except GithubException as error:
            raise self._failure(error, verb, path) from None
        except (requests.RequestException, OSError, ValueError, RecursionError, AssertionError) as error:
            # ValueError: no JSON, or an address that no URL can have. From None: the chain names headers and queries.
            strange = isinstance(error, ValueError | RecursionError) and not isinstance(error, OSError)
            code = "forge.strange" if strange else "forge.unreachable"
            raise Unreachable(code, address=self._address(path), detail=self.clean(cause(error))) from None
        if isinstance(answer, dict) and answer.get("url") == place:
            # PyGithub's own addition.
            del answer["url"]
        return headers, answer

    def _row(self, answer: Any, path: tuple[str | int, ...]) -> Json:
        if not isinstance(answer, dict):
            raise Unreachable("forge.strange", address=self._address(path), detail="no JSON object")
        return answer

    def _refused(self, kind: str, said: str) -> Exception | None:
        """Return what an error of GraphQL means; None for what is not there, which its answer shows as null."""
        address = self._address(_GRAPHQL)
        if kind == "NOT_FOUND":
            return None
        if kind in ("FORBIDDEN", "INSUFFICIENT_SCOPES"):
            return Forbidden("forge.forbidden", what="GraphQL", needs="pull_requests, issues", detail=said)
        if kind == "RATE_LIMITED" or "rate limit" in said.lower():
            return Unreachable("forge.busy", address=address, detail=said)
        return Rejected(200, address, said or kind or "GraphQL")

    def _failure(self, error: GithubException, verb: str, path: tuple[str | int, ...]) -> Exception:
        """Return the protocol's failure for what the server answered."""
        status = error.status
        said = error.data if isinstance(error.data, dict) else {}
        told = " ".join([str(said.get("message") or ""), *map(str, said.get("errors") or ())])
        detail = self.clean(f"HTTP {status} {told}".strip())
        address, what = self._address(path), f"{verb} {joined(path)}"
        headers = {name.lower(): value for name, value in (error.headers or {}).items()}
        if status == 401 or (status == 403 and _SUSPENDED.search(told)):
            return Expired("forge.token", address=address, detail=detail)
        if status == 403:
            needs = headers.get("x-accepted-github-permissions") or _needs(path)
            return Forbidden("forge.forbidden", what=what, needs=self.clean(needs), detail=detail)
        if status in (404, 410):
            return Missing("forge.missing", what=what, detail=detail)
        if status == 429:
            return Unreachable("forge.busy", address=address, detail=self._busy(detail, headers))
        if status >= 500:
            return Unreachable("forge.unreachable", address=address, detail=detail)
        return Rejected(status, address, detail)

    def _busy(self, detail: str, headers: Mapping[str, str]) -> str:
        """Say of a limit which it is, and when it is over, as far as that is told."""
        named = ("x-ratelimit-resource", "x-ratelimit-limit", "x-ratelimit-reset", "retry-after")
        told = [f"{name}: {headers[name]}" for name in named if headers.get(name)]
        return self.clean(", ".join([detail, *told]))

    def _address(self, path: tuple[str | int, ...]) -> str:
        return self._graphql if path == _GRAPHQL else f"{self.api}{joined(path)}"


def _needs(path: tuple[str | int, ...]) -> str:
    parts = path[3:] if path[:1] == ("repos",) else path
    return next((needs for part, needs in _NEEDS.items() if part in parts), "OSGATE_TOKEN")


def _in_list(path: list[Any]) -> bool:
    return any(isinstance(step, int) for step in path)


def _more(headers: Mapping[str, str], rows: int) -> bool:
    """Whether another page follows. A proxy may have dropped the header: then a full page may not be the last."""
    told = headers.get("link")
    return rows >= PER_PAGE if told is None else 'rel="next"' in told
