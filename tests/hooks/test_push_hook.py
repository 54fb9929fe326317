"""`hooks/pre-push`, run by the real git: what starts the check, what does not, and what it is handed."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from itertools import islice
from pathlib import Path

import pytest

from osgate import surfaces

# Each call leaves the number of its arguments, the arguments, and what it was handed, all of them ended by NUL.
RECORDER = """#!/bin/sh
{{ printf '%s\\0' "$#" "$@"; cat; printf '\\0'; }} >> {log}
exit "${{RECORDER_EXIT:-0}}"
"""
LOCK = "package-lock.json"


class Pushing:
    """A repository with our hook, a bare one to push to, and a recorder in osgate's place."""

    def __init__(self, repository, folder: Path) -> None:
        self.repository, self.path = repository, repository.path
        self.bare, self.log, self.started = folder / "bare.git", folder / "log", folder / "started"
        repository.git("init", "--quiet", "--bare", str(self.bare))
        repository.git("remote", "add", "origin", str(self.bare))
        program = folder / "recorder"
        program.write_text(RECORDER.format(log=shlex.quote(str(self.log))), encoding="utf-8")
        program.chmod(0o755)
        repository.git("config", "osgate.command", str(program))
        self.hook = repository.path / ".git/hooks/pre-push"
        self.hook.parent.mkdir(exist_ok=True)
        self.hook.write_text(surfaces.push_hook(), encoding="utf-8")
        self.hook.chmod(0o755)

    def commit(self, **files: str) -> str:
        for name, text in files.items():
            self.repository.write(name, text)
        self.repository.git("commit", "--quiet", "--no-verify", "--allow-empty", "-m", "change")
        return self.repository.git("rev-parse", "HEAD").strip()

    def push(self, *args: str, **environment: str):
        return self.repository.run("git", "push", "--quiet", "origin", *args, **environment)

    def publish(self, *args: str) -> None:
        """Push without the hook."""
        self.repository.git("push", "--quiet", "--no-verify", "origin", *args)

    @property
    def calls(self) -> list[list]:
        words = iter(self.log.read_text(encoding="utf-8").split("\0") if self.log.exists() else ())
        found: list[list] = []
        while number := next(words, ""):
            found.append([list(islice(words, int(number))), next(words)])
        return found

    def refs(self) -> set[str]:
        return set(self.repository.git("-C", str(self.bare), "for-each-ref", "--format=%(refname)").split())

    def run(self, lines: str, *args: str, **environment: str):
        """Run the hook by hand."""
        script = f"printf '%s' \"$LINES\" | /bin/sh .git/hooks/pre-push {' '.join(args)}"
        return self.repository.run("sh", "-c", script, LINES=lines, **environment)


@pytest.fixture
def pushing(repository, tmp_path):
    return Pushing(repository, tmp_path)


def test_a_first_push_is_checked_with_all_its_lines(pushing):
    head = pushing.commit(**{LOCK: "{}"})
    none = "0" * len(head)
    assert pushing.push("main", "main:second").returncode == 0
    lines = {f"refs/heads/main {head} refs/heads/{name} {none}" for name in ("main", "second")}
    ((arguments, told),) = pushing.calls
    assert arguments == ["check", "--pushed", "--remote=origin"]
    assert set(told.splitlines()) == lines


@pytest.mark.parametrize("code", [1, 2, 3, 4])
def test_its_exit_code_is_that_of_the_check_and_stops_the_push(pushing, code):
    head = pushing.commit(**{LOCK: "{}"})
    line = f"refs/heads/main {head} refs/heads/main {'0' * len(head)}\n"
    assert pushing.run(line, "origin", "x", RECORDER_EXIT=str(code)).returncode == code
    assert pushing.push("main", RECORDER_EXIT=str(code)).returncode != 0
    assert pushing.refs() == set()


def test_a_push_without_a_manifest_starts_one_git_a_ref_and_nothing_else(pushing, tmp_path):
    old = pushing.commit(**{LOCK: "{}"})
    pushing.publish("main")
    new = pushing.commit(**{"src/main.py": "print()\n"})
    wrapper = tmp_path / "wrapped/git"
    wrapper.parent.mkdir()
    wrapper.write_text(
        f'#!/bin/sh\necho "$1" >> {pushing.started}\nexec {shutil.which("git")} "$@"\n', encoding="utf-8"
    )
    wrapper.chmod(0o755)
    path = f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}"
    lines = f"refs/heads/main {new} refs/heads/main {old}\n(delete) {'0' * len(old)} refs/heads/gone {old}\n"
    done = pushing.run(lines, "origin", "x", PATH=path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert pushing.started.read_text(encoding="utf-8") == "diff\n"
    assert pushing.push("main").returncode == 0
    assert pushing.calls == []


def test_a_new_branch_without_a_manifest_starts_nothing(pushing):
    pushing.commit(**{LOCK: "{}"})
    pushing.publish("main")
    pushing.repository.git("checkout", "--quiet", "-b", "topic")
    pushing.commit(notes="n")
    assert pushing.push("topic").returncode == 0
    assert pushing.calls == []


@pytest.mark.parametrize(
    "name", ["a/b/requirements-dev.txt", "a/uv.toml", "web/package.json", ".osgate/config.toml", "d/ü/uv.lock"]
)
def test_a_file_of_interest_anywhere_in_the_push_starts_the_check(pushing, name):
    pushing.commit(**{LOCK: "{}"})
    pushing.publish("main", "main:other")
    pushing.commit(**{name: "x\n"})
    pushing.commit(notes="n")
    pushing.repository.git("branch", "other", "HEAD~2")
    assert pushing.push("other", "main").returncode == 0
    ((_, told),) = pushing.calls
    assert "refs/heads/main" in told


def test_what_a_forced_push_takes_away_is_seen(pushing):
    pushing.commit(notes="n")
    pushing.commit(**{LOCK: "{}"})
    pushing.publish("main")
    pushing.repository.git("reset", "--quiet", "--hard", "HEAD~1")
    assert pushing.push("--force", "main").returncode == 0
    assert len(pushing.calls) == 1


def test_what_the_hook_cannot_tell_is_left_to_the_check(pushing):
    head = pushing.commit(notes="n")
    unknown = "e" * len(head)
    for line in (f"x {head} refs/heads/main {unknown}", f"x {unknown} refs/heads/main {head}", "x", "x  y z"):
        before = len(pushing.calls)
        assert pushing.run(f"{line}\n", "origin", "x").returncode == 0
        assert [told for _, told in pushing.calls[before:]] == [f"{line}\n"], line


def test_a_deletion_nothing_and_a_tag_without_manifests_start_nothing(pushing):
    pushing.commit(notes="n")
    pushing.publish("main", "main:gone")
    pushing.repository.git("tag", "-a", "v1", "-m", "one")
    assert pushing.push(":gone", "v1").returncode == 0
    assert pushing.run("", "origin", "x").returncode == 0
    assert pushing.calls == []
    assert pushing.refs() == {"refs/heads/main", "refs/tags/v1"}


def test_odd_expressions_and_addresses_are_handed_on_as_they_are(pushing):
    head = pushing.commit(**{LOCK: "{}"})
    done = pushing.repository.run("git", "push", "--quiet", str(pushing.bare), "HEAD^{/cha nge|change}:refs/heads/新")
    assert done.returncode == 0, done.stderr
    (call,) = pushing.calls
    line = f"HEAD^{{/cha nge|change}} {head} refs/heads/新 {'0' * len(head)}\n"
    assert call == [["check", "--pushed", f"--remote={pushing.bare}"], line]


def test_literal_pathspecs_of_the_push_do_not_reach_the_patterns(pushing):
    pushing.commit(notes="n")
    pushing.publish("main")
    pushing.commit(**{LOCK: "{}"})
    assert pushing.repository.run("git", "--literal-pathspecs", "push", "--quiet", "origin", "main").returncode == 0
    assert len(pushing.calls) == 1


def test_without_osgate_the_push_stops_and_says_how_to_install_it(pushing, tmp_path):
    pushing.repository.git("config", "--unset", "osgate.command")
    head = pushing.commit(**{LOCK: "{}"})
    few = tmp_path / "few"
    few.mkdir()
    for name in ("git", "cat", "sh", "printf"):
        (few / name).symlink_to(shutil.which(name))
    line = f"refs/heads/main {head} refs/heads/main {'0' * len(head)}\n"
    done = pushing.run(line, "origin", "x", PATH=str(few))
    assert done.returncode == 1
    assert "this push changes dependencies" in done.stderr
    assert "本次推送修改了依赖" in done.stderr
    assert "git config osgate.command" in done.stderr


def test_it_can_be_called_from_a_hook_that_reads_the_lines_too(pushing, tmp_path):
    """The lines that `osgate init` tells people to add to a hook of their own."""
    from osgate.text.translator import Translator

    program = pushing.repository.git("config", "osgate.command").strip()
    key, words = "init.hook-kept-push", Translator("en")
    added = [line for line in words(key, path="x", command=program).splitlines() if line.startswith("  ")]
    kept = tmp_path / "kept"
    pushing.hook.write_text("\n".join(["#!/bin/sh", *added, f"printf '%s\\n' \"$pushed\" | cat > {kept}", ""]))
    pushing.commit(**{LOCK: "{}"})
    assert pushing.push("main", RECORDER_EXIT="1").returncode != 0
    assert not kept.exists()
    assert pushing.push("main").returncode == 0
    assert kept.read_text(encoding="utf-8") == pushing.calls[1][1]


def test_the_installed_program_is_asked_for_the_verdict(pushing):
    """Without `.osgate/` on the other side the push is observed, and told what would be blocked."""
    pushing.repository.git("config", "osgate.command", str(Path(sys.executable).with_name("osgate")))
    lock = '{"lockfileVersion": 3, "packages": {"": {}, "node_modules/left-pad": {"version": "1.3.0"}}}'
    pushing.commit(**{LOCK: lock})
    done = pushing.push("main")
    assert done.returncode == 0, done.stderr
    assert "OSG101" in done.stdout + done.stderr
    assert pushing.refs() == {"refs/heads/main"}
