"""Asking one GitLab: JSON in, JSON out, whole lists, and every failure as one of the protocol's.

Of python-gitlab it uses the plain HTTP layer. The objects above it hide what is sent: a list of them ends after twenty,
saving a file forgets the commit it was read at, and signing in needs an account that a job's token does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, TypeVar

import gitlab
import requests
from gitlab.exceptions import GitlabError

from osgate.forges.asking import Rejected, cause, clean, converted, joined
from osgate.forges.gitlab.session import Session
from osgate.forges.protocol import Expired, Forbidden, Missing, Unreachable
from osgate.forges.session import Limits, TooLarge, bare
from osgate.io.sending import plain

T = TypeVar("T")
Json = dict[str, Any]
PER_PAGE = 100
# What is asked for where so many rows at once are too large to be read: each number divides the one before.
_SIZES = (PER_PAGE, 50, 25, 5, 1)
# Rows that are left out before the server counts as one that answers nothing else.
_OVERLOOKED = 100
# A list longer than this is a server that never ends one.
_PAGES = 5000
_NEEDS = "OSGATE_TOKEN (api, Developer)"


class Client:
    """One GitLab, with one identity. overlooked: addresses of rows that were too large to be read; date: when the
    server answered last, by its own clock, as HTTP writes it.

    address: of its web pages; token: of a user, a project or a group; job_token: a
    pipeline job's own, which may only read and counts where there is no `token`; ca: path of a file with certificates
    to trust, the usual ones where empty. Raises Expired at once for a token that cannot be one.
    """

    def __init__(
        self,
        address: str,
        token: str = "",
        job_token: str = "",
        *,
        ca: str = "",
        limits: Limits = Limits(),  # noqa: B008 (immutable)
        session: Callable[[str, Limits], Session] = Session,
    ) -> None:
        given = token or job_token
        if not given or not plain(given):
            raise Expired("forge.token", address=address, detail="not well formed" if given else "none given")
        self.reads_only = not token
        self.overlooked: list[str] = []
        self.date = ""
        self._secrets = [secret for secret in (token, job_token) if secret]
        self._gitlab = gitlab.Gitlab(
            address,
            private_token=token or None,
            job_token=None if token else job_token or None,
            ssl_verify=ca or True,
            session=session(address, limits),
        )

    def get(self, *path: str | int, **query: Any) -> Json:
        """Return what stands at a path. Raises Unreachable, Expired, Forbidden, Missing, as all below do."""
        return self._row(self._send("get", path, query=query), path)

    def each(self, *path: str | int, **query: Any) -> Iterator[Json]:
        """Yield the rows of a list, from all its pages.

        Where a page is too large to be read its rows come in smaller ones; a row that is too large by itself is left
        out, and named in `overlooked`.
        """
        for page in range(_PAGES):
            more = yield from self._rows(path, query, page * PER_PAGE, 0)
            if not more:
                return
        raise Unreachable("forge.strange", address=self._address(path), detail=f"over {_PAGES} pages")

    def _rows(
        self, path: tuple[str | int, ...], query: Mapping[str, Any], first: int, step: int
    ) -> Generator[Json, None, bool]:
        """Yield as many rows from `first` on as `_SIZES[step]` says; return whether others follow."""
        size = _SIZES[step]
        try:
            answer = self._send("get", path, query={**query, "page": first // size + 1, "per_page": size})
        except TooLarge:
            if size == 1 and len(self.overlooked) >= _OVERLOOKED:
                raise
            if size == 1:
                self.overlooked.append(f"{self._address(path)} ({first + 1})")
                return True
            for start in range(first, first + size, _SIZES[step + 1]):
                if not (yield from self._rows(path, query, start, step + 1)):
                    return False
            return True
        rows = self._json(answer)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Unreachable("forge.strange", address=self._address(path), detail="no list")
        yield from rows
        return _more(answer, len(rows), size)

    def post(self, *path: str | int, body: Mapping[str, Any] | None = None) -> Json:
        """Make something; sent once, whatever becomes of the answer."""
        return self._row(self._write("post", path, body or {}), path)

    def put(self, *path: str | int, body: Mapping[str, Any]) -> Json:
        """Change something."""
        return self._row(self._write("put", path, body), path)

    def delete(self, *path: str | int) -> None:
        """Remove something."""
        self._write("delete", path, None)

    def read(self, convert: Callable[[Any], T], answer: Any, *path: str | int) -> T:
        """Return `convert(answer)`. Raises Unreachable `forge.strange` where the answer has another shape."""
        return converted(convert, answer, self._address(path), self._secrets)

    def clean(self, text: str) -> str:
        """Return a short text of one line that can be shown: nothing that steers a terminal, and no token."""
        return clean(text, self._secrets)

    def _write(self, verb: str, path: tuple[str | int, ...], body: Mapping[str, Any] | None) -> requests.Response:
        if self.reads_only:
            what = f"{verb.upper()} {joined(path)}"
            raise Forbidden("forge.forbidden", what=what, needs=_NEEDS, detail="CI_JOB_TOKEN")
        return self._send(verb, path, body=body)

    def _send(
        self,
        verb: str,
        path: tuple[str | int, ...],
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> requests.Response:
        if any(str(part) in ("", ".", "..") for part in path):
            # These are no names, and would make another address of it.
            raise Missing("forge.missing", what=f"{verb.upper()} {joined(path)}", detail="")
        try:
            answer = self._gitlab.http_request(
                verb,
                joined(path),
                query_data=dict(query or {}),
                post_data=None if body is None else dict(body),
                obey_rate_limit=False,
                retry_transient_errors=False,
            )
            self.date = str(answer.headers.get("Date", ""))
            return answer
        except GitlabError as error:
            raise self._failure(error, verb, path) from None
        except (requests.RequestException, OSError, ValueError) as error:
            # ValueError: an address that no URL can have. From None: the chain names headers and queries.
            detail = self.clean(cause(error))
            raise Unreachable("forge.unreachable", address=self._address(path), detail=detail) from None

    def _row(self, answer: requests.Response, path: tuple[str | int, ...]) -> Json:
        row = self._json(answer)
        if not isinstance(row, dict):
            raise Unreachable("forge.strange", address=self._address(path), detail="no JSON object")
        return row

    def _json(self, answer: requests.Response) -> Any:
        try:
            return answer.json()
        except (ValueError, RecursionError):
            detail = self.clean(f"no JSON: {answer.headers.get('Content-Type', '')}")
            raise Unreachable("forge.strange", address=bare(answer.url), detail=detail) from None

    def _failure(self, error: GitlabError, verb: str, path: tuple[str | int, ...]) -> Exception:
        """Return the protocol's failure for what the server answered."""
        status = error.response_code or 0
        said = str(error.error_message)
        detail = self.clean(f"HTTP {status}" if "<html" in said.lower() else f"HTTP {status} {said}")
        address = self._address(path)
        what = f"{verb.upper()} {joined(path)}"
        if status == 401 or (status == 403 and "account has been" in detail):
            return Expired("forge.token", address=address, detail=detail)
        if status == 403:
            return Forbidden("forge.forbidden", what=what, needs=_NEEDS, detail=detail)
        if status in (404, 410):
            return Missing("forge.missing", what=what, detail=detail)
        if status == 429:
            return Unreachable("forge.busy", address=address, detail=detail)
        if status >= 500:
            return Unreachable("forge.unreachable", address=address, detail=detail)
        return Rejected(status, address, detail)

    def _address(self, path: tuple[str | int, ...]) -> str:
        return f"{self._gitlab.api_url}{joined(path)}"


def _more(answer: requests.Response, rows: int, size: int) -> bool:
    """Whether another page follows. A proxy may have dropped the headers: then a full page may not be the last."""
    told = answer.headers.get("X-Next-Page")
    return bool(told) or "next" in answer.links or (told is None and rows >= size)
