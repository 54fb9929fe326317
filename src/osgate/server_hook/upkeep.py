"""What a packed file does with words: `sync` (from cron), `status`, `--version`. Says and returns; prints nothing."""

from __future__ import annotations

import os
import sys

from osgate import __version__
from osgate.errors import PASS, UNDECIDED, USAGE, UsageError
from osgate.model.record import replace
from osgate.server_hook import keeping, said, start
from osgate.text.translator import Translator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from osgate.server_hook.keeping import Standing
    from osgate.server_hook.settings import Settings
    from osgate.wiring import Moment

    Said = tuple[list[str], int]


def run(settings: Settings, archive: str, words: list[str], moment: Moment) -> Said:
    """Return lines for people and the exit code. archive: path of the packed file; words: not empty.

    Raises UsageError for words that are none here, Undecided where a sync took nothing (what was good stays).
    """
    t = Translator(settings.languages[0])
    if words == ["--version"]:
        return [f"osgate {__version__}"], PASS
    if words == ["status"]:
        found = keeping.standing(settings, moment.instant, moment.seconds)
        lines = [*_about(settings, archive, t), *_kept(settings, found, t), *_holding(settings, archive, found, t)]
        return lines, PASS if found.wrong is None else UNDECIDED
    if words[0] == "sync":
        return _synced(settings, words[1:], moment, t), PASS
    return [t("packed.usage", file=archive)], PASS if words[0] in ("--help", "-h") else USAGE


def _synced(settings: Settings, words: list[str], moment: Moment, t: Translator) -> list[str]:
    flags = dict(zip(words[::2], words[1::2], strict=False))
    if 2 * len(flags) != len(words) or not flags.keys() <= {"--from", "--to"} or "" in words:
        raise UsageError("hook.sync-words", words=" ".join(words))
    asked = replace(settings, snapshot=os.path.abspath(flags.get("--to", settings.snapshot)))
    done = keeping.sync(asked, flags.get("--from", ""), moment.instant, moment.seconds)
    lines = [t("packed.newer" if done.changed else "packed.same", serial=done.serial, address=done.address)]
    lines += [t("packed.passed-over", why=start.sentence(failure, t)) for failure in done.failures]
    news = done.told.news(settings.lock, moment.instant)
    return [*lines, t.count("packed.announced", len(news))] if news else lines


def _about(settings: Settings, archive: str, t: Translator) -> Iterator[str]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield t("packed.is", version=__version__, hook=settings.hook, platform=settings.platform, python=python)
    if not _origin().endswith(".pyc"):
        yield t("packed.other-python", python=python)
    like = keeping.looks_like(archive)
    if like not in ("", settings.platform):
        yield t("packed.other-platform", like=like, platform=settings.platform)
    yield t("packed.refs", refs=", ".join(settings.refs))
    yield t("packed.deadline", seconds=settings.deadline)
    yield t("packed.spool", folder=settings.spool) if settings.spool else t("packed.no-spool")
    if settings.break_glass:
        yield t("packed.break-glass", names=", ".join(settings.break_glass))


def _origin() -> str:
    """Where the loader took a module of ours from: byte code of this Python, or the source beside it."""
    return str(start.__file__)


def _kept(settings: Settings, found: Standing, t: Translator) -> Iterator[str]:
    yield t("packed.folder", folder=settings.snapshot)
    if found.serial:
        yield t("packed.snapshot", serial=found.serial, issued=found.issued, hours=max(0, found.age) // 3600)
        yield t("packed.ends", expires=found.expires, takeaway=found.takeaway_expires)


def _holding(settings: Settings, archive: str, found: Standing, t: Translator) -> Iterator[str]:
    if found.wrong is None:
        yield t("packed.holds")
        return
    yield t(f"packed.stale-{settings.stale}", why=said.mending(start.sentence(found.wrong, t), archive))
    yield t("packed.mend", command=f"{sys.executable or 'python3'} {archive} sync")
