"""Threads on lines: what GitLab is told of a line, held against the files that the diff was made from."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.forges.gitlab.lines import position
from osgate.forges.protocol import NotInDiff

SIDE = st.lists(st.sampled_from(["a", "b", "c", "+d", "-e", " f", "@@ -1 +1 @@"]), max_size=30)


def version(diff: str, **more: object) -> dict[str, object]:
    file = {"old_path": "old.txt", "new_path": "new.txt", "diff": diff, **more}
    return {"base_commit_sha": "b" * 40, "start_commit_sha": "5" * 40, "head_commit_sha": "h" * 40, "diffs": [file]}


@settings(max_examples=150, deadline=None)
@given(SIDE, SIDE, st.integers(0, 3))
def test_every_line_of_the_new_side_is_placed_as_git_would_or_refused(old: list[str], new: list[str], around: int):
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    shown: dict[int, int | None] = {}
    for group in matcher.get_grouped_opcodes(around):
        for tag, old_from, _, new_from, new_to in group:
            for n in range(new_from, new_to):
                shown[n + 1] = old_from + (n - new_from) + 1 if tag == "equal" else None
    diff = "\n".join(list(difflib.unified_diff(old, new, n=around, lineterm=""))[2:])
    for line in range(1, len(new) + 2):
        if line not in shown:
            with pytest.raises(NotInDiff):
                position(version(diff), "new.txt", line)
            continue
        told = position(version(diff), "new.txt", line)
        assert (told["new_line"], told.get("old_line")) == (line, shown[line])


def test_a_position_names_both_paths_and_the_three_commits_of_the_diff():
    assert position(version("@@ -0,0 +1 @@\n+left-pad\n"), "new.txt", 1) == {
        "position_type": "text",
        "base_sha": "b" * 40,
        "start_sha": "5" * 40,
        "head_sha": "h" * 40,
        "old_path": "old.txt",
        "new_path": "new.txt",
        "new_line": 1,
    }


@pytest.mark.parametrize(
    "seen",
    [
        version("", too_large=True, collapsed=True),
        version("@@ -1 +0,0 @@\n-left-pad\n", deleted_file=True),
        version("@@ -1 +1 @@\n+left-pad\n\\ No newline at end of file", new_path="another.txt"),
    ],
)
def test_a_file_that_the_change_does_not_show_has_no_line(seen: dict[str, object]):
    with pytest.raises(NotInDiff) as caught:
        position(seen, "new.txt", 1)
    assert caught.value.params == {"path": "new.txt", "line": 1}
