"""One loopback port: REST, GraphQL, and git over HTTP for the rest. Faults strike as in the fake GitLab."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from osgate.testing import git_http
from osgate.testing.gitlab.router import Reply
from osgate.testing.gitlab.server import Handler as Base

if TYPE_CHECKING:
    from osgate.testing.github.fake import FakeGitHub


@dataclass(frozen=True)
class Call:
    """One request as the log keeps it. path: without the interface's prefix, decoded. token: its kind or ``""``.

    route: its name in GitHub's description, `graphql` with the operation, or `git`. fault: a fault was in the way.
    """

    method: str
    path: str
    query: str
    said: Any
    token: str
    user: str
    status: int
    route: str
    fault: bool = False


class Handler(Base):
    """One connection. `fake` stands in the class that the fake makes for itself."""

    fake: FakeGitHub  # type: ignore[assignment]

    def _answer(self) -> None:
        fake, body = self.fake, git_http.body_of(self.headers, self.rfile)  # type: ignore[arg-type]
        kind, target = fake.kind_of(self.path)
        path = unquote(target.partition("?")[0])
        fault = fake.faults.take(self.command, path)
        if fault is not None and not fault.after_apply:
            fake.calls.append(Call(self.command, path, "", None, "", "", fault.status, "", fault=True))
            self._break(fault, Reply())
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = fake.handle(kind, self.command, target, headers, body)
        if fault is not None:
            self._break(fault, reply)
            return
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body, ensure_ascii=False).encode()
        self._send(reply.status, reply.headers, b"" if reply.body is None else content, reply.content_type)
