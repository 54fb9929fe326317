"""What a change does to the files that osgate itself reads in a repository. Pure.

They count only as they stand on the base branch, so a change is told before it can have an effect. Told is what could
loosen the gate after it is merged; setting the files up, and whatever only tightens, is not. A baseline is set up by
listing what the base branch holds: an entry for anything else would approve it.
"""

from __future__ import annotations

from osgate.errors import Mistakes, UsageError
from osgate.ledger import lock as locks
from osgate.model.change import FileProblem
from osgate.model.policy import MODES
from osgate.policy import baseline, local_config

# Sorts after every date.
_OPEN = "~"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from typing import TypeVar

    from osgate.model.change import Blob, ChangedFile
    from osgate.model.policy import Key
    from osgate.policy.baseline import Entry

    T = TypeVar("T")
    # What is said: reason below `own.`, line, params.
    Said = tuple[str, int, dict[str, object]]
    # Returns the purls of the manifest at a repository path as the base branch has it; None where it has none.
    Held = Callable[[str], Collection[str] | None]


def problems(files: Iterable[ChangedFile], held: Held) -> Iterator[FileProblem]:
    """Yield what is to be said of the changed `files` below `.osgate/`; one that nothing reads is passed over."""
    for file in files:
        compare = _COMPARE.get(file.path)
        if compare is None:
            continue
        old, new = _plain(file.before), _plain(file.after)
        if new is None:
            if file.before is not None:
                yield _problem(file.path, ("removed", 0, {}))
            continue
        try:
            for said in compare(old, new, held):
                yield _problem(file.path, said)
        except Mistakes as error:
            first = error.mistakes[0]
            yield _problem(file.path, ("broken", first.line, {"detail": first.code}))
        except UsageError as error:
            yield _problem(file.path, ("broken", 0, {"detail": error.params.get("detail", error.code)}))


def _plain(blob: Blob | None) -> bytes | None:
    """The content of a plain file, None for anything else: it does not count."""
    return blob.data if blob is not None and blob.kind == "file" else None


def _problem(path: str, said: Said) -> FileProblem:
    reason, line, params = said
    given = tuple(sorted((name, str(value)) for name, value in params.items()))
    return FileProblem(path, line, reason, False, given, "own", " ".join(value for _, value in given))


def _config(before: bytes | None, after: bytes, _: Held) -> Iterator[Said]:
    new = local_config.parse(after)
    old = _or_none(local_config.parse, before)
    for name, reason in (("project", "project-renamed"), ("policy_repository", "policy-repository-moved")):
        was, now = getattr(old, name, ""), getattr(new, name)
        if was and was != now:
            yield reason, _line_of(after, name), {"before": was, "after": now or "-"}
    was, now = getattr(old, "mode", ""), new.mode
    if was and MODES.index(now or MODES[0]) < MODES.index(was):
        yield "mode-lowered", _line_of(after, "mode"), {"before": was, "after": now or "-"}


def _lock(before: bytes | None, after: bytes, _: Held) -> Iterator[Said]:
    new, old = locks.parse(after), _or_none(locks.parse, before)
    if old is None:
        return
    known = (*old.keys, *old.next_keys)
    wider = [key for key in (*new.keys, *new.next_keys) if not any(_inside(key, other) for other in known)]
    if wider:
        yield "keys-widened", _line_of(after, "keys"), {"key": wider[0].key[:60]}
    if new.serial < old.serial:
        yield "serial-lowered", _line_of(after, "serial"), {"before": old.serial, "after": new.serial}
    strange = [address for address in new.addresses if address not in old.addresses]
    if strange:
        yield "addresses-changed", _line_of(after, "addresses"), {"address": strange[0]}


def _inside(key: Key, other: Key) -> bool:
    """True if `key` is the other one and trusted at no moment at which the other one is not."""
    ends = (key.end or _OPEN) <= (other.end or _OPEN) and (key.revoked or _OPEN) <= (other.revoked or _OPEN)
    return key.key == other.key and key.start >= other.start and ends


def _baseline(before: bytes | None, after: bytes, held: Held) -> Iterator[Said]:
    new, old = baseline.parse(after), _or_none(baseline.parse, before)
    if old is None:
        there = {path: held(path) for path in {entry.path for entry in new.values()}}
        old = {key: entry for key, entry in new.items() if _listed(entry, there[entry.path])}
    added = [entry for key, entry in new.items() if key not in old]
    if added:
        yield "baseline-grown", added[0].line, {"count": len(added), "first": added[0].purl or added[0].path}
    wider = [entry for key, entry in new.items() if key in old and _wider(entry, old[key])]
    if wider:
        yield "baseline-extended", wider[0].line, {"count": len(wider), "first": wider[0].purl or wider[0].path}


def _listed(entry: Entry, purls: Collection[str] | None) -> bool:
    """True if a manifest that holds `purls` holds what `entry` lists."""
    return purls is not None and (not entry.purl or entry.purl in purls)


def _wider(new: Entry, old: Entry) -> bool:
    return new.due > old.due or not set(filter(baseline.excusable, new.rules)) <= set(old.rules)


def _or_none(parse: Callable[[bytes], T], data: bytes | None) -> T | None:
    """The side before, None where there is none or it was broken already: then nothing in it counted."""
    try:
        return parse(data) if data is not None else None
    except (Mistakes, UsageError):
        return None


def _line_of(data: bytes, name: str) -> int:
    """The first line that holds the key `name`; 0 where none does."""
    found = data.find(name.encode())
    return data.count(b"\n", 0, found) + 1 if found >= 0 else 0


_COMPARE: dict[str, Callable[[bytes | None, bytes, Held], Iterator[Said]]] = {
    local_config.PATH: _config,
    locks.PATH: _lock,
    baseline.PATH: _baseline,
}
