"""Calling commands rightly and wrongly: help, did-you-mean, places, and every exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

import osgate
from cli.kit import call, child, git, lockfile
from osgate.cli import check
from osgate.surfaces import COMMANDS
from osgate.text.translator import LOCALES, Translator

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import App, Institution

NEW = lockfile("left-pad@1.3.0")
NAMES = [command.name for command in COMMANDS]
DECIDING = ("approve", "assess", "reject", "renew", "revoke", "unblock")


# Help


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("flag", ["--help", "-h"])
@pytest.mark.parametrize("name", NAMES)
def test_every_command_helps_in_both_languages(
    name: str, flag: str, locale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSGATE_LANG", locale)
    done = call(name, flag)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"osgate {name} ")
    key = "help.deciding" if name in DECIDING else f"help.{name}"
    first = Translator(locale)(key, command=name, rules="").splitlines()[0]
    assert done.out.splitlines()[0].startswith(first)


@pytest.mark.parametrize("word", ["--help", "-h", "help", None])
@pytest.mark.parametrize("locale", LOCALES)
def test_the_overview_names_every_command(word: str | None, locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSGATE_LANG", locale)
    done = call(*([word] if word else []))
    assert done.code == 0
    t = Translator(locale)
    named = [line.split()[0] for line in done.out.splitlines() if line.startswith("  ")]
    assert [name for name in named if not name.startswith("OSGATE_")] == NAMES
    assert all(t(f"command.{name}") in done.out for name in NAMES)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("init", ("--force",)),
        ("block", ("--person", "--key", "--policy-repo", "--role", "--print")),
        ("request", ("--person", "--key", "--policy-repo", "--print", "--kind")),
        ("desk", ("--language",)),
        ("policy", ("--language",)),
        ("help", ("OSGATE_LANG", "OSGATE_CACHE")),
    ],
)
def test_help_names_what_can_be_given(
    name: str, named: tuple[str, ...], locale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSGATE_LANG", locale)
    said = call(name, "--help").out if name != "help" else call("help").out
    assert [word for word in named if word not in said] == []


@pytest.mark.parametrize("name", ["desk", "policy"])
def test_desk_and_policy_speak_the_language_asked_for(name: str) -> None:
    assert call(name, "--language", "zh_CN", "--help").out.rstrip("\n") == Translator("zh_CN")(f"help.{name}")


def test_a_demo_is_kept_in_no_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for place, told in ((tmp_path, "is not empty"), (tmp_path / "mine.txt", "cannot be used")):
        done = call("demo", "--keep", str(place))
        assert (done.code, done.out) == (1, "")
        assert told in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("word", ["--version", "-V", "version"])
def test_the_version(word: str) -> None:
    assert call(word).out == f"osgate {osgate.__version__}\n"


def test_help_speaks_the_language_asked_for() -> None:
    assert "暂存区相对 HEAD 的变更" in call("check", "--help", "--language", "zh_CN").out


def test_setting_up_installs_the_hooks_and_leaves_others_alone(app: App, institution: Institution) -> None:
    theirs = app.path / ".git/hooks/pre-push"
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("#!/bin/sh\nexec theirs\n")
    source = str(institution.folder / "policy.git")
    done = call("init", "--from", source, "--project", "payments/app", "--force")
    assert (done.code, done.err) == (0, "")
    assert "Hooks installed: pre-commit, pre-merge-commit." in done.out
    assert f"{theirs} is a hook of yours" in done.out
    assert theirs.read_text() == "#!/bin/sh\nexec theirs\n"


# Wrong calls


@pytest.mark.parametrize(
    ("word", "close"),
    [("chekc", "check"), ("aprove", "approve"), ("polcy", "policy"), ("zzz", "--help"), ("", "--help")],
)
def test_a_misspelt_command_gets_the_nearest_one(word: str, close: str) -> None:
    done = call(word)
    assert (done.code, done.out) == (2, "")
    assert f"did you mean osgate {close}?" in done.err


@pytest.mark.parametrize("name", NAMES)
def test_a_misspelt_flag_is_refused_by_every_command(name: str) -> None:
    done = call(name, "--hepl")
    assert (done.code, done.out) == (2, "")
    assert "there is no flag --hepl; did you mean --help?" in done.err
    assert f"osgate {name} --help" in done.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--stagd"], "there is no flag --stagd; did you mean --staged?"),
        (["--" + "x" * 100_000], "there is no flag --xxx"),
        (["--format"], "--format needs a value"),
        (["--format="], "--format needs a value"),
        (["--base", "", "--head", "HEAD"], "--base needs a value"),
        (["--lock", ""], "--lock needs a value"),
        (["--format", "xml"], "--format takes one of terminal, json, sarif, markdown, summary, github, codequality, "),
        (["--pushed", "--format", "sarif"], "--format takes one of terminal, json, not sarif"),
        (["--pushed", "--output", "json=x"], "--output does not go with --pushed"),
        (["--output", "xml=x"], "--output takes one of terminal, json, sarif"),
        (["--output", "json"], "--output takes FORMAT=FILE, each format once, not json"),
        (["--output", "json=a,json=b"], "each format once, not json=b"),
        (["--mode", "off"], "--mode takes one of observe, enforce-new, enforce-all, not off"),
        (["--staged=yes"], "--staged takes no value"),
        (["--offline", "--offline"], "--offline is given twice"),
        (["--head", "HEAD"], "one of these is missing: --base, --all"),
        (["--remote", "origin"], "--pushed is missing"),
        (["--all", "--worktree"], "--worktree and --all exclude each other"),
        (["--pushed", "--base", "HEAD"], "--pushed and --base exclude each other"),
        (["--staged", "--base", "HEAD"], "--base and --staged exclude each other"),
        (["package-lock.json"], "there is no package-lock.json"),
        (["--", "--staged"], "there is no --staged"),
        (["--all", "package-lock.json"], "package-lock.json is not expected here"),
        ([""], "one of the words is empty"),
        (["--pushed", ""], "one of the words is empty"),
    ],
)
def test_wrong_words_to_check(words: list[str], told: str, repository: App) -> None:
    done = repository.check(*words)
    assert (done.code, done.out) == (2, "")
    assert told in done.err


@pytest.mark.parametrize("locale", LOCALES)
def test_wrong_calls_are_told_in_the_readers_language(locale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSGATE_LANG", locale)
    said = call("check", "--formt", "json").err
    assert Translator(locale)("usage.flag-close", flag="formt", close="format") in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["deps", "nowhere/package-lock.json"], "there is no nowhere/package-lock.json"),
        (["deps", "--format", "xml"], "--format takes one of json, purls, terminal, not xml"),
        (["check", "--lock", "nowhere.lock"], "there is no lock file nowhere.lock"),
        (["check", "--lock", "."], ". is not a lock osgate wrote"),
        (["check", "--base", "nowhere"], "nowhere names no commit here"),
        (["check", "--base", "--head"], "names no commit here"),
        (["check", "--base", "HEAD", "--head", "nowhere"], "nowhere names no commit here"),
        (["explain", "OSG999"], "there is no rule OSG999; did you mean OSG"),
        (["explain", "unaproved"], "did you mean OSG101 unapproved?"),
        (["explain", "pkg:npm"], "has no type"),
        (["explain", "pkg:npm/a@1"], "osgate init --from"),
        (["explain"], "one of these is missing: RULE, PURL"),
        (["explain", "OSG101", "OSG102"], "OSG102 is not expected here"),
        (["sync"], "osgate init --from"),
        (["policy", "lint", "nowhere"], "there is no nowhere"),
        (["policy", "lnt"], "lnt is not expected here"),
        (["policy", "lint", ".", "x"], "policy: x is not expected here"),
        (["ledger", "show"], "one of these is missing: PURL, ID"),
        (["ledger", "show", "a", "b"], "ledger: b is not expected here"),
        (["ledger", "lgo"], "lgo is not expected here"),
        (["approve"], "ID is missing"),
        (["approve", "a", "b"], "approve: b is not expected here"),
        (["reject", "49ab12"], "--role is missing"),
        (["reject", "49ab12", "--role", "legal"], "--reason is missing"),
        (["block"], "PURL is missing"),
        (["block", "pkg:npm/a"], "--reason is missing"),
        (["request"], "--reason is missing"),
        (["request", "--reason", "x"], "one of these is missing: PURL, --staged, --base"),
        (["request", "--reason", "x", "--staged"], "--person is missing (or set git config osgate.person)"),
        (["desk", "--policy-repo", "."], "--key is missing"),
        (["init"], "one of these is missing: --from, --policy-repo"),
        (["init", "x"], "init: x is not expected here"),
        (["init", "--from", ".", "--hook", "x"], "--hook takes one of native, pre-commit, none, not x"),
        (["init", "--policy-repo", "nowhere"], "--desk-key is missing"),
    ],
)
def test_what_is_not_there_is_told(words: list[str], told: str, repository: App) -> None:
    repository.commit()
    done = call(*words)
    assert done.code == (4 if words[0] == "sync" or words[-1] == "pkg:npm/a@1" else 2)
    assert told in done.err
    assert "Traceback" not in done.err


# Places


def test_outside_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = call("check", "--staged")
    assert done.code == 2
    assert "not a git repository" in done.err


def test_before_the_first_commit(repository: App) -> None:
    repository.write("package-lock.json", NEW)
    done = repository.check()
    assert done.code == 0
    assert "left-pad 1.3.0 (npm) is not on the allowlist" in done.out


def test_in_a_bare_repository_a_range_can_be_checked(app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app.publish("empty")
    base = app.git("rev-parse", "HEAD")
    app.write("package-lock.json", NEW)
    head = app.commit()
    git(tmp_path, "clone", "--quiet", "--bare", str(app.path), "bare.git")
    monkeypatch.chdir(tmp_path / "bare.git")
    assert call("check", "--base", base, "--head", head).code == 1
    assert call("check", "--all", "--head", head, "--mode", "enforce-all").code == 1
    for form in ("--worktree", "package-lock.json"):
        done = call("check", form)
        assert (done.code, done.out) == (2, "")
        assert "this operation must be run in a work tree" in done.err


def test_in_a_folder_below_everything_is_the_same(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    app.publish("empty")
    app.write("web/package-lock.json", NEW)
    app.write("api/requirements.txt", "requests==2.31.0\n")
    above = app.check("--staged", "--format", "json")
    monkeypatch.chdir(app.path / "web")
    assert app.check("--staged", "--format", "json") == above
    assert above.code == 1
    assert "api/requirements.txt" in above.out


def test_a_merge_in_progress_is_told(repository: App) -> None:
    repository.write("requirements.txt", "a==1\n")
    repository.commit()
    repository.git("checkout", "--quiet", "-b", "other")
    repository.write("requirements.txt", "a==2\n")
    repository.commit()
    repository.git("checkout", "--quiet", "main")
    repository.write("requirements.txt", "a==3\n")
    repository.commit()
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("merge", "--quiet", "other")
    done = repository.check()
    assert done.code == 2
    assert "requirements.txt has merge conflicts" in done.err


# Exit codes


def test_0_a_commit_that_introduces_nothing_says_nothing(app: App) -> None:
    app.write("src/main.py", "print()\n")
    assert app.check() == (0, "", "")


def test_0_what_is_approved_passes(app: App) -> None:
    app.publish("approved")
    app.write("package-lock.json", NEW)
    assert app.check().code == 0


def test_1_what_nobody_approved_is_blocked_in_both_forms(app: App) -> None:
    app.publish("empty")
    base = app.git("rev-parse", "HEAD")
    app.write("package-lock.json", NEW)
    assert app.check().code == 1
    assert app.check("--base", base, "--head", app.commit()).code == 1


def test_3_a_bug_is_kept_in_a_file(app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise LookupError("秘密的细节 \udc80")

    monkeypatch.setattr(check, "judge", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = app.check()
    (kept,) = tmp_path.glob("osgate-bug-*.txt")
    assert (done.code, done.out) == (3, "")
    assert f"this is a bug in osgate (LookupError). What happened is written down in {kept}" in done.err
    assert "Traceback" not in done.err
    written = kept.read_text("utf-8")
    assert "Traceback (most recent call last)" in written
    assert "秘密的细节 \\udc80" in written


def test_3_a_bug_is_told_where_no_file_can_be_written(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise LookupError("\x1b[2J")

    monkeypatch.setattr(check, "judge", broken)
    monkeypatch.setattr("tempfile.tempdir", "/proc/nowhere")
    done = app.check()
    assert done.code == 3
    assert "LookupError: \\u{1b}[2J" in done.err
    assert "\x1b" not in done.err


def test_4_a_pipeline_without_a_snapshot_is_undecided(app: App) -> None:
    base = app.git("rev-parse", "HEAD")
    app.write("package-lock.json", NEW)
    assert app.check("--base", base, "--head", app.commit()).code == 4


def test_130_interrupted_in_this_process(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "judge", interrupted)
    assert app.check() == (130, "", "")


def test_130_interrupted_by_a_signal(app: App, tmp_path: Path) -> None:
    fifo = tmp_path / "lock"
    os.mkfifo(fifo)
    running = subprocess.Popen(
        [sys.executable, "-m", "osgate", "check", "--lock", str(fifo)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with open(fifo, "wb"):  # open for writing succeeds as soon as the command reads: it is surely at work then
        time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)
    assert (running.returncode, out, err) == (130, b"", b"")


@pytest.mark.parametrize("code", [0, 1])
def test_a_reader_that_goes_away_changes_no_exit_code(app: App, code: int) -> None:
    app.publish("empty" if code else "approved")
    app.write("package-lock.json", NEW)
    done = subprocess.run(
        ["bash", "-c", f'set -o pipefail; "{sys.executable}" -m osgate check --verbose | true'],
        capture_output=True,
        cwd=app.path,
    )
    assert (done.returncode, done.stderr) == (code, b"")


def test_a_full_disk_under_the_report_is_no_pass(app: App) -> None:
    app.publish("approved")
    app.write("package-lock.json", NEW)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "osgate", "check"], stdout=full, stderr=subprocess.PIPE, cwd=app.path
        )
    assert done.returncode not in (0, 1)


def test_the_module_runs_as_a_program(repository: App) -> None:
    done = child("check", "--mode", "x", cwd=repository.path)
    assert (done.returncode, done.stdout) == (2, b"")
