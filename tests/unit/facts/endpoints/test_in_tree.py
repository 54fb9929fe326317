"""Further indexes that a file of a tree names: what the rule OSG210 is fed with."""

from __future__ import annotations

import pytest

import audit
from osgate.facts.endpoints.in_tree import extras
from osgate.facts.endpoints.reading import LIMIT
from osgate.model.dependency import Unreadable
from unit.facts.endpoints.configs import HOST

UV = f'[[tool.uv.index]]\nurl = "{HOST}/a"\n[[tool.uv.index]]\nurl = "{HOST}/b"\nexplicit = true\n'
POETRY = f'[[tool.poetry.source]]\nname = "a"\nurl = "{HOST}/a"\npriority = "supplemental"\n'
PIPFILE = f'[pipenv]\ninstall_search_all_sources = true\n[[source]]\nurl = "{HOST}/a"\n[[source]]\nurl = "{HOST}/b"\n'


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("a/requirements.txt", "six\n--extra-index-url https://ann:pw@packages.example.com/a\n", [("/a", 2)]),
        ("dev.in", f"-f {HOST}/links\n-i {HOST}/main\n", [("/links", 1)]),
        ("requirements.txt", "--extra-index-url ${INDEX}\n--find-links ftp://u:pw@x/\n", [("${INDEX}", 1), ("...", 2)]),
        ("requirements.txt", f"--index-url {HOST}/main\n--find-links wheels\n", []),
        ("requirements.txt", "--index-url ${MAIN}\n", []),
        ("pyproject.toml", UV, [("/a", 2)]),
        ("x/pyproject.toml", POETRY, [("/a", 3)]),
        ("pyproject.toml", UV + POETRY, [("/a", 2), ("/a", 8)]),
        ("uv.toml", f'extra-index-url = "{HOST}/a"\n', [("/a", 1)]),
        ("Pipfile", PIPFILE, [("/b", 6)]),
        ("pip.conf", f"[global]\nextra-index-url = {HOST}/a\n", [("/a", 2)]),
        ("pip.conf", f"[install]\nextra-index-url = {HOST}/a\n[download]\nno-index = true\n", [("/a", 2)]),
        ("pip.conf", f"[download]\nextra-index-url = {HOST}/a\n", [("/a", 2)]),
        ("pip.conf", f"[global]\nextra-index-url = {HOST}/a\n[install]\nno-index = true\n", []),
        ("pip.ini", f"[global]\nindex-url = {HOST}/a\n", []),
    ],
)
def test_what_is_asked_beside_the_main_index(path: str, text: str, found: list[tuple[str, int]]) -> None:
    with audit.no_io():
        assert [(address.removeprefix(HOST), line) for address, line in extras(path, text.encode())] == found


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("requirements.txt", b"#" * (LIMIT + 1), "too-large"),
        ("pyproject.toml", b"a = " + b"[" * 100_000, "too-deep"),
        ("pyproject.toml", b"a" + b".b" * 100 + b" = 1", "too-deep"),
        ("pyproject.toml", b"[tool", "syntax"),
    ],
)
def test_what_cannot_be_read_says_why(path: str, data: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as raised:
        extras(path, data)
    assert raised.value.reason == reason
    assert raised.value.params == ({"size": len(data), "limit": LIMIT} if reason == "too-large" else {})
