"""`hooks/pre-commit`, the hook for repositories without a framework, run by the real git."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from osgate import surfaces

CHECKED = ["check", "--staged"]


@pytest.fixture
def hooked(repository, recorder):
    """The repository with our hook and the recorder in osgate's place."""
    install(repository)
    repository.git("config", "osgate.command", str(recorder.program))
    return repository


def install(repository, name: str = "pre-commit") -> Path:
    hook = repository.path / ".git/hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(surfaces.native_hook(), encoding="utf-8")
    hook.chmod(0o755)
    return hook


def tools(folder: Path, *names: str) -> str:
    """A search path that has these programs and no other."""
    folder.mkdir()
    for name in names:
        (folder / name).symlink_to(shutil.which(name) or pytest.fail(f"{name} is missing on this machine"))
    return str(folder)


def test_a_commit_without_a_manifest_starts_one_git_and_nothing_else(hooked, recorder, tmp_path):
    hooked.write("src/main.py", "print()\n")
    log = tmp_path / "started"
    wrapper = tmp_path / "wrapped/git"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\necho git >> {log}\nexec {shutil.which("git")} "$@"\n', encoding="utf-8")
    wrapper.chmod(0o755)
    done = hooked.run("/bin/sh", ".git/hooks/pre-commit", PATH=str(wrapper.parent))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert log.read_text(encoding="utf-8") == "git\n"
    assert recorder.calls == []


@pytest.mark.parametrize("name", ["package-lock.json", "a/b/requirements-dev.txt", "a/pip.conf", ".osgate/config.toml"])
def test_the_first_commit_of_a_repository_is_checked(hooked, recorder, name):
    hooked.write(name)
    assert hooked.commit().returncode == 0
    assert recorder.calls == [{"args": CHECKED, "staged": [name]}]


@pytest.mark.parametrize("code", [1, 2, 3, 4])
def test_its_exit_code_is_that_of_the_check_and_stops_the_commit(hooked, code):
    hooked.write("package-lock.json")
    assert hooked.run("/bin/sh", ".git/hooks/pre-commit", RECORDER_EXIT=str(code)).returncode == code
    assert hooked.commit(RECORDER_EXIT=str(code)).returncode != 0
    assert hooked.run("git", "rev-parse", "--verify", "--quiet", "HEAD").returncode != 0


def test_deletion_and_renaming_of_a_lockfile_are_seen(hooked, recorder):
    hooked.write("package-lock.json")
    hooked.write("app/requirements.txt", "left-pad==1.0\n")
    hooked.git("commit", "--quiet", "--no-verify", "-m", "before")
    hooked.git("rm", "--quiet", "package-lock.json")
    assert hooked.commit().returncode == 0
    hooked.git("mv", "app/requirements.txt", "app/notes.txt")
    assert hooked.commit().returncode == 0
    assert len(recorder.calls) == 2


def test_a_symbolic_link_and_a_submodule_in_a_lockfile_s_place_are_seen(hooked, recorder):
    (hooked.path / "package-lock.json").symlink_to("elsewhere.json")
    hooked.git("add", "package-lock.json")
    assert hooked.commit().returncode == 0
    head = hooked.git("rev-parse", "HEAD").strip()
    text = '[submodule "x"]\n\tpath = sub/package-lock.json\n\turl = ./x\n\tignore = all\n'
    hooked.write(".gitmodules", text)
    hooked.git("update-index", "--add", "--cacheinfo", f"160000,{head},sub/package-lock.json")
    assert hooked.commit().returncode == 0
    assert len(recorder.calls) == 2


def test_attributes_that_hide_a_file_from_diff_do_not_hide_it_here(hooked, recorder):
    hooked.git("config", "diff.hidden.textconv", "true")
    hooked.git("config", "diff.hidden.command", "true")
    hooked.write(".gitattributes", "package-lock.json diff=hidden -text\n")
    hooked.git("commit", "--quiet", "--no-verify", "-m", "before")
    hooked.write("package-lock.json")
    assert hooked.commit().returncode == 0
    assert len(recorder.calls) == 1


def test_literal_pathspecs_of_the_commit_do_not_reach_the_patterns(hooked, recorder):
    hooked.write("package-lock.json")
    assert hooked.run("git", "--literal-pathspecs", "commit", "--quiet", "-m", "change").returncode == 0
    assert len(recorder.calls) == 1


def test_a_partial_commit_is_judged_by_what_it_commits(hooked, recorder):
    """`git commit PATH` hands its hooks another index through the environment."""
    hooked.write("package-lock.json")
    hooked.write("notes", "text\n")
    assert hooked.commit("notes").returncode == 0
    assert recorder.calls == []
    hooked.write("other", "text\n")
    assert hooked.commit("package-lock.json").returncode == 0
    assert [call["staged"] for call in recorder.calls] == [["package-lock.json"]]


def test_it_works_from_a_subfolder_and_in_a_linked_worktree(hooked, recorder, tmp_path):
    hooked.write("deep/er/notes", "text\n")
    hooked.write("package-lock.json")
    assert hooked.run("git", "-C", "deep/er", "commit", "--quiet", "-m", "change").returncode == 0
    hooked.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    (tmp_path / "linked/requirements.txt").write_text("left-pad==1.0\n", encoding="utf-8")
    hooked.git("-C", str(tmp_path / "linked"), "add", ".")
    assert hooked.run("git", "-C", str(tmp_path / "linked"), "commit", "--quiet", "-m", "x").returncode == 0
    assert [call["staged"] for call in recorder.calls] == [
        ["deep/er/notes", "package-lock.json"],
        ["requirements.txt"],
    ]


def test_where_git_itself_fails_the_check_is_asked_all_the_same(recorder, tmp_path):
    hook = tmp_path / "hook"
    hook.write_text(surfaces.native_hook(), encoding="utf-8")
    outside = tmp_path / "outside"
    outside.mkdir()
    environment = {**os.environ, "PATH": f"{recorder.program.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["/bin/sh", str(hook)], cwd=outside, env=environment, capture_output=True, check=False)
    assert done.returncode == 0
    assert [call["args"] for call in recorder.calls] == [CHECKED]


def test_osgate_is_found_on_the_path_when_nothing_is_configured(repository, recorder):
    install(repository)
    repository.write("package-lock.json")
    path = f"{recorder.program.parent}{os.pathsep}{os.environ['PATH']}"
    assert repository.commit(PATH=path).returncode == 0
    assert len(recorder.calls) == 1


def test_a_home_folder_in_the_configured_path_is_understood(hooked, recorder):
    home = recorder.program.parent
    hooked.git("config", "osgate.command", "~/osgate")
    hooked.write("package-lock.json")
    identity = {"GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.com"}
    committer = {"GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@example.com"}
    assert hooked.commit(HOME=str(home), **identity, **committer).returncode == 0
    assert len(recorder.calls) == 1


@pytest.mark.parametrize("configured", [None, "/nowhere/osgate"])
def test_without_osgate_the_commit_stops_and_says_how_to_install_it(repository, tmp_path, configured):
    install(repository)
    if configured:
        repository.git("config", "osgate.command", configured)
    repository.write("package-lock.json")
    path = tools(tmp_path / "few", "git", "cat", "sh")
    done = repository.run("/bin/sh", ".git/hooks/pre-commit", PATH=path)
    assert done.returncode == 1
    assert "as your institution's guide says" in done.stderr
    assert "install path/to/checkout" in done.stderr
    assert "git config osgate.command" in done.stderr
    assert "install osgate" not in done.stderr, "nobody keeps that name for us in a public index"
    assert "安装" in done.stderr
    assert repository.commit(PATH=path).returncode != 0
    repository.git("rm", "--quiet", "--cached", "package-lock.json")
    repository.write("notes", "text\n")
    assert repository.commit(PATH=path).returncode == 0, "a commit without a manifest needs no osgate"


def test_it_can_be_called_from_a_hook_that_was_there_before(hooked, recorder, tmp_path):
    ours = tmp_path / "ours"
    install(hooked).rename(ours)
    theirs = hooked.path / ".git/hooks/pre-commit"
    theirs.write_text(f'#!/bin/sh\n"{ours}" || exit $?\necho more checks >&2\n', encoding="utf-8")
    theirs.chmod(0o755)
    hooked.write("package-lock.json")
    stopped = hooked.commit(RECORDER_EXIT="1")
    assert stopped.returncode != 0
    assert "more checks" not in stopped.stderr
    passed = hooked.commit()
    assert passed.returncode == 0
    assert "more checks" in passed.stderr
    assert len(recorder.calls) == 2


def test_a_merge_is_checked_by_the_same_file(hooked, recorder):
    install(hooked, "pre-merge-commit")
    hooked.write("readme", "text\n")
    assert hooked.commit().returncode == 0
    hooked.git("checkout", "--quiet", "-b", "side")
    hooked.write("package-lock.json")
    hooked.git("commit", "--quiet", "--no-verify", "-m", "lock")
    hooked.git("checkout", "--quiet", "main")
    hooked.write("other", "text\n")
    assert hooked.commit().returncode == 0
    assert hooked.run("git", "merge", "--quiet", "--no-edit", "side", RECORDER_EXIT="1").returncode != 0
    assert [call["staged"] for call in recorder.calls] == [["package-lock.json"]]
