"""The package's own source, read and parsed once for all who look at it."""

from __future__ import annotations

import ast
import gc
from functools import cache
from pathlib import Path

import osgate

PACKAGE = Path(osgate.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))


@cache
def text_of(path: Path) -> str:
    """What stands in a module."""
    return path.read_text(encoding="utf-8")


@cache
def trees() -> dict[Path, ast.Module]:
    """Every module as a tree. To look for garbage among half a million nodes would take longer than to parse them."""
    gc.disable()
    try:
        return {path: ast.parse(text_of(path)) for path in MODULES}
    finally:
        gc.enable()
        gc.freeze()


def nodes(tree: ast.AST) -> list[ast.AST]:
    """All nodes of a tree, each before those it holds: what `ast.walk` yields, in half the time."""
    found = [tree]
    for node in found:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                found.append(value)
            elif type(value) is list:
                found += [item for item in value if isinstance(item, ast.AST)]
    return found


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    """All nodes of a module; see `nodes`."""
    return nodes(trees()[path])
