"""The piece of a packed hook that `kept` finds modules in: byte code of this Python, with nothing in it to read.

Texts that describe and annotations of functions are left out, as no module here asks for them at run time; loading
them would cost a push as much as the rest of the code.
"""

from __future__ import annotations
import __future__

import ast
import marshal
from collections.abc import Iterable, Mapping
from importlib.util import MAGIC_NUMBER

from osgate.server_hook.modules import asked, below

# Where the piece lies in the zip: stored as it is, so that it can be read without looking into that.
FILE = "osgate-hot"
KEPT = "osgate.server_hook.kept"


def piece(sources: Mapping[str, str], names: Iterable[str]) -> bytes:
    """Return the byte code of the modules `names`. sources: name -> source text of all modules.

    It is the magic number of this Python; what `marshal` writes of `kept` and of where that finds modules; and these.
    """
    known = sorted(names)
    codes = [compiled(name, sources[name]) for name in known]
    left = sum(map(len, codes))
    index = {}
    for name, code in zip(known, codes, strict=True):
        index[name] = _is_package(name, sources), asked(name, sources, known), left, len(code)
        left -= len(code)
    return MAGIC_NUMBER + marshal.dumps((compiled(KEPT, sources[KEPT]), index), 2) + b"".join(codes)


def compiled(name: str, source: str) -> bytes:
    """Return the lean byte code of a module; tracebacks name its file without the folder, which takes place each time.

    Version 2 of marshal's form has no references back, which would tell what else this process has in hand.
    """
    tree = ast.parse(source)
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        _make_lean(node)
        waiting += below(node)
    # The compiler is told of these by flags, which spares loading a module of the standard library at run time.
    future = [one for one in tree.body if isinstance(one, ast.ImportFrom) and one.module == "__future__"]
    flags = 0
    for alias in [alias for one in future for alias in one.names]:
        flags |= getattr(__future__, alias.name).compiler_flag
    tree.body = [one for one in tree.body if one not in future]
    code = compile(tree, f"{name.rpartition('.')[2]}.py", "exec", flags=flags, dont_inherit=True, optimize=0)
    return marshal.dumps(code, 2)


def _make_lean(node: ast.AST) -> None:
    """Take out what only people and type checkers read. Annotations in classes stay: records are made from them."""
    if isinstance(node, ast.stmt | ast.expr):
        # Lines are enough for a traceback: no columns, as under `python -X no_debug_ranges`.
        node.end_lineno, node.col_offset, node.end_col_offset = node.lineno, -1, -1
    if isinstance(node, ast.arg):
        node.annotation = None
    if isinstance(node, ast.FunctionDef):
        node.returns = None
    if (
        isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and ast.get_docstring(node, clean=False) is not None
    ):
        first, *rest = node.body
        node.body = rest or [ast.copy_location(ast.Pass(), first)]


def _is_package(name: str, sources: Mapping[str, str]) -> bool:
    return any(other.startswith(f"{name}.") for other in sources)
