"""What happened at a push, as lines for whoever keeps run events: `osgate.event/1`, a JSON object a line, a file a day.

A line is appended by one write to a file opened for appending, so lines of pushes at one time never mix (POSIX
write(2), O_APPEND). What pre-receive judged waits in a note for post-receive, which knows that the ref was accepted; it
is left only where a post-receive hook has shown itself by making the folder for it.
"""

from __future__ import annotations

import os

from osgate import __version__, light_json
from osgate.io import files
from osgate.io.append import append, overwrite
from osgate.server_hook.json_lines import line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from osgate.changes.updates import Update
    from osgate.model.verdict import Verdict
    from osgate.server_hook.found import Found, Now
    from osgate.server_hook.pusher import Options, Place, Pusher

SCHEMA = "osgate.event/1"
EVENTS = ("accepted", "refused", "glass-broken", "unchecked")
# What a ref that nobody had to judge came to, and one that could not be judged.
NOT_JUDGED, UNCHECKED = "not-judged", "unchecked"
# Packages that one event names; refs of a push that have an event of their own, and bytes of these events.
PURLS, REFS, BYTES = 50, 50, 256 << 10
# Characters of what went wrong, and of the name of a package.
DETAIL = 500
_NOTES = "judged"
# Seconds after which a note is of a push that something else refused, and how many are cleared away at one push.
_STALE, _CLEARED = 86400.0, 200
# Notes that are too many, and seconds after which one of them has to go.
MANY, _RECENT = 5_000, 60.0
# Bytes that the shells a hook may be started by append by one write.
_AT_ONCE = 3900
# What `came_of` tells.
_CAME = ("outcome", "mode", "project", "rules", "purls", "more", "snapshot", "seconds")


class About:
    """What all events of one push share."""

    def __init__(self, hook: str, platform: str, place: Place, pusher: Pusher, options: Options, now: Now) -> None:
        self._before = {
            "schema": SCHEMA,
            "at": now.instant,
            "hook": hook,
            "platform": platform,
            "repository": {"id": _said(place.id), "path": _said(place.path)},
            "pusher": {"id": _said(pusher.id), "name": _said(pusher.name), "via": _said(pusher.via)},
        }
        self._after = {
            "reason": _said(options.reason or ""),
            "glass": _said(options.glass or ""),
            "version": __version__,
        }

    def event(self, name: str, update: Update, came: dict[str, Any], detail: str = "") -> dict[str, Any]:
        """Return one event. name: one of EVENTS. came: as `came_of` gives it. detail: what went wrong, if anything."""
        ref = {"ref": _said(update.ref), "old": update.old, "new": update.new}
        return {**self._before, "event": name, **ref, **came, **self._after, "detail": _said(detail)}

    def of(self, name: str, found: Found, seconds: float) -> dict[str, Any]:
        """Return the event `name` for a ref that was looked at, after so many seconds."""
        error = found.error
        detail = "" if error is None else " ".join([error.code, *(f"{k}={v}" for k, v in error.params.items())])
        return self.event(name, found.update, came_of(found, seconds), detail[:DETAIL])


def _said(text: str) -> str | None:
    """A text that may be missing; what is no Unicode is written out."""
    return text.encode("utf-8", "backslashreplace").decode() or None


def came_of(found: Found | None, seconds: float) -> dict[str, Any]:
    """Return what judging a ref came to; None: nobody judged it, or nobody told."""
    verdict = found.verdict if found is not None else None
    outcome = verdict.outcome if verdict else UNCHECKED if found is not None and found.error else NOT_JUDGED
    purls = _purls(verdict) if verdict else []
    stamp = verdict.stamp if verdict else None
    return {
        "outcome": outcome,
        "mode": verdict.mode if verdict else None,
        "project": (verdict.project or None) if verdict else None,
        "rules": _rules(verdict) if verdict else {},
        "purls": purls[:PURLS],
        "more": max(0, len(purls) - PURLS),
        "snapshot": {"serial": stamp.serial, "anchor": stamp.anchor} if stamp else None,
        "seconds": round(seconds, 3),
    }


def _rules(verdict: Verdict) -> dict[str, int]:
    """How often each rule complained, waived complaints left out."""
    counts: dict[str, int] = {}
    for finding in verdict.findings:
        if not finding.waived:
            counts[finding.rule] = counts.get(finding.rule, 0) + 1
    return dict(sorted(counts.items()))


def _purls(verdict: Verdict) -> list[str]:
    """What comes in: first what is complained about, the worst first."""
    worst = [finding.purl for finding in verdict.findings if finding.purl]
    every = dict.fromkeys([*worst, *(item.dependency.purl for item in verdict.introduced)])
    return [(_said(purl) or "")[:DETAIL] for purl in every]


def put(folder: str, events: Sequence[dict[str, Any]], *, of: int = 0, durable: bool = False) -> None:
    """Append the events of a push to the file of their day, which is made where it is not there.

    One write, of bounded length: what is more than REFS or BYTES is told by one event, as so many more refs. of: how
    many events there would be, where only the first ones were made, one more than REFS at least. durable: wait for the
    disk. Raises OSError where not all of that can be appended.
    """
    lines, size = [], 0
    for event in events[:REFS]:
        ready = line(event)
        size += len(ready)
        if size > BYTES:
            break
        lines.append(ready)
    if len(lines) < len(events):
        lines.append(line(_summary(events[len(lines)], max(of, len(events)) - len(lines))))
    if events:
        append(os.path.join(folder, f"{events[0]['at'][:10]}.jsonl"), b"".join(lines), durable=durable)


def _summary(first: dict[str, Any], count: int) -> dict[str, Any]:
    none = "0" * len(first["new"])
    told = {"ref": "*", "old": none, "new": none, "rules": {}, "purls": [], "more": 0}
    return {**first, **told, "detail": f"refs={count} first={first['ref']}"[:DETAIL]}


# From pre-receive to post-receive


def _note(folder: str, repository: str, update: Update) -> str:
    import zlib

    mark = zlib.crc32(f"{repository}\0{update.ref}".encode("utf-8", "surrogateescape"))
    return os.path.join(folder, _NOTES, f"{update.old[:16]}-{update.new[:16]}-{mark:08x}")


def leave(folder: str, repository: str, update: Update, came: dict[str, Any]) -> None:
    """Leave word of what was judged, where somebody will read it. repository: its absolute folder. Raises OSError."""
    if os.path.isdir(os.path.join(folder, _NOTES)):
        about = [os.fsencode(repository).hex(), os.fsencode(update.ref).hex(), update.old, update.new]
        overwrite(_note(folder, repository, update), line([about, came]))


def leave_line(folder: str, repository: str, update: Update, event: dict[str, Any]) -> None:
    """Leave the very line of a push of one ref, for `prelude` to append. Raises OSError.

    It stands below what it is about; one too long for a shell to append by one write is left as `leave` does.
    """
    if os.path.isdir(os.path.join(folder, _NOTES)):
        ready = line(event)
        if len(ready) > _AT_ONCE:
            leave(folder, repository, update, {name: event[name] for name in _CAME})
        else:
            files.write(_line_path(folder, update), _about_line(repository, update) + ready, 0o600)


def _line_path(folder: str, update: Update) -> str:
    return os.path.join(folder, _NOTES, f"{update.old}-{update.new}.line")


def _about_line(repository: str, update: Update) -> bytes:
    return os.fsencode(f"{repository} {update.ref}\n")


def _taken_line(folder: str, repository: str, update: Update) -> dict[str, Any] | None:
    path = _line_path(folder, update)
    data = files.read(path)
    about = _about_line(repository, update)
    if data is None or not data.startswith(about):
        return None
    os.unlink(path)
    try:
        event = light_json.loads(data[len(about) :])
        return {name: event[name] for name in _CAME}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def taken(folder: str, repository: str, update: Update) -> dict[str, Any] | None:
    """Take up what was left, None where nothing was. Raises OSError."""
    path = _note(folder, repository, update)
    data = files.read(path)
    if data is None:
        return _taken_line(folder, repository, update)
    os.unlink(path)
    about = [os.fsencode(repository).hex(), os.fsencode(update.ref).hex(), update.old, update.new]
    try:
        told, came = light_json.loads(data)
    except (ValueError, TypeError, RecursionError):
        return None
    return came if told == about and isinstance(came, dict) else None


def clear(folder: str, seconds: float) -> None:
    """Make the folder for notes, and clear old ones away. seconds: now, since the epoch. Raises OSError."""
    os.makedirs(os.path.join(folder, _NOTES), 0o750, exist_ok=True)
    sweep(folder, seconds, _CLEARED)


def sweep(folder: str, seconds: float, most: int = MANY) -> None:
    """Clear old notes away, of `most` that are looked at; where there are MANY, those that are not quite new as well:
    they are of pushes that something else refuses, again and again. Raises OSError.
    """
    with os.scandir(os.path.join(folder, _NOTES)) as entries:
        found = [
            (entry.stat(follow_symlinks=False).st_mtime, entry.path)
            for _, entry in zip(range(most), entries, strict=False)
        ]
    stale = _STALE if len(found) < MANY else _RECENT
    for moment, path in found:
        if seconds - moment > stale:
            os.unlink(path)
