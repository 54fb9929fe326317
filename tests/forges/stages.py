"""The stages the contract is played on: one an adapter, each with a forge behind it that tests can arrange.

Another adapter joins by a module of its own, `tests/forges/stage_gitlab.py`, whose context manager `stage()` gives
a `Stage`: `STAGES` finds it. What a forge cannot do is named in `lacks`, and the contract then asks for the refusal.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from osgate.forges.gitea import Gitea
from osgate.forges.gitee import Gitee
from osgate.forges.protocol import Forge
from osgate.io.rest import Limits
from osgate.model.forge import Account, Change, Conversation, Project
from osgate.model.record import replace
from osgate.testing.clock import Clock
from osgate.testing.forge import MemoryForge
from osgate.testing.forge_world import World
from osgate.testing.gitea import FakeGitea
from osgate.testing.gitee import FakeGitee
from osgate.testing.rest_server import RestServer

# Pauses so short that tests need not wait for them; and patience so short that a test of it ends.
LIMITS = Limits(seconds=10, total=20, listing=30, pause=0.05, size=4 << 20)
HASTY = Limits(seconds=0.2, total=0.6, listing=2, pause=0.05, size=4 << 20)


class Stage(Protocol):
    """What the contract arranges. `forge` has the identity of a bot that may do everything; secrets: its tokens.

    lacks: of `by-id` (a project has no id but its path), `settle`, `rerun`, `blocked` (nobody tells who is),
    `bots` (nor that).
    """

    forge: Forge
    lacks: frozenset[str]
    secrets: tuple[str, ...]

    def person(self, login: str, *, maintainer: bool = False) -> Account:
        """Register somebody. maintainer: of all projects."""

    def as_user(self, account: Account) -> Forge:
        """Return the forge as somebody sees it."""

    def project(self, path: str) -> Project:
        """Make a project that the bot and all persons are in."""

    def change(
        self, project: Project, author: Account, authors: Iterable[str] = (), lines: Mapping[str, Iterable[int]] = {}
    ) -> Change:
        """Open a change. authors: addresses of its commits; lines: what its diff shows."""

    def changes(self, project: Project, author: Account, count: int) -> set[int]:
        """Open many changes; return their numbers."""

    def share(self, change: Change, target: str) -> int:
        """Open another change with the same head, onto a branch that is made for it; return its number."""

    def push(self, change: Change) -> str:
        """Give a change another head; return it."""

    def close(self, change: Change) -> None:
        """Close a change without merging it."""

    def team(self, *members: Account) -> str:
        """Make the one team there is; return its path."""

    def leave(self, account: Account) -> None:
        """Take somebody out of the team."""

    def rename_team(self) -> None:
        """Give the team another path."""

    def say(self, at: Conversation, author: Account, bodies: Iterable[str]) -> None:
        """Write notes, behind the forge's back."""

    def forward(self, seconds: int) -> str:
        """Move the forge's clock, and return its moment."""

    def block(self, account: Account) -> None:
        """Let an account sign in no more."""

    def move(self, project: Project, path: str) -> None:
        """Move a project."""

    def hide(self, project: Project) -> None:
        """Take the bot out of a project it has seen."""

    def expire(self) -> None:
        """Make the bot's token worth nothing."""

    def forbid(self) -> None:
        """Let the bot write no notes any more."""

    def status(self, project: Project, commit: str, name: str) -> str:
        """Return the state that a commit status has now."""


class Wired(Stage, Protocol):
    """A stage with a network in between. hasty: the forge with the bot's identity and a patience of about a second."""

    hasty: Forge

    def fail(self, method: str, path: str, status: int = 500, times: int = 1, **more: Any) -> object:
        """Put a fault in the way: see `osgate.testing.gitlab.faults.Fault`."""

    def asked(self, method: str, path: str = "") -> int:
        """Return how many requests came, by method and by a pattern in the path."""


class WorldStage:
    """A stage over a `World`."""

    def __init__(
        self, world: World, bot: Account, forge: Forge, as_user: Callable[[Account], Forge], *lacks: str
    ) -> None:
        self.world, self.forge, self.as_user, self.lacks = world, forge, as_user, frozenset(lacks)
        self.secrets: tuple[str, ...] = ()
        self._bot = bot
        self._heads = 0
        self._team = "bank" if isinstance(forge, Gitee) else "bank/legal"

    def person(self, login: str, *, maintainer: bool = False) -> Account:
        return self.world.add_account(login, maintainer=maintainer)

    def project(self, path: str) -> Project:
        self.world.add_project(path)
        return self.forge.project(path)

    def change(
        self, project: Project, author: Account, authors: Iterable[str] = (), lines: Mapping[str, Iterable[int]] = {}
    ) -> Change:
        owner = self.world.owner(project.path)
        made = self.world.add_change(owner, author, head=self._head(), authors=authors, lines=lines)
        return self.forge.change(project.id, made.number)

    def changes(self, project: Project, author: Account, count: int) -> set[int]:
        owner = self.world.owner(project.path)
        return {self.world.add_change(owner, author, head=self._head()).number for _ in range(count)}

    def share(self, change: Change, target: str) -> int:
        owner = self.world.owner(change.project)
        made = self.world.add_change(owner, change.author, head=change.head)
        self.world.changes[owner.id, made.number] = replace(made, target=target)
        return made.number

    def push(self, change: Change) -> str:
        return self.world.push(self._known(change), self._head()).head

    def close(self, change: Change) -> None:
        self.world.push(self._known(change), change.head, state="closed")

    def team(self, *members: Account) -> str:
        self.world.add_team(self._team, *members)
        return self._team

    def leave(self, account: Account) -> None:
        self.world.teams[self._team].remove(account.id)

    def rename_team(self) -> None:
        self.world.teams[f"{self._team}-2"] = self.world.teams.pop(self._team)

    def say(self, at: Conversation, author: Account, bodies: Iterable[str]) -> None:
        for body in bodies:
            self.world.add_note(Conversation(self.world.owner(at.project).id, at.number, at.kind), author, body)

    def forward(self, seconds: int) -> str:
        return self.world.clock.forward(seconds=seconds)

    def block(self, account: Account) -> None:
        self.world.change_account(account, active=False)

    def move(self, project: Project, path: str) -> None:
        self.world.move(self.world.owner(project.path), path)

    def hide(self, project: Project) -> None:
        self.world.hide(self.world.owner(project.path), self._bot)

    def expire(self) -> None:
        self.world.expired.add(self._bot.id)

    def forbid(self) -> None:
        self.world.forbidden[self._bot.id, "say", ""] = "Developer"

    def status(self, project: Project, commit: str, name: str) -> str:
        return self.world.statuses[self.world.owner(project.path).id, commit][name].state

    def _known(self, change: Change) -> Change:
        return self.world.changes[self.world.owner(change.project).id, change.number]

    def _head(self) -> str:
        self._heads += 1
        return f"{self._heads:040x}"


class ServedStage(WorldStage):
    """The same behind a fake server."""

    def __init__(self, fake: RestServer, kind: type[Gitea] | type[Gitee], *lacks: str) -> None:
        bot = fake.world.add_account("osgate", bot=True)
        token = fake.as_user(bot)
        forge = kind(fake.address, token, limits=LIMITS)
        super().__init__(
            fake.world, bot, forge, lambda who: kind(fake.address, fake.as_user(who), limits=LIMITS), *lacks
        )
        self.hasty: Forge = kind(fake.address, token, limits=HASTY)
        self.fake, self.secrets, self.fail, self.asked = fake, (token,), fake.fail, fake.called


@contextlib.contextmanager
def memory() -> Iterator[Stage]:
    """The forge in memory."""
    forge = MemoryForge(Clock())
    bot = forge.me()
    yield WorldStage(forge.world, bot, forge, forge.as_user)


@contextlib.contextmanager
def gitea() -> Iterator[Stage]:
    """Gitea below a path, asked by an administrator."""
    with FakeGitea(below="/git") as fake:
        stage = ServedStage(fake, Gitea, "bots")
        fake.administrators |= set(fake.world.accounts)
        yield stage
        assert fake.violations == []


@contextlib.contextmanager
def gitee() -> Iterator[Stage]:
    """Gitee."""
    with FakeGitee() as fake:
        yield ServedStage(fake, Gitee, "by-id", "settle", "rerun", "blocked")
        assert fake.violations == []


STAGES: dict[str, Callable[[], contextlib.AbstractContextManager[Stage]]] = {
    "memory": memory,
    "gitea": gitea,
    "gitee": gitee,
}
for name in ("gitlab", "github"):
    if importlib.util.find_spec(f"forges.stage_{name}"):
        STAGES[name] = importlib.import_module(f"forges.stage_{name}").stage
