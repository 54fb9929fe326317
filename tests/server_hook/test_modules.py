"""Which modules are reached is told by the sources alone."""

from __future__ import annotations

import pytest

from osgate.server_hook.modules import needed

HOUSE = {
    "house": "",
    "house.door": "import json\nfrom house import room\nfrom house.room.bed import sheet\n",
    "house.room": "",
    "house.room.bed": "def f():\n    import zlib\n    from . import lamp\n    from .. import roof\n",
    "house.room.lamp": "from ..roof import x\n",
    "house.roof": "",
    "house.cellar": "import socket",
    "house.tiles": "",
    "house.tiles.red": "",
    "house.tiles.blue": "",
    "vendored": "from . import part\nfrom .part import more",
    "vendored.part": "",
    "vendored.rest": "import never_reached",
}


def reached(source: str, **more: str) -> tuple[set[str], set[str]]:
    found = needed("house.start", {**HOUSE, "house.start": source, **more})
    return set(found.modules) - {"house", "house.start"}, set(found.outside)


def test_imports_anywhere_and_the_packages_above():
    assert reached("def f():\n    try:\n        import house.door\n    except ImportError:\n        pass\n") == (
        {"house.door", "house.room", "house.room.bed", "house.room.lamp", "house.roof"},
        {"json", "zlib"},
    )


@pytest.mark.parametrize("test", ["TYPE_CHECKING", "typing.TYPE_CHECKING"])
def test_what_is_for_type_checkers_alone_never_runs(test):
    source = f"if {test}:\n    import house.cellar\nelse:\n    import house.roof\n"
    assert reached(source) == ({"house.roof"}, set())


def test_modules_that_a_text_names():
    assert reached("ROW = 'house.roof'")[0] == {"house.roof"}
    assert reached("__import__(f'house.tiles.{name}')")[0] == {"house.tiles.red", "house.tiles.blue", "house.tiles"}
    assert reached("getattr(__import__('house.tiles'), name)")[0] == {
        "house.tiles.red",
        "house.tiles.blue",
        "house.tiles",
    }
    assert reached("'see house.roof for more', 'roof', 'no.such.name', '.', '..', ''") == (set(), set())


def test_relative_imports_of_a_package_itself():
    assert reached("import vendored") == ({"vendored", "vendored.part"}, set())


def test_what_is_not_among_the_sources_is_outside_or_no_module():
    assert reached("import gitlab.v4\nfrom requests import get\nfrom house import no_module_but_a_name") == (
        set(),
        {"gitlab", "requests"},
    )


def test_a_source_that_is_not_python_is_an_error():
    with pytest.raises(SyntaxError):
        reached("def")
    with pytest.raises(KeyError):
        needed("nowhere", HOUSE)
