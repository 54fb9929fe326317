"""Which new manifest is an old one that was renamed or moved."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    # What is known of a manifest: its content and the purls in it.
    Held = tuple[bytes, frozenset[str]]
    # Format of a path; only manifests of one format are compared.
    Format = Callable[[str], object]

# Pairs of a new and a deleted manifest that are compared by their purls; more of them cost seconds.
MAX_PAIRS = 2500


def pair(new: Mapping[str, Held], gone: Mapping[str, Held], format: Format) -> tuple[dict[str, str], bool]:
    """Return {new path: deleted path}, each used once, and whether all candidates were compared.

    Equal contents go first, then the pair with most purls in common (at least one); of equals the one that keeps its
    file name, then the first by path.
    """
    found: dict[str, str] = {}
    exact: dict[tuple[object, bytes], list[str]] = {}
    for old in sorted(gone):
        exact.setdefault((format(old), gone[old][0]), []).append(old)
    for path in sorted(new):
        if same := exact.get((format(path), new[path][0])):
            best = next((old for old in same if _name(old) == _name(path)), same[0])
            same.remove(best)
            found[path] = best
    taken = set(found.values())
    news = [path for path in sorted(new) if path not in found]
    olds = [path for path in sorted(gone) if path not in taken]
    if len(news) * len(olds) > MAX_PAIRS:
        return found, False
    found.update(_by_purls(new, gone, [(n, o) for n in news for o in olds if format(n) == format(o)]))
    return found, True


def _by_purls(new: Mapping[str, Held], gone: Mapping[str, Held], pairs: list[tuple[str, str]]) -> dict[str, str]:
    shares = ((len(new[n][1] & gone[o][1]), n, o) for n, o in pairs)
    ranked = sorted((-count, _name(n) != _name(o), n, o) for count, n, o in shares if count)
    found: dict[str, str] = {}
    taken: set[str] = set()
    for _, _, path, old in ranked:
        if path not in found and old not in taken:
            found[path] = old
            taken.add(old)
    return found


def _name(path: str) -> str:
    return path.rpartition("/")[2]
