"""JSON on the commit path: what the scanner alone reads, and what it refuses."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from types import ModuleType

import pytest

from osgate import light_json


def without_the_scanner(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as an interpreter has it whose `json` is written in Python alone."""
    monkeypatch.setitem(sys.modules, "_json", None)
    spec = importlib.util.spec_from_file_location("light_json_again", light_json.__file__)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(params=["scanner", "json"])
def module(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return light_json if request.param == "scanner" else without_the_scanner(monkeypatch)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, -2.5e1, true, null, "\\u00e9"], "b": {}}', {"a": [1, -25.0, True, None, "é"], "b": {}}),
        (" \t\r\n 1 \n", 1),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ('"中"'.encode(), "中"),
    ],
)
def test_what_is_json_is_read(module: ModuleType, text: str | bytes, value: object) -> None:
    assert module.loads(text) == value


@pytest.mark.parametrize(
    "text", ["", " ", "{", '{"a": 1} x', "[1] [2]", "NaN", '{"a": -Infinity}', "nul", b"\xff", "\ufeff1", '"\n"', "1,"]
)
def test_what_is_no_json_is_refused(module: ModuleType, text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        module.loads(text)


@pytest.mark.parametrize("text", ['{"a" 1}', "{", '{"a": 1,}', '"a', '{"a": "\t"}'])
def test_what_is_no_json_is_an_error_of_value_though_the_package_json_is_not_loaded(text: str) -> None:
    asked = "import sys; from osgate import light_json; assert 'json' not in sys.modules; light_json.loads(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", asked, text], capture_output=True, text=True, check=False, timeout=60)
    assert "JSONDecodeError" in done.stderr
