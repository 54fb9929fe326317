"""Which files a team is asked about, and whose reviewers stay."""

from __future__ import annotations

import fnmatch
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.fleet import github_review
from osgate.fleet.github_review import patterns, rows
from osgate.formats.table import MANIFESTS, ROWS

NAMES = sorted({name for row in ROWS for name in row.names} | MANIFESTS)
OTHERS = ("requirements/prod.txt", "dev-requirements.in", "tool.py.lock", "Dockerfile.alpine", "lib-1.0.pom")
ANYWHERE = [f"{folder}{name}" for folder in ("", "a/", "a/b/") for name in (*NAMES, *OTHERS)]
PATHS = [*ANYWHERE, ".osgate/osgate.lock", ".osgate/a/b.toml", ".github/workflows/ci.yml"]
FREE = ("src/app.py", "README.md", "docs/workflows/ci.yml", "package.json.md")


def meant_by_segments(pattern: str, path: str) -> bool:
    """The reading of fnmatch in which `*` stops at a slash."""

    def fits(parts: list[str], names: list[str]) -> bool:
        if not parts or not names:
            return not parts and not names
        if parts[0] == "**" and len(parts) > 1:
            return any(fits(parts[1:], names[at:]) for at in range(len(names)))
        return fnmatch.fnmatchcase(names[0], parts[0]) and fits(parts[1:], names[1:])

    return fits(pattern.split("/"), path.split("/"))


@pytest.mark.parametrize("means", [meant_by_segments, lambda pattern, path: fnmatch.fnmatchcase(path, pattern)])
def test_no_file_is_missed_whichever_fnmatch_reads_the_patterns(means: Any) -> None:
    assert [path for path in PATHS if not any(means(one, path) for one in patterns())] == []
    assert [path for path in FREE if any(means(one, path) for one in patterns())] == []


def test_no_file_is_missed_where_they_are_read_as_gits_own(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("\n".join(patterns()) + "\n")
    asked = "\n".join([*PATHS, *FREE]).encode()
    words = ["git", "-C", str(tmp_path), "check-ignore", "--no-index", "--stdin"]
    done = subprocess.run(words, input=asked, capture_output=True, check=False)
    assert done.stdout.decode().splitlines() == PATHS


def row(team: int, *files: str, approvals: int = 1) -> dict[str, Any]:
    return {"file_patterns": list(files), "minimum_approvals": approvals, "reviewer": {"id": team, "type": "Team"}}


def test_what_is_stricter_stays_and_what_takes_files_out_again_does_not() -> None:
    there = [row(7, "src/**", "!package-lock.json", "package.json", approvals=2), row(8, "docs/**", approvals=0)]
    ours, other = rows(7, there)
    assert ours == row(7, "src/**", *patterns(), approvals=2)
    assert other == there[1], "another team's is left alone"
    (fresh,) = rows(7)
    assert fresh["minimum_approvals"] == 1


TEAMS = st.builds(
    lambda team, files, approvals: row(team, *files, approvals=approvals),
    st.integers(7, 9),
    st.lists(st.sampled_from(["src/**", "!*.json", "package.json", *patterns()[:3]]), max_size=4),
    st.integers(0, 3),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(TEAMS, max_size=3, unique_by=lambda one: one["reviewer"]["id"]))
def test_asking_twice_is_asking_once_and_never_for_less(there: list[dict[str, Any]]) -> None:
    made = rows(7, there)
    assert rows(7, made) == made
    wanted = {one["reviewer"]["id"]: one for one in made}
    for one in there:
        after = wanted[one["reviewer"]["id"]]
        assert after["minimum_approvals"] >= one["minimum_approvals"]
        assert {name for name in one["file_patterns"] if name[0] != "!"} <= set(after["file_patterns"])


def test_a_ruleset_without_reviewers_says_all_else() -> None:
    changes = {"type": "pull_request", "parameters": {"a": 1, "required_reviewers": [row(7)]}}
    body = {"name": "osgate", "rules": [{"type": "deletion"}, changes]}
    rules = [{"type": "deletion"}, {"type": "pull_request", "parameters": {"a": 1}}]
    assert github_review.without(body) == {"name": "osgate", "rules": rules}
    assert github_review.without({"rules": rules}) == {"rules": rules}
