"""Which modules a packed hook needs: every one that can be reached from where it starts, found by reading the sources.

Nothing is imported to find out, so it does not matter which branch would be taken. Modules that are named by a text
(the tables of formats and rules do so) count as well: a text that is the name of a module is one, a text that is the
name of a package is all of its modules, and so is the beginning of a name that something is put behind.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from osgate.model.record import record

_NEVER = ("TYPE_CHECKING", "typing.TYPE_CHECKING")


@record
class Needed:
    """modules: names of those among the sources. outside: top-level names of what is imported from elsewhere."""

    modules: tuple[str, ...]
    outside: tuple[str, ...]


def needed(start: str, sources: Mapping[str, str]) -> Needed:
    """Return what the module `start` needs, with every package above a module. sources: name -> source text.

    Raises KeyError where `start` is not among the sources, SyntaxError where one of them is not Python.
    """
    roots = {name.partition(".")[0] for name in sources}
    found: set[str] = set()
    outside: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += [above for above in _above(name) if above in sources]
        for wanted in _named(ast.parse(sources[name]), name, sources):
            if wanted in sources:
                waiting.append(wanted)
            elif wanted.partition(".")[0] not in roots:
                outside.add(wanted.partition(".")[0])
    return Needed(tuple(sorted(found)), tuple(sorted(outside)))


def _above(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _named(tree: ast.AST, name: str, sources: Mapping[str, str]) -> Iterator[str]:
    """Yield all that a module names; what follows `if TYPE_CHECKING:` never runs."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) in _NEVER:
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            yield from [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            yield from _from(node, name, sources)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _told(node.value, sources)


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
