"""The package's own source, read and parsed once for all who look at it."""

from __future__ import annotations

import ast
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
def tree_of(path: Path) -> ast.Module:
    """A module as a tree."""
    return ast.parse(text_of(path))


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
    return nodes(tree_of(path))
