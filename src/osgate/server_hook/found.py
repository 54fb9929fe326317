"""What came of a push, ref by ref, and what becomes of it. Light: the hook that only keeps a record loads this."""

from __future__ import annotations

from osgate.changes.updates import Update, updates
from osgate.errors import OsgateError, UsageError
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from osgate.model.verdict import Verdict


@record
class Now:
    """When this push is judged. instant: UTC with `Z`; seconds: the same since the epoch."""

    instant: str
    seconds: int


@record
class Found:
    """What came of one ref of a push.

    verdict: None where nothing was to be judged (not guarded, deleted, a tag on a single file), and where it could not
    be: then `error` says why. left: its changed manifests then, as far as they are known.
    """

    update: Update
    verdict: Verdict | None = None
    error: OsgateError | None = None
    left: tuple[str, ...] = ()


def read(told: bytes) -> tuple[Update, ...]:
    """Return the refs that git tells a receiving hook of. Raises UsageError `pushed.line`."""
    found = updates(told)
    for update in found:
        if not update.received:
            raise UsageError("pushed.line", line=update.ref)
    return found


def unfinished(updates: tuple[Update, ...], told: Iterable[Sequence[Any]], seconds: float) -> tuple[Found, ...]:
    """Return what can be said of a push whose judging was cut off: each ref that was not done, with why.

    told: what `judge` told until then. seconds: after how many it was cut off; 0 where the one who judged broke down.
    """
    news: dict[str, Any] = {"refs": None, "ref": "", "files": [], "file": ""}
    done: set[str] = set()
    for kind, value in told:
        if kind == "done":
            done.add(value)
        news |= {"files": [], "file": ""} if kind == "ref" else {}
        news[kind] = value
    code = ("hook.late" if seconds else "hook.broke-down") + ("" if news["file"] else "-early")
    error = OsgateError(code, seconds=f"{seconds:g}", at=news["file"])
    told_of = None if news["refs"] is None else set(news["refs"])
    wanted = [u for u in updates if u.new.strip("0") and (told_of is None or u.ref in told_of)]
    left = [u for u in wanted if u.ref not in done] or wanted
    return tuple([Found(u, None, error, tuple(news["files"]) if u.ref == news["ref"] else ()) for u in left])


def stands(found: Found, stale: str) -> str:
    """Return what becomes of one ref: `passes`, `refused`, or `unchecked` (it passes, and that is told)."""
    if found.error is not None:
        return "refused"
    if found.verdict is None or found.verdict.outcome in ("pass", "warn"):
        return "passes"
    # Only osgate's own missing data may be let pass by setting, never a doubt about what comes in.
    lenient = found.verdict.outcome == "undecided" and stale == "warn" and found.verdict.stamp is None
    return "unchecked" if lenient else "refused"


def quiet(found: Found) -> bool:
    """Whether there is nothing to say of a ref that passes."""
    verdict = found.verdict
    if verdict is None:
        return True
    return not verdict.missing and verdict.would in ("", "pass") and all(f.waived for f in verdict.findings)


def nowhere(error: OsgateError) -> Found:
    """Return the answer to a push of which it cannot even be read which refs it moves."""
    none = "0" * 40
    return Found(Update("-", none, none, True), None, error)
