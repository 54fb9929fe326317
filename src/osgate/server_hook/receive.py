"""What a push would change, judged ref by ref before the server takes it: forges.md, B2.4.

Nothing is read from what is pushed but the manifests: the trust root comes with the hook, the repository's own settings
from the trunk (`refs`) as it is before the push. No network, no working tree, no filter: trees and blobs as they lie in
the object store, the quarantine of this push among it.
"""

from __future__ import annotations

from osgate import pipeline
from osgate.changes import pushed
from osgate.changes.assemble import Locks
from osgate.errors import OsgateError, UsageError
from osgate.formats import table
from osgate.model.gap import Gap
from osgate.model.record import record
from osgate.policy import local_config
from osgate.policy.local_config import LocalConfig
from osgate.server_hook import plain_config
from osgate.server_hook.found import Found
from osgate.server_hook.refs import REPLACED, Refs
from osgate.server_hook.remembered import Remembered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from osgate.changes.updates import Update
    from osgate.formats.table import Row
    from osgate.io.git import Git
    from osgate.ledger.snapshot_cache import Opened
    from osgate.model.change import ChangeSet, Siblings
    from osgate.model.dependency import Reading
    from osgate.model.verdict import Verdict
    from osgate.policy.baseline import Baseline
    from osgate.server_hook.deadline import Tell
    from osgate.server_hook.found import Now
    from osgate.server_hook.settings import Settings

_BASELINE = ".osgate/baseline.json"
# What the path of every file that has a reader ends with or holds: one look where a push changes many that have none.
_ENDINGS = tuple({ending for row in table.ROWS for ending in row.endings})
_HELD = tuple({word for row in table.ROWS for word in row.holds})
# Manifests of a ref that are named to whoever waits.
_NAMED = 100
# Refs that are; of more, all of the push count as not done.
_TOLD = 1_000


def match(path: str) -> Row | None:
    """Return what `formats.table.match` does, sooner for a path that has no reader."""
    return table.match(path) if path.endswith(_ENDINGS) or [word for word in _HELD if word in path] else None


def _manifests_of(path: str) -> tuple[str, ...]:
    return table.manifests_of(path) if path.endswith(_ENDINGS) else ()


_LOCKS = Locks(table.MANIFESTS, table.locks_of, _manifests_of, table.INDEXES)


@record
class Asked:
    """How a push is to be judged. tell: is told on the way what is being looked at, as `found.unfinished` reads it.

    changed: what differs in the one ref of the push, as `remembered` reads it, where that is known.
    """

    settings: Settings
    now: Now
    tell: Tell
    changed: str = ""


def judge(git: Git, updates: tuple[Update, ...], asked: Asked) -> tuple[Found, ...]:
    """Judge what `updates` change in the repository we stand in, as `bounded` reads it; one answer a ref, in order."""
    refs = Refs(git, asked.settings.refs)
    wanted = refs.wanted(updates)
    asked.tell(["refs", [update.ref for update in wanted] if len(wanted) <= _TOLD else None])
    court = _Court(git, refs, asked, updates)
    found = tuple([court.judged(update) if update in wanted else Found(update) for update in updates])
    court.remember()
    return found


class _Court:
    """Judges one ref after the other, by the same snapshot and the same settings of the repository."""

    def __init__(self, git: Git, refs: Refs, asked: Asked, updates: tuple[Update, ...]) -> None:
        settings = asked.settings
        self._git, self._refs, self._settings, self._now, self._tell = git, refs, settings, asked.now, asked.tell
        self._ledger = pipeline.Ledger(self._open, None, True, settings.lock.addresses)
        self._opened: Opened | OsgateError | None = None
        self._asked: pipeline.Asked | None = None
        self._manifests = 0
        # Refs that move between the same trees, as many tags on one commit do, are judged once.
        self._known: dict[tuple[str, str], Verdict | None] = {}
        known = {(update.old, update.new): asked.changed for update in updates if len(updates) == 1}
        self._remembered = Remembered(settings.snapshot, known)
        self._passing: list[ChangeSet] = []

    def judged(self, update: Update) -> Found:
        """Judge one ref. What keeps it from being judged is part of the answer."""
        self._tell(["ref", update.ref])
        left: list[str] = []
        try:
            verdict = self._verdict(update, left)
        except OsgateError as error:
            return Found(update, None, error, tuple(left))
        except MemoryError:
            return Found(update, None, UsageError("hook.memory", most=self._settings.caps.memory), tuple(left))
        except Exception as error:
            return Found(update, None, _bug(error), tuple(left))
        self._tell(["done", update.ref])
        return Found(update, verdict)

    def _verdict(self, update: Update, left: list[str]) -> Verdict | None:
        if update.ref.startswith(REPLACED):
            raise UsageError("hook.replaces")
        base = self._refs.base(update)
        key = (base, update.new)
        if key not in self._known:
            known = self._remembered.differing
            change = pushed.pushed(self._git, update, base, match, table.includes, _LOCKS, known)
            verdict = self._known[key] = None if change is None else self._checked(change, left)
            if change is not None and verdict is not None and verdict.outcome in ("pass", "warn"):
                self._passing.append(change)
        return self._known[key]

    def remember(self) -> None:
        """Keep what was found out of commits that pass, for the pushes that build on them."""
        for change in self._passing:
            self._remembered.keep(change, match, table.includes)

    def _checked(self, change: ChangeSet, left: list[str]) -> Verdict:
        left += [file.path for file in change.files]
        self._tell(["files", left[:_NAMED]])
        self._manifests += len(left)
        if self._manifests > self._settings.caps.manifests:
            raise UsageError("hook.manifests", count=self._manifests, most=self._settings.caps.manifests)

        def reading(path: str, data: bytes, siblings: Siblings) -> Reading:
            self._tell(["file", path])
            return table.read(path, data, siblings)

        return pipeline.check(change, self._ledger, self._question(), reading)

    def _open(self) -> Opened:
        if self._opened is None:
            from osgate.server_hook import trusting

            settings = self._settings
            try:
                self._opened = trusting.opened(settings.snapshot, settings.lock, self._now.instant, self._now.seconds)
            except OsgateError as error:
                self._opened = error
        if isinstance(self._opened, OsgateError):
            raise self._opened
        return self._opened

    def _question(self) -> pipeline.Asked:
        if self._asked is None:
            trunk = self._refs.trunk()
            found = self._git.paths_at(trunk, (local_config.PATH, _BASELINE)) if trunk else {}
            config, gaps = _config(found)
            baseline, more = _baseline(found)
            self._asked = pipeline.Asked(
                self._now.instant, config, self._settings.mode, (*gaps, *more), lambda: baseline
            )
        return self._asked


# What a repository says of itself on its default branch, in files that may have been broken before there was a hook.
# They can only tighten, or excuse: so the strictest setting stands in for one that cannot be read, and a push that
# mends it passes.
def _config(found: Mapping[str, tuple[str, str, bytes | None]]) -> tuple[LocalConfig, tuple[Gap, ...]]:
    if local_config.PATH not in found:
        return LocalConfig(), ()
    try:
        return plain_config.parse(found[local_config.PATH][2] or b""), ()
    except OsgateError:
        return LocalConfig(mode="enforce-all"), (Gap(local_config.PATH, "hook-unread"),)


def _baseline(found: Mapping[str, tuple[str, str, bytes | None]]) -> tuple[Baseline, tuple[Gap, ...]]:
    if _BASELINE not in found:
        return {}, ()
    from osgate.policy.baseline import parse

    try:
        return parse(found[_BASELINE][2] or b""), ()
    except OsgateError:
        return {}, (Gap(_BASELINE, "hook-unread"),)


def _bug(error: Exception) -> OsgateError:
    """What nobody foresaw, as an error that names the place for whoever mends it."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    name = last.tb_frame.f_code.co_filename.rpartition("/")[2] if last is not None else ""
    return OsgateError("hook.bug", kind=type(error).__name__, place=f"{name}:{last.tb_lineno if last else 0}")
