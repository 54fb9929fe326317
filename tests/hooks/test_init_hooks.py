"""What `osgate init` installs in `.git/hooks`, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from osgate import surfaces
from osgate.cli import console, init
from osgate.io.git import Git
from osgate.text.translator import Translator

OURS = {
    "pre-commit": surfaces.native_hook(),
    "pre-merge-commit": surfaces.native_hook(),
    "pre-push": surfaces.push_hook(),
}


def installed(repository, capsys) -> str:
    """Install, and return what is said."""
    with Git(str(repository.path)) as git:
        init._tell_native(*init._native(git))
    return capsys.readouterr().out


@pytest.fixture(autouse=True)
def english(repository, monkeypatch):
    monkeypatch.chdir(repository.path)
    monkeypatch.setattr(console, "_language", "en")


def test_all_three_hooks_are_installed_and_may_be_run(repository, capsys):
    said = installed(repository, capsys)
    for name, text in OURS.items():
        path = repository.path / ".git/hooks" / name
        assert path.read_text(encoding="utf-8") == text
        assert os.access(path, os.X_OK)
    assert said == Translator("en")("init.hook-native", hooks="pre-commit, pre-merge-commit, pre-push") + "\n"
    assert repository.git("config", "osgate.command").strip() == str(Path(sys.executable).with_name("osgate"))


def test_an_older_hook_of_ours_is_replaced_and_somebody_elses_never(repository, capsys):
    hooks = repository.path / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "pre-commit").write_text(f"#!/bin/sh\n{surfaces.GENERATED}\nolder\n", encoding="utf-8")
    theirs = "#!/bin/sh\n# not from osgate\nexec more-checks\n"
    for name in ("pre-merge-commit", "pre-push"):
        (hooks / name).write_text(theirs, encoding="utf-8")
    said = installed(repository, capsys)
    assert (hooks / "pre-commit").read_text(encoding="utf-8") == OURS["pre-commit"]
    assert {(hooks / name).read_text(encoding="utf-8") for name in ("pre-merge-commit", "pre-push")} == {theirs}
    assert said.startswith(Translator("en")("init.hook-native", hooks="pre-commit"))
    assert f"{hooks}/pre-merge-commit is a hook of yours" in said
    assert "check --staged || exit $?" in said
    assert 'check --pushed --remote="$1" || exit $?' in said


def test_a_hook_that_only_mentions_ours_is_somebody_elses(repository, capsys):
    hook = repository.path / ".git/hooks/pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n# before\n{surfaces.GENERATED}\n", encoding="utf-8")
    installed(repository, capsys)
    assert hook.read_text(encoding="utf-8").startswith("#!/bin/sh\n# before\n")


def test_hooks_go_where_git_looks_for_them(repository, capsys, tmp_path):
    repository.git("config", "core.hooksPath", str(tmp_path / "else where"))
    installed(repository, capsys)
    assert sorted(path.name for path in (tmp_path / "else where").iterdir()) == sorted(OURS)
    repository.git("config", "osgate.command", "/bin/false")
    repository.write("package-lock.json")
    assert repository.commit().returncode != 0
    repository.git("commit", "--quiet", "--no-verify", "-m", "change")
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(bare)], check=True)
    assert repository.run("git", "push", "--quiet", str(bare), "main").returncode != 0
