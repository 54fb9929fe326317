"""Which lines a diff shows, held against git's own."""

from __future__ import annotations

import subprocess
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.forges.patches import of_file, shown

TWO = """diff --git a/a.json b/a.json
index 1..2 100644
--- a/a.json
+++ b/a.json
@@ -1,3 +1,4 @@
 one
-two
+2
+2.5
 three
@@ -10 +11 @@ tail
-ten
+10
\\ No newline at end of file
diff --git a/b b.json b/b b.json
--- a/b b.json
+++ b/b b.json\t
@@ -0,0 +1 @@
++++ b/a.json
diff --git a/gone b/gone
--- a/gone
+++ /dev/null
@@ -1 +0,0 @@
-gone
"""


def test_the_lines_of_each_hunk_are_shown_with_their_position() -> None:
    assert shown(of_file(TWO, "a.json")) == {1: 1, 2: 3, 3: 4, 4: 5, 11: 8}
    assert shown(of_file(TWO, "b b.json")) == {1: 1}


def test_a_line_that_looks_like_a_header_is_a_line() -> None:
    assert of_file(TWO, "a.json").count("@@ -") == 2


def test_what_is_gone_or_not_there_shows_nothing() -> None:
    assert [shown(of_file(TWO, path)) for path in ("gone", "/dev/null", "c", "", "b")] == [{}] * 5


@given(st.text("@-+ 0123456789,\ndifgtab/\\", max_size=200))
@settings(max_examples=80)
def test_anything_can_be_read(text: str) -> None:
    assert all(line >= 0 and position > 0 for line, position in shown(of_file(f"diff --git\n{text}", "a")).items())
    assert all(position > 0 for position in shown(text).values())


def test_lines_shown_are_those_git_shows(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("".join(f"line {n}\n" for n in range(1, 60)))
    new.write_text("".join(f"line {n}{'!' if n in (1, 30, 31) else ''}\n" for n in range(1, 60) if n != 50) + "end")
    done = subprocess.run(
        ["git", "diff", "--no-index", "--no-color", "old", "new"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = new.read_text().split("\n")
    body = of_file(done.stdout, "new").split("\n")

    found = shown("\n".join(body))
    assert {1, 27, 30, 34, 47, 59} <= set(found)
    assert not {10, 40} & set(found)
    assert all(body[position][1:] == lines[line - 1] for line, position in found.items())
