"""Which modules a packed hook needs: every one that can be reached from where it starts, found by reading the sources.

Nothing is imported to find out, so it does not matter which branch would be taken. Modules that are named by a text
(the tables of formats and rules do so) count as well: a text that is the name of a module is one, a text that is the
name of a package is all of its modules, and so is the beginning of a name that something is put behind.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from osgate.model.record import record

_NEVER = "TYPE_CHECKING"


@record
class Needed:
    """modules: names of those among the sources. outside: top-level names of what is imported from elsewhere."""

    modules: tuple[str, ...]
    outside: tuple[str, ...]


def needed(start: str, sources: Mapping[str, str]) -> Needed:
    """Return what the module `start` needs, with every package above a module. sources: name -> source text.

    Raises KeyError where `start` is not among the sources, SyntaxError where one of them is not Python.
    """
    return _reached((start,), sources, later=True)


def at_once(starts: Iterable[str], sources: Mapping[str, str]) -> tuple[str, ...]:
    """Return the modules that are there as soon as `starts` are imported: what is imported in functions is not among
    them. Raises as `needed` does."""
    return _reached(starts, sources, later=False).modules


def asked(name: str, sources: Mapping[str, str], among: Iterable[str]) -> tuple[str, ...]:
    """Return those of `among` that the module `name` imports when it is itself imported, in order."""
    known = set(among)
    return tuple(dict.fromkeys(w for w in _named(_tree(sources[name]), name, sources, later=False) if w in known))


def _reached(starts: Iterable[str], sources: Mapping[str, str], *, later: bool) -> Needed:
    roots = {name.partition(".")[0] for name in sources}
    found: set[str] = set()
    outside: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += [above for above in _above(name) if above in sources]
        for wanted in _named(_tree(sources[name]), name, sources, later):
            if wanted in sources:
                waiting.append(wanted)
            elif wanted.partition(".")[0] not in roots:
                outside.add(wanted.partition(".")[0])
    return Needed(tuple(sorted(found)), tuple(sorted(outside)))


@lru_cache(maxsize=1000)
def _tree(source: str) -> ast.AST:
    return ast.parse(source)


def below(node: ast.AST) -> list[ast.AST]:
    """Return what lies right below a node. `ast.iter_child_nodes` is several times slower, and there are many."""
    found: list[ast.AST] = []
    for value in vars(node).values():
        if isinstance(value, list):
            found += [item for item in value if isinstance(item, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def _above(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _named(tree: ast.AST, name: str, sources: Mapping[str, str], later: bool) -> Iterator[str]:
    """Yield all that a module names; what follows `if TYPE_CHECKING:` never runs. later: what it may name then, too."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and _is_never(node.test):
            waiting += node.orelse
            continue
        if isinstance(node, ast.FunctionDef) and not later:
            continue
        waiting += below(node)
        if isinstance(node, ast.Import):
            yield from [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            yield from _from(node, name, sources)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and later:
            yield from _told(node.value, sources)


def _is_never(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == _NEVER) or (
        isinstance(test, ast.Attribute) and test.attr == _NEVER
    )


def _from(node: ast.ImportFrom, name: str, sources: Mapping[str, str]) -> Iterator[str]:
    base = node.module or ""
    if node.level:
        # A relative import counts from the package: a package itself is its own first level.
        package = f"{name}.x" if any(other.startswith(f"{name}.") for other in sources) else name
        parts = package.split(".")[: -node.level]
        base = ".".join([*parts, base] if base else parts)
    yield base
    for alias in node.names:
        if f"{base}.{alias.name}" in sources:
            yield f"{base}.{alias.name}"


def _told(text: str, sources: Mapping[str, str]) -> Iterator[str]:
    """The modules that a text stands for."""
    if "." not in text or not text.replace(".", "").replace("_", "").isalnum():
        return
    if text in sources:
        yield text
    prefix = text if text.endswith(".") else f"{text}."
    yield from [name for name in sources if name.startswith(prefix) and "." not in name[len(prefix) :]]
