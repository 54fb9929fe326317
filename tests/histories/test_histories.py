"""Whole histories, written by the real tools, through git, the readers and the intake.

Data and expectations are made by make_histories.py (the workflow's by hand); the expectations know nothing of osgate.
"""

from __future__ import annotations

import json
import lzma
import re
import subprocess
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from osgate.changes.range import between
from osgate.changes.staged import staged
from osgate.formats import table
from osgate.intake.diff import intake
from osgate.io.git import Git
from osgate.model.change import CHANGES, ChangeSet, Intake
from osgate.model.dependency import Dependency, Unreadable

if TYPE_CHECKING:
    from osgate.model.change import Siblings

HERE = Path(__file__).parent
NAMES = ("npm", "pip", "workflow")
EXPECTED = {name: json.loads((HERE / f"expected/{name}.json").read_text("utf-8"))["introduced"] for name in NAMES}
PAIRS = [(name, label) for name in NAMES for label in EXPECTED[name]]

Row = dict[str, Any]


@cache
def states(name: str) -> list[dict[str, Any]]:
    """The states of a history, each a step and its files by path (those written by hand as a list of lines)."""
    if name == "workflow":
        found = json.loads((HERE / "data/workflow.json").read_text("utf-8"))
        return [{**state, "files": {path: "\n".join(text) for path, text in state["files"].items()}} for state in found]
    made: list[dict[str, Any]] = json.loads(lzma.decompress((HERE / f"data/{name}.json.xz").read_bytes()))
    return made


class Reader:
    """Reads as osgate does, and a file that it has read, beside the same others, not again: readers are pure."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, bytes], list[tuple[dict[str, bytes | None], tuple[Dependency, ...]]]] = {}

    def __call__(self, path: str, data: bytes, siblings: Siblings) -> tuple[Dependency, ...]:
        readings = self.known.setdefault((path, data), [])
        for asked, found in readings:
            if all(siblings(other) == content for other, content in asked.items()):
                return found
        beside: dict[str, bytes | None] = {}

        def ask(other: str) -> bytes | None:
            return beside.setdefault(other, siblings(other))

        readings.append((beside, table.read(path, data, ask)))
        return readings[-1][1]


READ = Reader()


def taken_in(change: ChangeSet) -> Intake:
    return intake(change, READ, table.match)


class Replay:
    """A history as commits. oids: of the commit of each step, "" before the first; staged: what was seen before it."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.oids: dict[str, str] = {}
        self.staged: dict[str, Intake] = {}
        self.between: dict[tuple[str, str], Intake] = {}
        self.git("init", "--quiet", str(path))
        self.commit("")
        for state in states(name):
            self.put(state["files"])
            with Git(str(path)) as git:
                self.staged[state["step"]] = taken_in(staged(git, table.match, table.includes))
            self.commit(state["step"])

    def git(self, *words: str) -> str:
        self.path.mkdir(exist_ok=True)
        done = subprocess.run(["git", *words], cwd=self.path, capture_output=True, text=True, check=True)
        return done.stdout

    def put(self, files: dict[str, str]) -> None:
        self.git("rm", "-r", "-q", "--ignore-unmatch", ".")
        for path, text in files.items():
            target = self.path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())
        self.git("add", "--all")

    def commit(self, step: str) -> None:
        self.git("commit", "--quiet", "--allow-empty", f"--message={step or 'nothing'}")
        self.oids[step] = self.git("rev-parse", "HEAD").strip()

    def intake(self, old: str, new: str) -> Intake:
        """What the commit of step `new` brings on top of that of `old`; worked out once."""
        if (old, new) not in self.between:
            with Git(str(self.path)) as git:
                change = between(git, self.oids[old], self.oids[new], table.match, table.includes)
                self.between[old, new] = taken_in(change)
        return self.between[old, new]


@pytest.fixture(scope="module")
def replays(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Replay]:
    return {name: Replay(tmp_path_factory.mktemp("histories") / name, name) for name in NAMES}


def told(found: Intake, expected: list[Row]) -> list[Row]:
    """The intake in the words of the expectations; `direct` only where the oracle knows it."""
    rows = []
    for item in found.introduced:
        one = item.dependency
        row: Row = {"change": item.change, "purl": one.purl, "path": one.path, "line": one.line, "scope": one.scope}
        if any("direct" in wanted for wanted in expected):
            row["direct"] = one.direct
        rows.append(row)
    return rows


@pytest.mark.parametrize(("name", "label"), PAIRS)
def test_a_step_introduces_what_the_tools_say(replays: dict[str, Replay], name: str, label: str) -> None:
    expected = EXPECTED[name][label]
    found = replays[name].intake(*label.split(".."))
    assert (found.problems, found.gaps) == ((), ())
    assert told(found, expected) == expected


@pytest.mark.parametrize("name", NAMES)
def test_the_index_before_a_commit_tells_what_the_range_tells_after_it(replays: dict[str, Replay], name: str) -> None:
    replay = replays[name]
    steps = list(replay.oids)
    for old, new in pairwise(steps):
        assert replay.staged[new] == replay.intake(old, new), new


@pytest.mark.parametrize(
    ("name", "old", "new", "moved"),
    [
        ("npm", "update", "moved", [("package-lock.json", "services/web/package-lock.json")]),
        (
            "npm",
            "moved",
            "shrinkwrap",
            [("services/web/package-lock.json", "services/web/npm-shrinkwrap.json")],
        ),
        (
            "pip",
            "pip-tools",
            "moved",
            [
                ("requirements-dev.in", "requirements/dev.in"),
                ("requirements-dev.txt", "requirements/dev.txt"),
                ("requirements.in", "requirements/app.in"),
                ("requirements.txt", "requirements/app.txt"),
            ],
        ),
    ],
)
def test_a_manifest_that_moves_introduces_nothing(
    replays: dict[str, Replay], name: str, old: str, new: str, moved: list[tuple[str, str]]
) -> None:
    found = replays[name].intake(old, new)
    assert (list(found.moved), found.introduced, found.removed, found.deleted) == (moved, (), (), ())


@pytest.mark.parametrize("name", NAMES)
def test_a_deleted_manifest_introduces_nothing_and_is_named(replays: dict[str, Replay], name: str) -> None:
    steps = list(replays[name].oids)
    found = replays[name].intake(steps[-2], steps[-1])
    gone = {path for path in states(name)[-2]["files"] if table.match(path)}
    assert (found.introduced, set(found.deleted)) == ((), gone)
    assert found.removed


def test_the_histories_are_large_and_show_every_kind_of_change() -> None:
    assert len(EXPECTED["npm"]["..first"]) >= 300
    assert len(EXPECTED["pip"]["..first"]) >= 60
    kinds = {row["change"] for name, label in PAIRS for row in EXPECTED[name][label]}
    assert kinds == set(CHANGES)


def test_bare_flags_of_an_optional_package_hold_nothing() -> None:
    """npm 11 writes them into versions 1 and 2 (step lock-version-1) for what does not fit its platform."""

    def read(inner: dict[str, Any]) -> list[str]:
        outer = {"version": "1.0.0", "dependencies": {"b": inner}}
        lock = json.dumps({"lockfileVersion": 1, "dependencies": {"a": outer}}).encode()
        return [one.purl for one in table.read("package-lock.json", lock, lambda path: None)]

    assert read({"dev": True, "optional": True}) == ["pkg:npm/a@1.0.0"]
    for odd in ({"dev": True}, {"optional": False}, {"optional": True, "resolved": "x"}):
        with pytest.raises(Unreadable):
            read(odd)


@pytest.mark.parametrize("name", NAMES)
def test_the_data_names_example_hosts_only(name: str) -> None:
    for state in states(name):
        for path, text in state["files"].items():
            sources = re.findall(r'"(?:resolved|version)": "\w[\w+]*://([^/"]+)|-index-url \w+://([^/\s]+)', text)
            odd = {host for pair in sources for host in pair if host and not host.endswith(".example.com")}
            assert odd == set(), (state["step"], path)
