"""The one piece of byte code in a packed hook: modules come out of it as an import would have made them."""

from __future__ import annotations

import marshal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from osgate.server_hook import hot
from osgate.server_hook.kept import Kept

SOURCES = {
    hot.KEPT: '"""Here to be taken along."""\n',
    "toys": '"""A package."""\n',
    "toys.one": '"""One."""\nfrom __future__ import annotations\nfrom toys import two\nORDER = [*two.ORDER, "one"]\n',
    "toys.two": (
        "from __future__ import annotations\nfrom toys.deep import three\nORDER = [*three.ORDER, 'two']\n"
        "class Record:\n    '''Words.'''\n    size: int = 1\n"
        "def told(item: Unknown, *more: Unknown, key: Unknown = 2) -> Unknown:\n"
        "    '''Words.'''\n    raise ValueError(item)\n"
        "def later():\n    from toys import broken\n"
    ),
    "toys.deep": "",
    "toys.deep.three": "ORDER = ['three']\ndef nothing():\n    'only words'\n",
    "toys.broken": "from toys import cause\n",
    "toys.cause": "1 / 0\n",
    "toys.left": "raise AssertionError('not kept')\n",
}


@pytest.fixture
def loader() -> Iterator[Kept]:
    data = hot.piece(SOURCES, [name for name in SOURCES if name.startswith("toys") and name != "toys.left"])
    assert data.startswith(MAGIC_NUMBER)
    _, index = marshal.loads(data[len(MAGIC_NUMBER) :])
    made = Kept("/srv/hook", index, data, {"osgate-hook.json": b"{}"})
    sys.meta_path.insert(0, made)
    yield made
    sys.meta_path.remove(made)
    for name in [name for name in sys.modules if name.startswith("toys")]:
        del sys.modules[name]


def test_modules_are_whole_and_find_each_other(loader: Kept) -> None:
    import toys.one  # type: ignore[import-not-found]

    assert toys.one.ORDER == ["three", "two", "one"]
    assert sys.modules["toys.two"] is toys.two
    assert toys.two.told.__module__ == "toys.two"
    assert (toys.one.__file__, toys.__file__) == ("/srv/hook/toys/one.pyc", "/srv/hook/toys/__init__.pyc")
    assert (toys.deep.__path__, toys.deep.three.__package__) == (["/srv/hook/toys/deep"], "toys.deep")
    assert toys.one.__spec__.loader is toys.one.__loader__ is loader
    assert toys.two.Record.__annotations__ == {"size": "int"}


def test_what_only_people_read_is_left_out_and_lines_stay(loader: Kept) -> None:
    from toys import two
    from toys.deep import three

    assert (two.__doc__, two.Record.__doc__, two.told.__doc__, three.nothing()) == (None, None, None, None)
    assert two.told.__annotations__ == {}
    with pytest.raises(ValueError, match="x") as error:
        two.told("x", key=3)
    assert error.traceback[-1].lineno + 1 == SOURCES["toys.two"].splitlines().index("    raise ValueError(item)") + 1
    assert two.told.__code__.co_filename == "two.py"


def test_a_module_that_fails_is_not_there_and_fails_again(loader: Kept) -> None:
    from toys import two

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            two.later()
        assert not {"toys.broken", "toys.cause"} & sys.modules.keys()


def test_what_is_not_kept_is_left_to_others(loader: Kept) -> None:
    assert loader.find_spec("toys.left") is None
    assert loader.get_data("/srv/hook/osgate-hook.json") == b"{}"
    # Not in one piece, so looked for in the zip; there is none here.
    with pytest.raises(ImportError, match="not a Zip file"):
        loader.get_data("/srv/hook/other.json")


LEAN = """
import sys
{before}
from osgate.server_hook import lean_sqlite
lean_sqlite.load()
assert ("functools" in sys.modules) is {there}
from osgate.ledger.snapshot_read import connect
found = connect(":memory:")
for _ in range(3):
    for n in range(200):
        assert found.execute(f"SELECT {{n}}").fetchall() == [(n,)]
import functools
assert functools.lru_cache(2)(len)("ab") == 2
lean_sqlite.load()
"""


@pytest.mark.parametrize(("before", "there"), [("", False), ("import functools", True), ("import _sqlite3", True)])
def test_sqlite_is_loaded_without_what_it_takes_one_function_from(before: str, there: bool) -> None:
    code = LEAN.format(before=before, there=there)
    argv = [sys.executable, "-IS", "-c", f"import sys; sys.path.append({str(Path(hot.__file__).parents[2])!r})\n{code}"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
