"""The fake GitHub as tests hold it: start and stop, time, the log, faults. What it can make is in `making.py`."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable
from typing import Any, Self

from osgate.testing.clock import Clock
from osgate.testing.github import answering, gitserver, running
from osgate.testing.github.graphql import answering as graphql
from osgate.testing.github.making import Making
from osgate.testing.github.routes import hooks
from osgate.testing.github.server import Call, Handler
from osgate.testing.github.state_work import Delivery, Run
from osgate.testing.github.world import World
from osgate.testing.gitlab.faults import Fault, Faults
from osgate.testing.gitlab.router import Reply
from osgate.testing.gitlab.server import Server


class FakeGitHub(Making):
    """A GitHub on a loopback port; a context manager. Its state is `world`.

    root: folder for the repositories; by default a temporary one. contract: see `answering.Contract`; graphql: takes
    the text of a document, returns what is wrong with it by the published schema. ghes: the version of an Enterprise
    Server, which lives below `/api/v3`; empty for github.com. Times are those of `clock`, which only `forward` moves.
    """

    def __init__(
        self,
        root: str | os.PathLike[str] = "",
        *,
        contract: answering.Contract | None = None,
        graphql: Callable[[str], list[str]] | None = None,
        ghes: str = "",
        clock: Clock | None = None,
    ) -> None:
        self._own = "" if root else tempfile.mkdtemp(prefix="fake-github-")
        self.clock = clock or Clock()
        self.world = World(os.fspath(root) or self._own, self.clock, ghes=ghes)
        self.contract, self.documents = contract, graphql
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.used: dict[str, tuple[int, int]] = {}
        self.faults = Faults()
        self.lock = threading.RLock()
        self.closing = threading.Event()
        self._server = Server(("127.0.0.1", 0), type("GitHubHandler", (Handler,), {"fake": self}))
        self.world.web_url = f"http://127.0.0.1:{self._server.server_port}"
        self.world.api_url = self.world.web_url + ("/api/v3" if ghes else "")
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Return itself, already serving."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self.close()

    def close(self) -> None:
        """Stop serving and remove the folder, if it was made here."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if self._own:
            shutil.rmtree(self._own, ignore_errors=True)

    @property
    def web_url(self) -> str:
        """What a job has as GITHUB_SERVER_URL."""
        return self.world.web_url

    @property
    def api_url(self) -> str:
        """What a job has as GITHUB_API_URL."""
        return self.world.api_url

    @property
    def graphql_url(self) -> str:
        """What a job has as GITHUB_GRAPHQL_URL."""
        return f"{self.world.web_url}/{'api/' if self.world.ghes else ''}graphql"

    # Requests

    def kind_of(self, target: str) -> tuple[str, str]:
        """Return what a request is for (rest, graphql or git), and its target below the interface's prefix."""
        path = target.partition("?")[0]
        if path == self.graphql_url.removeprefix(self.web_url):
            return "graphql", target
        if gitserver.mine(path):
            return "git", target
        prefix = self.api_url.removeprefix(self.web_url)
        return ("rest", target.removeprefix(prefix)) if target.startswith(f"{prefix}/") else ("git", target)

    def handle(self, kind: str, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        """Answer one request. headers: by names in small letters."""
        if kind == "rest":
            return answering.answer(self, method, target, headers, body)
        if kind == "graphql":
            return graphql.answer(self, headers, body)
        return gitserver.answer(self, method, target, headers, body)

    def called(self, method: str = "", path: str = "") -> list[Call]:
        """Return the logged calls of a method whose path the pattern finds."""
        return [c for c in self.calls if method in ("", c.method) and re.search(path, c.path)]

    def fail(self, method: str, path: str, status: int = 500, times: int = 1, **more: Any) -> Fault:
        """Let requests fail: see `osgate.testing.gitlab.faults.Fault`. path: pattern searched in the decoded path."""
        return self.faults.add(method, path, status, times, **more)

    # Time and what waits for it

    def forward(self, seconds: int = 0, *, days: int = 0) -> str:
        """Move the clock."""
        return self.clock.forward(days=days, seconds=seconds)

    def on_workflow(self, runner: Callable[[Run], Any]) -> None:
        """Run workflows by `runner` when `settle` is called: it returns a conclusion, True or False, or finishes it."""
        self.world.runner = runner
        for repo in self.world.repos.values():
            for run in repo.runs:
                if run.status == "queued":
                    running.enqueue(self.world, run)

    def settle(self, limit: int = 1000) -> int:
        """Do in this thread what GitHub does in the background: deliver webhooks, run workflows; return how many.

        Raises RuntimeError when `limit` things did not bring it to rest: somebody answers his own answers.
        """
        for done in range(limit):
            if not self.world.waiting:
                return done
            self.world.waiting.popleft()()
        raise RuntimeError(f"not at rest after {limit} deliveries and runs")

    def redeliver(self, number: int) -> Delivery:
        """Let a webhook call be sent once more, as it was, by the next `settle`."""
        return hooks.redeliver(self.world, number)
