"""What `osgate check` looks at and where its reports go: each form with its exit codes and its trusted side."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cli.kit import Done, call, child, git, lockfile
from osgate.cli import check, main, progress

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import App

NEW = lockfile("left-pad@1.3.0")
LOCK = "package-lock.json"
NONE = "0" * 40
ALL = ("--mode", "enforce-all")


def pushed(app: App, lines: str, *words: str) -> Done:
    """`osgate check --pushed` with these lines on its standard input."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
        return app.check("--pushed", *words)


def verdict(done: Done) -> dict[str, object]:
    return json.loads(done.out)


@pytest.fixture
def published(app: App, tmp_path: Path) -> App:
    """The application with a remote that has its main branch, as the default one."""
    app.publish("empty")
    git(tmp_path, "clone", "--quiet", "--bare", str(app.path), "origin.git")
    app.git("remote", "add", "origin", str(tmp_path / "origin.git"))
    app.git("fetch", "--quiet", "origin")
    app.git("remote", "set-head", "origin", "main")
    return app


# Whole trees


def test_a_whole_tree_is_judged_as_if_all_were_new(app: App) -> None:
    app.publish("empty")
    app.write("web/package-lock.json", NEW)
    app.commit()
    app.write("src/main.py", "print()\n")
    head = app.commit()
    assert app.check("--base", "HEAD~1").code == 0
    done = app.check("--all", "--format", "json", *ALL)
    assert done.code == 1
    found = verdict(done)
    assert (found["base"], found["head"], found["files"]) == ("", head, [LOCK, "web/package-lock.json"])
    assert app.check("--all", "--head", "HEAD~2", *ALL).code == 0


@pytest.mark.parametrize("words", [["--all"], [LOCK]])
def test_what_was_there_before_warns_unless_all_is_enforced(app: App, words: list[str]) -> None:
    app.publish("empty")
    app.write(LOCK, NEW)
    app.commit()
    done = app.check(*words)
    assert done.code == 0
    assert "OSG101" in done.out
    assert app.check(*words, *ALL).code == 1
    app.publish("approved")
    assert app.check(*words, *ALL).code == 0


def test_a_whole_tree_is_what_is_committed(app: App) -> None:
    app.publish("empty")
    app.write(LOCK, NEW)
    assert app.check("--all", *ALL).code == 0
    app.commit()
    assert app.check("--all", *ALL).code == 1


def test_a_whole_tree_needs_a_snapshot_as_a_pipeline_does(app: App) -> None:
    app.write(LOCK, NEW)
    app.commit()
    assert app.check("--all").code == 4
    assert app.check("--all", "--offline").code == 4


class Terminal(io.StringIO):
    """A standard stream that a person sees."""

    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("words", "drawn"), [(["--all"], True), (["a", "b"], True), (["--staged"], False)])
def test_who_waits_for_a_whole_tree_sees_how_far_it_is(
    app: App, monkeypatch: pytest.MonkeyPatch, words: list[str], drawn: bool
) -> None:
    for name in ("a", "b", "c"):
        app.write(f"{name}/package-lock.json", lockfile())
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "INTERVAL", 0.0)
    app.commit()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(Terminal()) as screen:
        assert main(["check", *words, "--offline"]) in (0, 4)
    assert ("reading manifests" in screen.getvalue()) == drawn
    assert screen.getvalue().endswith("\r") or not drawn


@pytest.mark.parametrize("words", [["--all"], ["--all", "--head", "nowhere"]])
def test_before_the_first_commit_there_is_no_tree(repository: App, words: list[str]) -> None:
    done = repository.check(*words)
    assert done.code == 2
    assert "names no commit here" in done.err


# The work tree, and what is named


def test_on_disk_counts_what_is_not_staged(app: App) -> None:
    app.publish("empty")
    (app.path / LOCK).write_text(NEW)
    assert app.check("--staged").code == 0
    assert app.check("--worktree").code == 1
    app.git("checkout", "--quiet", LOCK)
    assert app.check("--worktree") == (0, "", "")
    (app.path / "new").mkdir()
    (app.path / "new/package-lock.json").write_text(NEW)
    assert app.check("--worktree").code == 1


def test_on_disk_passes_loudly_where_only_our_data_is_missing(app: App) -> None:
    (app.path / LOCK).write_text(NEW)
    done = app.check("--worktree")
    assert done.code == 0
    assert "undecided" in done.out
    assert "this goes through" in done.err


def test_only_what_is_named_is_judged_and_all_of_it(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    app.publish("empty")
    app.write("web/package-lock.json", NEW)
    app.write("api/requirements.txt", "requests==2.31.0\n")
    app.commit()
    assert app.check(LOCK, *ALL).code == 0
    monkeypatch.chdir(app.path / "web")
    done = call("check", "--format", "json", *ALL, "--", "../api", "package-lock.json")
    assert done.code == 1
    assert verdict(done)["files"] == ["api/requirements.txt", "web/package-lock.json"]
    assert verdict(done)["head"] == "worktree"


def test_a_file_that_nobody_can_read_is_no_pass(app: App) -> None:
    app.publish("approved")
    (app.path / "notes").write_text("hello")
    (app.path / "link").symlink_to(LOCK)
    for name in ("notes", "link"):
        done = app.check(name, *ALL)
        assert done.code == 1
        assert "OSG301" in done.out


def test_a_file_that_is_named_like_a_flag_is_a_file(app: App) -> None:
    app.publish("empty")
    (app.path / "--all").mkdir()
    (app.path / "--all/package-lock.json").write_text(NEW)
    assert app.check(*ALL, "--", "--all").code == 1
    assert app.check(*ALL, "./--all").code == 1


def test_outside_of_the_repository_nothing_is_judged(app: App, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    done = app.check(str(tmp_path / "elsewhere"))
    assert (done.code, done.out) == (2, "")
    assert "lies outside of this repository" in done.err


# A manifest without its lock


@pytest.mark.parametrize("form", ["--staged", "--worktree", "--base", "--pushed"])
def test_a_manifest_that_leaves_its_lock_behind_is_told_by_every_form(published: App, form: str) -> None:
    app, old = published, published.git("rev-parse", "HEAD")
    app.write("package.json", json.dumps({"name": "app", "version": "1.0.0", "dependencies": {"left-pad": "^1.3.0"}}))
    if form in ("--base", "--pushed"):
        head = app.commit()
    if form == "--pushed":
        done = pushed(app, f"x {head} refs/heads/x {old}", "--remote", "origin")
    else:
        done = app.check(form, *([old] if form == "--base" else []))
    assert done.code == 1
    assert "OSG303" in done.out


# What is pushed


def test_every_ref_gets_its_verdict_and_the_strictest_counts(published: App) -> None:
    app, old = published, published.git("rev-parse", "HEAD")
    app.write("notes", "n")
    harmless = app.commit()
    app.write(LOCK, NEW)
    bad = app.commit()
    lines = [
        f"refs/heads/a {harmless} refs/heads/a {NONE}",
        f"refs/heads/b {bad} refs/heads/b {old}",
        f"(delete) {NONE} refs/heads/c {old}",
        f"HEAD~0 {bad} refs/heads/d {NONE}",
    ]
    done = pushed(app, "\n".join([*lines, ""]), "--remote", "origin", "--format", "json")
    assert done.code == 1
    told = [json.loads(line) for line in done.out.splitlines()]
    assert [(each["ref"][-1], each["verdict"]["outcome"]) for each in told] == [
        ("a", "pass"), ("b", "block"), ("d", "block"),
    ]  # fmt: skip
    assert [each["verdict"]["base"] for each in told] == [old] * 3
    said = pushed(app, "\n".join(lines))
    assert (said.code, said.err) == (1, "")
    assert said.out.startswith(f"osgate: refs/heads/b, {bad[:12]} against {old[:12]}\nerror[OSG101")
    assert "refs/heads/a" not in said.out


def test_nothing_that_is_pushed_changes_nothing(published: App) -> None:
    old = published.git("rev-parse", "HEAD")
    for lines in ("", "\n", f"(delete) {NONE} refs/heads/main {old}\n", f"main {old} refs/heads/main {old}\n"):
        assert pushed(published, lines) == (0, "", "")


def test_what_is_pushed_does_not_say_whom_to_trust(published: App) -> None:
    """Somebody who takes `.osgate/` out of a topic branch is judged by the default branch all the same."""
    app, main = published, published.git("rev-parse", "HEAD")
    app.git("rm", "-rq", ".osgate")
    app.commit()
    app.write(LOCK, NEW)
    head = app.commit()
    line = f"refs/heads/topic {head} refs/heads/topic "
    assert pushed(app, line + NONE, "--remote", "origin").code == 1
    stripped = app.git("rev-parse", "HEAD~1")
    done = pushed(app, line + stripped, "--remote", "origin")
    assert done.code == 1
    assert "OSG101" in done.out
    app.git("remote", "set-head", "origin", "--delete")
    app.git("update-ref", "-d", "refs/remotes/origin/HEAD")
    observed = pushed(app, line + stripped, "--remote", "origin")
    assert observed.code == 0
    assert "the receiving repository has no .osgate/osgate.lock" in observed.out
    assert app.git("rev-parse", "origin/main") == main


def test_a_first_push_is_observed(app: App) -> None:
    app.publish("empty")
    app.write(LOCK, NEW)
    head = app.commit()
    done = pushed(app, f"refs/heads/main {head} refs/heads/main {NONE}\n", "--remote", "origin")
    assert done.code == 0
    assert f"osgate: refs/heads/main, everything in {head[:12]} counts as new" in done.out
    assert "OSG101" in done.out


def test_undecided_a_push_goes_through_and_a_receiving_side_does_not_take_it(published: App) -> None:
    app, old = published, published.git("rev-parse", "HEAD")
    app.publish("empty")
    app.write(LOCK, NEW)
    head = app.commit()
    sent = pushed(app, f"refs/heads/x {head} refs/heads/x {old}", "--offline", "--remote", "origin")
    assert sent.code == 0
    assert "this goes through" in sent.err
    received = pushed(app, f"{old} {head} refs/heads/x", "--offline")
    assert received.code == 4
    assert "goes through" not in received.err
    both = pushed(app, f"{old} {head} refs/heads/x\nx {head} refs/heads/x {old}", "--offline")
    assert both.code == 4


@pytest.mark.parametrize("line", ["nonsense", f"x {'e' * 39} refs/heads/x {NONE}", "\x1b[2J"])
def test_what_git_never_writes_is_refused(published: App, line: str) -> None:
    done = pushed(published, line)
    assert (done.code, done.out) == (2, "")
    assert "this is no line that git hands to a hook" in done.err
    assert "\x1b" not in done.err


def test_a_tip_that_is_not_here_is_refused(published: App) -> None:
    done = pushed(published, f"x {'e' * 40} refs/heads/x {NONE}")
    assert done.code == 2
    assert "git does not have object" in done.err


def test_standard_input_has_its_limit(published: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "TOLD_CAP", 100)
    done = pushed(published, "x" * 101)
    assert done.code == 2
    assert "more than 100 bytes" in done.err


def test_a_person_who_types_the_hooks_flag_is_told(published: App, monkeypatch: pytest.MonkeyPatch) -> None:
    for stdin in (Terminal(), None):
        monkeypatch.setattr(sys, "stdin", stdin)
        done = published.check("--pushed")
        assert done.code == 2
        assert "reads what git writes" in done.err


@pytest.mark.parametrize(("stage", "code"), [("empty", 1), ("approved", 0)])
def test_a_receiving_repository_judges_in_quarantine(published: App, tmp_path: Path, stage: str, code: int) -> None:
    app = published
    app.publish(stage)
    hook = tmp_path / "origin.git/hooks/pre-receive"
    paths = ":".join(path for path in sys.path if path)
    hook.write_text(f"#!/bin/sh\nPYTHONPATH='{paths}' exec '{sys.executable}' -m osgate check --pushed\n")
    hook.chmod(0o755)
    app.write(LOCK, NEW)
    app.commit()
    for target in ("main", "topic"):
        done = subprocess.run(
            ["git", "push", "--quiet", "origin", f"HEAD:refs/heads/{target}"], capture_output=True, text=True
        )
        assert done.returncode == code, done.stderr
        assert ("OSG101" in done.stderr) == bool(code)


# Reports


def test_reports_are_written_to_files_beside_what_is_printed(app: App) -> None:
    app.publish("empty")
    app.write(LOCK, NEW)
    done = app.check("--staged", "--output", "json=out/a,b.json,terminal=out/t.txt")
    assert done.code == 1
    written = json.loads((app.path / "out/a,b.json").read_text("utf-8"))
    assert written == json.loads(app.check("--staged", "--format", "json").out)
    assert (app.path / "out/t.txt").read_text("utf-8") == done.out


def test_files_are_written_where_nothing_is_printed(app: App) -> None:
    app.publish("empty")
    assert app.check("--output", "json=out.json") == (0, "", "")
    assert json.loads((app.path / "out.json").read_text("utf-8"))["outcome"] == "pass"


def test_a_report_that_cannot_be_written_is_no_pass(app: App) -> None:
    app.publish("approved")
    app.write(LOCK, NEW)
    done = app.check("--staged", "--output", "json=/proc/nowhere/x")
    assert done.code == 2
    assert "the report could not be written to /proc/nowhere/x" in done.err


def test_sarif_alone_ends_with_0_unless_asked_otherwise(app: App) -> None:
    app.publish("empty")
    app.write(LOCK, NEW)
    alone = app.check("--format", "sarif")
    assert (alone.code, json.loads(alone.out)["version"]) == (0, "2.1.0")
    assert app.check("--format", "sarif", "--exit-code").code == 1
    assert app.check("--output", "sarif=x.sarif").code == 1
    assert app.check("--format", "sarif", "--base", "nowhere").code == 2


# Modes


@pytest.mark.parametrize("words", [["--staged"], ["--worktree"]])
def test_a_mode_may_only_be_raised(app: App, words: list[str]) -> None:
    app.publish("empty")
    app.write(LOCK, NEW)
    for mode in ("observe", "enforce-new", "enforce-all"):
        assert app.check(*words, "--mode", mode).code == 1


def test_as_a_program_it_reads_its_standard_input(published: App) -> None:
    assert child("check", "--pushed", cwd=published.path).returncode == 0
