"""One push, from what the server tells of it to the answer: what stands in its way, whether the glass is broken, and
what is written down."""

from __future__ import annotations

import os
import time

from osgate.server_hook import pusher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, TypedDict

    from osgate.changes.updates import Update
    from osgate.server_hook.deadline import Tell
    from osgate.server_hook.found import Found, Now
    from osgate.server_hook.receive import Asked
    from osgate.server_hook.said import Talk
    from osgate.server_hook.settings import Settings
    from osgate.server_hook.spool import About

    class Answer(TypedDict):
        """The exit code of a hook and the lines it says."""

        code: int
        lines: list[str]


PASSES, REFUSES = 0, 1
# Refs of a push that were too many to tell, where it is late.
_MANY = 1_000
# One push in so many looks for notes that nobody took up: a post-receive that never runs clears none away.
_SWEPT = 16


class Push:
    """One push.

    environ: who pushes, as the server says. folder: the repository's own. hook: path of the hook itself, for the
    command that mends it. told: what git wrote for the hook, None where it was too much or did not end. start: when the
    hook began, in seconds of `time.monotonic`. clock: tells the seconds since the epoch. changed: what differs in the
    one ref of it, where that is known.
    """

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        folder: str,
        hook: str,
        told: bytes | None,
        start: float,
        clock: Callable[[], float],
        changed: str = "",
    ) -> None:
        self.settings = settings
        self.place = pusher.place(settings.platform, environ, folder)
        self._pusher = pusher.pusher(settings.platform, environ)
        self._options = pusher.options(environ)
        self._folder, self._hook, self._told = folder, hook, told
        self._start, self._clock, self._changed = start, clock, changed
        self._talk: Talk | None = None
        self._late: Answer | None = None
        self._unfinished: tuple[Found, ...] = ()

    # What is asked of it

    def judge(self, tell: Tell) -> Answer:
        """Judge every ref and return the answer. tell: is told what is being looked at."""
        import gc

        # As in cli.main: looking for cycles again and again costs more than reading does.
        gc.disable()
        from osgate.server_hook import bounded, lean_sqlite

        # It starts while the modules are loaded that ask it.
        git = bounded.Bounded(self.settings.caps.bytes)
        with git:
            git.expect(self._told or b"", self._changed)
            lean_sqlite.load()
            from osgate.server_hook import receive

            return self._answered(lambda updates: receive.judge(git, updates, self._asked(tell)))

    def prepare(self, told: Iterable[Sequence[Any]]) -> None:
        """Put the refusal into words that stands if `judge` says no more until the deadline; told: what it told so far.

        Done while there is time: under a load that makes judging slow, everything is slow.
        """
        from osgate.errors import OsgateError, UsageError
        from osgate.server_hook import found

        if self._told is not None and self._told.count(b"\n") > _MANY:
            # To tell them one by one takes time that is not there.
            late = OsgateError("hook.late-early", seconds=f"{self.settings.deadline:g}", at="")
            self._unfinished, self._late = (found.nowhere(late),), self.in_fewest_words()
            return
        try:
            self._unfinished = found.unfinished(self._updates(), told, self.settings.deadline)
        except UsageError as error:
            self._unfinished = (found.nowhere(error),)
        self._late = {"code": REFUSES, "lines": self._words().refused(self._unfinished)}

    def late(self) -> Answer:
        """Return what was prepared for a push that was not judged in time."""
        return self._late or self.in_fewest_words()

    def record_late(self, _tell: Tell) -> None:
        """Write down that a push was refused because it was late."""
        if self._late is None:
            self.prepare(())
        self._write("refused", list(self._unfinished))

    def cut_off(self, told: Iterable[Sequence[Any]], seconds: float) -> Answer:
        """Return the answer for a push whose judging was cut off after so many seconds, or broke down (0), with the
        glass broken where that is asked for. told: what `judge` told until then.
        """
        from osgate.server_hook import found

        return self._answered(lambda updates: found.unfinished(updates, told, seconds))

    def in_fewest_words(self) -> Answer:
        """Return the refusal of a push of which nothing more can be said, nor written down, in time."""
        return {"code": REFUSES, "lines": self._words().trouble("cut-off", seconds=f"{self.settings.deadline:g}")}

    @property
    def whole(self) -> bool:
        """Whether git's lines are here to their end; it hands on whole ones, and runs no hook for none at all."""
        return self._told is not None and self._told.endswith(b"\n")

    @property
    def wants_glass(self) -> bool:
        """Whether the one who pushes asks for the glass to be broken."""
        return self._options.glass is not None

    def record(self, _tell: Tell) -> Answer:
        """Write down what was accepted, with what pre-receive found, and say what keeps us from it."""
        from osgate.server_hook import found, spool

        folder, about = self.settings.spool, self._about()
        try:
            updates = found.read(self._told or b"")
            came = [(u, spool.taken(folder, self._folder, u) or spool.came_of(None, 0)) for u in updates]
            came.sort(key=lambda each: each[1]["outcome"] == spool.NOT_JUDGED)
            events = [about.event("accepted", update, one) for update, one in came[: spool.REFS + 1]]
            spool.put(folder, events, of=len(came))
            spool.clear(folder, self._clock())
        except OSError as error:
            detail = error.strerror or str(error)
            return {"code": PASSES, "lines": self._words().trouble("no-spool", folder=folder, detail=detail)}
        return {"code": PASSES, "lines": []}

    def marked(self, lines: list[str]) -> bytes:
        """Return lines as this platform shows them to the one who pushes."""
        return self._words().marked(lines) if lines else b""

    # From what was found to an answer

    def _answered(self, judged: Callable[[tuple[Update, ...]], tuple[Found, ...]]) -> Answer:
        from osgate.errors import UsageError
        from osgate.server_hook import found

        try:
            every = judged(self._updates())
        except UsageError as error:
            every = (found.nowhere(error),)
        by: dict[str, list[Found]] = {"refused": [], "unchecked": [], "passes": []}
        for one in every:
            by[found.stands(one, self.settings.stale)].append(one)
        if by["refused"]:
            return self._refused(every, by["refused"])
        self._write("unchecked", by["unchecked"])
        self._leave(every)
        loud = [one for one in every if not found.quiet(one)]
        return {"code": PASSES, "lines": self._words().passed(loud) if loud else []}

    def _updates(self) -> tuple[Update, ...]:
        from osgate.errors import UsageError
        from osgate.server_hook import found

        if self._told is None or not self.whole:
            raise UsageError("hook.no-input")
        return found.read(self._told)

    def _refused(self, found: tuple[Found, ...], refused: list[Found]) -> Answer:
        asked = self._options.glass is not None
        held = self._glass(refused) if asked else ""
        if asked and not held:
            self._leave(found)
            said = self._words().glass_broken(refused, self._pusher.name, self._options.glass or "")
            return {"code": PASSES, "lines": said}
        self._write("refused", refused)
        return {"code": REFUSES, "lines": self._words().refused(refused, held)}

    def _glass(self, refused: list[Found]) -> str:
        """Break the glass, and return why that is not possible: a code, empty where it is broken. No trace, no way
        around."""
        if not self._pusher.name:
            return "nobody"
        if self._pusher.name not in self.settings.break_glass:
            return "not-you"
        if not self._options.glass:
            return "no-reason"
        return "" if self._write("glass-broken", refused, durable=True) else "no-trace"

    # What is written down

    def _write(self, name: str, found: list[Found], *, durable: bool = False) -> bool:
        """Write an event for each ref; whether all of them are written. A push is refused without that, too."""
        if not self.settings.spool or not found:
            return False
        from osgate.server_hook import spool

        about, seconds = self._about(), time.monotonic() - self._start
        try:
            events = [about.of(name, one, seconds) for one in found[: spool.REFS + 1]]
            spool.put(self.settings.spool, events, of=len(found), durable=durable)
        except OSError:
            return False
        return True

    def _leave(self, found: tuple[Found, ...]) -> None:
        """Leave word for post-receive of what was judged; what it misses it cannot tell, and no push waits for that."""
        judged = [one for one in found if one.verdict is not None or one.error is not None]
        if not self.settings.spool or not judged:
            return
        from osgate.server_hook import spool

        seconds = time.monotonic() - self._start
        try:
            if len(found) == 1:
                (one,) = found
                event = self._about("post-receive").event("accepted", one.update, spool.came_of(one, seconds))
                spool.leave_line(self.settings.spool, self._folder, one.update, event)
                judged = []
            for one in judged[: spool.REFS]:
                spool.leave(self.settings.spool, self._folder, one.update, spool.came_of(one, seconds))
            if not os.getpid() % _SWEPT:
                spool.sweep(self.settings.spool, self._clock())
        except OSError:
            return

    def _about(self, hook: str = "") -> About:
        from osgate.server_hook.spool import About

        return About(
            hook or self.settings.hook, self.settings.platform, self.place, self._pusher, self._options, self._now()
        )

    def _asked(self, tell: Tell) -> Asked:
        from osgate.server_hook.receive import Asked

        return Asked(self.settings, self._now(), tell, self._changed)

    def _now(self) -> Now:
        from osgate.server_hook.found import Now

        seconds = int(self._clock())
        return Now(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds)), seconds)

    def _words(self) -> Talk:
        if self._talk is None:
            from osgate.server_hook.said import Talk

            self._talk = Talk(self.settings, self._hook)
        return self._talk
