"""A bank at a fake GitHub, set up as `docs/github.md` says, whose workflows run the real program.

The organisation runs the policy repository's gate on every pull request; the application's second stage tells what it
found. What a job of the actions does in the shell is done here: fetch with the run's token, `osgate check --ci`, later
`osgate comment --run`. Decisions are signed, sealed and folded as the desk's are, and published to a folder.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from cli.kit import DIGEST, Done, call, git
from osgate import wiring
from osgate.intake_desk import publishing, sealing
from osgate.ledger import manifest
from osgate.ledger.lock import Lock, printed
from osgate.model.finding import SLUGS
from osgate.policy.valid import validate
from osgate.testing import records
from osgate.testing.clock import Clock
from osgate.testing.github import FakeGitHub, rules
from osgate.testing.github.state import Comment, PullRequest, User
from osgate.testing.github.state_work import Run
from osgate.testing.ledger import Ledger
from osgate.testing.policies import policy_files

# Words of a command, the folder it runs in, its environment.
Program = Callable[[list[str], Path, Mapping[str, str]], Done]
# Fills a new repository: where the application's lies on disk, its address, the job's token, the commit.
Fetch = Callable[[Path, str, str, str, str], None]
GATE, CONFIG = ".github/workflows/osgate-gate.yml", ".osgate/config.toml"
LOCKFILE, WEB = "package-lock.json", "web/package-lock.json"
# The check run in which the second stage tells more than a comment holds, and what its workflow may do.
REPORT = "osgate / report"
MAY = {"actions": "read", "contents": "read", "pull_requests": "write", "statuses": "write", "checks": "write"}
FOREVER = "2999-01-01"
# Rules that only warn where the policy is `warn`; an emergency block still binds.
WARNING = ("OSG101", "OSG109", "OSG112")
_SAID = re.compile(r"^::(error|warning) (?:file=[^\n]*?,)?title=(OSG\d+)", re.MULTILINE)


def apart(words: list[str], folder: Path, env: Mapping[str, str]) -> Done:
    """Run a command in a process of its own, with every pause it makes."""
    argv = [sys.executable, "-m", "osgate", *words]
    done = subprocess.run(argv, cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def here(words: list[str], folder: Path, env: Mapping[str, str]) -> Done:
    """Run a command in this process; where it would wait between two calls of the forge, it goes on at once."""
    from osgate.forges.github import connect

    real = connect.Session

    def hasty(*given: Any, **more: Any) -> Any:
        return real(*given, **{**more, "between": 0.0, "sleep": lambda seconds: None})

    patches = mock.patch.object(connect, "Session", hasty), mock.patch.dict(os.environ, env, clear=True)
    with patches[0], patches[1], contextlib.chdir(folder):
        return call(*words)


def fetched(tree: Path, place: str, address: str, token: str, commit: str) -> None:
    """Fetch all branches and a commit with the job's token, as the action does."""
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    enter = f"http.{address}/.extraheader=AUTHORIZATION: basic {basic}"
    wanted = ("+refs/heads/*:refs/remotes/origin/*", f"+{commit}:refs/osgate/head")
    git(tree, "-c", enter, "fetch", "--quiet", "--no-tags", f"{address}/bank/app.git", *wanted)


def borrowed(tree: Path, place: str, address: str, token: str, commit: str) -> None:
    """Look at the objects where they lie: what fetching them comes to, in a tenth of the time."""
    (tree / ".git/objects/info/alternates").write_text(f"{place}/objects\n", encoding="utf-8")
    git(tree, "update-ref", "refs/remotes/origin/main", git(Path(place), "rev-parse", "refs/heads/main"))


class Case:
    """A pull request. jobs, tellings: what the gate and the second stage did, in order; reports: of the last job."""

    def __init__(self, bank: Bank, change: PullRequest) -> None:
        self.bank, self.change = bank, change
        self.jobs: list[Done] = []
        self.tellings: list[Done] = []
        self.reports = Path()
        self.began = len(bank.fake.calls)

    @property
    def code(self) -> int:
        """The exit code of the last check."""
        return self.jobs[-1].code

    @property
    def log(self) -> str:
        """What the last check printed: workflow commands, a line each."""
        return self.jobs[-1].out

    @property
    def said(self) -> list[tuple[str, str]]:
        """(level, rule) of every annotation of the last check, sorted."""
        return sorted(_SAID.findall(self.log))

    @property
    def rules(self) -> str:
        """The rules that speak, with what they do where they only warn."""
        shown = [rule if level == "error" else f"{rule} (warns)" for level, rule in self.said]
        return ", ".join(dict.fromkeys(shown)) or "no rule"

    @property
    def verdict(self) -> dict[str, Any]:
        """The last check's verdict as JSON."""
        found: dict[str, Any] = json.loads((self.reports / "json").read_text("utf-8"))
        return found

    @property
    def ours(self) -> list[Comment]:
        """The comments of osgate's identity."""
        return [one for one in self.change.comments if one.author is self.bank.fake.world.actions.bot]

    @property
    def body(self) -> str:
        """The one comment of ours; empty where there is none, or several."""
        return self.ours[0].body if len(self.ours) == 1 else ""

    @property
    def annotations(self) -> int:
        """How many lines the check run on the head says something about."""
        runs = [one for one in self.bank.app.checks if (one.suite.sha, one.name) == (self.change.head, REPORT)]
        return len(runs[-1].annotations) if runs else 0

    @property
    def mergeable(self) -> bool:
        """Whether no rule of the forge is in the way."""
        return not rules.obstacles(self.bank.fake.world, self.change)

    def writes(self) -> list[str]:
        """What was sent to change comments in this case, as `PATCH …/comments/7`."""
        sent = self.bank.fake.calls[self.began :]
        return [f"{one.method} {one.path}" for one in sent if one.method != "GET" and "/comments" in one.path]


class Bank:
    """The organisation: its policy, its application, the ledger as it stands. lock: of the policy in force."""

    def __init__(self, folder: Path, program: Program, fetch: Fetch, **checked: Any) -> None:
        self.folder, self.program, self.fetch = folder, program, fetch
        self.fake = fake = FakeGitHub(clock=Clock(wiring.now().instant), **checked)
        self.zhang, self.stranger = fake.user("zhang.san"), fake.user("somebody")
        org = fake.org("bank", {self.zhang: "member"})
        policy = fake.repo("bank/policy", {GATE: b"on: pull_request\n"})
        self.gate = fake.workflow(policy, GATE, name="osgate", on=("pull_request",), job="osgate / intake")
        mine = {LOCKFILE: lock(), "web/package.json": b"{}", WEB: lock(), CONFIG: b'project = "bank/app"\n'}
        self.app = fake.repo("bank/app", mine, roles={self.zhang: "write", self.stranger: "read"})
        fake.workflow(self.app, ".github/workflows/osgate-comment.yml", on=("workflow_run",), permissions=MAY)
        where = {"repository_id": policy.id, "path": GATE, "ref": "refs/heads/main"}
        fake.ruleset(org, [{"type": "workflows", "parameters": {"workflows": [where]}}])
        fake.on_workflow(self._work)
        self.ledger = decided(Ledger(clock=Clock(fake.clock.now)))
        self.locks = {name: self._published(name) for name in ("block", "warn", "nowhere")}
        self.cases: dict[int, Case] = {}
        self._lock, self._telling = "", False

    # -- what people do

    def pull(self, files: Mapping[str, bytes | None], lock: str = "block", *, telling: bool = False) -> Case:
        """Open a pull request of zhang.san's and let its workflows run. lock: which policy is in force; telling:
        whether the second stage runs."""
        branch = f"change-{len(self.cases)}"
        self.fake.push(self.app, branch, files, author=self.zhang, parent="main")
        change = self.fake.pull(self.app, branch, author=self.zhang)
        case = self.cases[change.number] = Case(self, change)
        self._lock, self._telling = lock, telling
        self.fake.settle()
        return case

    def push(self, case: Case, files: Mapping[str, bytes | None]) -> None:
        """Push once more to a pull request."""
        case.began = len(self.fake.calls)
        self.fake.push(self.app, case.change.head_ref, files, author=self.zhang)
        self.fake.settle()

    def tell(self, case: Case) -> Done:
        """Let the second stage run, once more if it has, after the gate's last run; from now on it runs by itself."""
        case.began, self._telling = len(self.fake.calls), True
        gate = next(run for run in reversed(self.app.runs) if run.change is case.change)
        self.fake.replay(next(run for run in self.app.runs if run.payload.get("workflow_run", {}).get("id") == gate.id))
        self.fake.settle()
        return case.tellings[-1]

    def comment(self, case: Case, who: User, body: str) -> Comment:
        """Somebody writes on a pull request."""
        return self.fake.comment(case.change, who, body)

    # -- what runs

    def _work(self, run: Run) -> bool | str:
        if run.workflow is self.gate:
            assert run.change is not None
            return self._check(run, self.cases[run.change.number])
        about = next(one for one in self.app.runs if one.id == run.payload["workflow_run"]["id"])
        if not self._telling or about.change is None:
            return "skipped"
        return self._tell(run, about, self.cases[about.change.number])

    def _environment(self, run: Run) -> tuple[dict[str, str], str]:
        """What a job of a run sees but its token, and the token."""
        told = self.fake.run_environment(run)
        event = self.folder / f"event-{run.id}-{run.attempt}.json"
        event.write_text(json.dumps(run.payload), encoding="utf-8")
        base = {name: os.environ[name] for name in ("PATH", "HOME", "LC_ALL", "GIT_CONFIG_NOSYSTEM", "TMPDIR")
                if name in os.environ}  # fmt: skip
        token = told.pop("GITHUB_TOKEN")
        return {
            **base,
            **told,
            "GITHUB_EVENT_PATH": str(event),
            "OSGATE_CACHE": str(self.folder / f"cache-{self._lock}"),
        }, token

    def _check(self, run: Run, case: Case) -> bool:
        """What the action `check` does."""
        env, token = self._environment(run)
        tree, case.reports = self.folder / f"tree-{run.id}", self.folder / f"reports-{run.id}"
        for made in (tree, case.reports):
            made.mkdir()
        git(tree, "init", "--quiet")
        self.fetch(tree, self.app.git.path, self.fake.web_url, token, run.sha)
        git(tree, "update-ref", "--no-deref", "HEAD", run.sha)
        words = ["check", "--ci", "--format", "github", "--branches", "main", *self._given()]
        output = ",".join(f"{name}={case.reports / name}" for name in ("json", "sarif"))
        case.jobs.append(self.program([*words, "--output", output], tree, env))
        return case.code == 0

    def _tell(self, run: Run, about: Run, case: Case) -> bool:
        """What the action `comment` does."""
        env, token = self._environment(run)
        words = ["comment", "--forge", "github", "--project", "bank/app", "--run", str(about.id), "--check", REPORT]
        case.tellings.append(self.program([*words, *self._given()], self.folder, {**env, "OSGATE_TOKEN": token}))
        return case.tellings[-1].code == 0

    def _given(self) -> tuple[str, ...]:
        """What both actions are handed by whoever enforces."""
        url = f"{self.fake.web_url}/bank/policy"
        return "--language", "en", "--policy-url", url, "--lock", str(self.locks[self._lock])

    def _published(self, name: str) -> Path:
        """Publish the ledger under a policy; return the lock that trusts it. `nowhere`: nothing is published."""
        address = self.folder / name
        trust = self.folder / f"{name}.lock"
        trust.write_bytes(printed(Lock((str(address),), self.ledger.keys)))
        if name == "nowhere":
            return trust
        files = policy_files(address=str(address))
        if name == "warn":
            for rule in WARNING:
                lax = re.sub(rf'(\[rule\.{rule}\]\nname = .*\noutcome = )"block"', r'\1"warn"',
                             files["policy/base.toml"].decode())  # fmt: skip
                files["policy/base.toml"] = lax.encode()
        past, state = self.ledger.history(), self.ledger.state()
        now, sign = self.fake.clock.now, self.ledger.desk.snapshot
        until = Clock(now).forward(days=30)

        def told(file: str, content: bytes) -> dict[str, Any]:
            return sealing.signed(manifest.manifest(past.serial, now, until, past.anchor, file, content), sign)

        taken = manifest.takeaway(past.serial, now, Clock(now).forward(days=7), state.standings)
        valid = validate(files, SLUGS)
        publishing.publish(
            str(address), state, valid, past.serial, past.anchor, told, lambda: sealing.signed(taken, sign)
        )
        return trust


# -- the ledger


def decided(ledger: Ledger) -> Ledger:
    """Seal what the bank has decided.

    Approved: left-pad; licensed-kit, whose lock said MIT; test-kit for development; `name` on PyPI. Blocked in an
    emergency: miner and `@scope/name`. Suspended: shaky.
    """
    kits = [
        records.subject(),
        records.subject("pkg:npm/licensed-kit", licences=["MIT"], seen_in=[LOCKFILE]),
        records.subject("pkg:npm/test-kit", scope=["dev"]),
        records.subject("pkg:pypi/name", "vers:pypi/>=1.0|<2"),
        records.subject("pkg:npm/shaky"),
    ]
    asked = records.request(subjects=kits)
    ledger.seal(asked)
    ledger.seal(records.approve(asked, "zhang.san", "tech", FOREVER), records.approve(asked, "li.si", "legal", FOREVER))
    stopped = [records.subject("pkg:npm/miner", ""), records.subject("pkg:npm/%40scope/name", "")]
    ledger.seal(records.block(subjects=stopped, incident="INC-1"))
    ledger.seal(records.suspend(subjects=[records.subject("pkg:npm/shaky", "")], reason="CVE without a fix"))
    return ledger


def lock(*packages: str, dev: Iterable[str] = (), **licences: str) -> bytes:
    """An npm lock with these packages, `name@version`. dev: those only for development; licences: by name, with `_`
    for `-`; a package without one states none."""
    named = [(word, False) for word in packages] + [(word, True) for word in dev]
    inside: dict[str, Any] = {"": {"name": "app", "version": "1.0.0", "dependencies": {}, "devDependencies": {}}}
    for word, only in named:
        name, version = word.rsplit("@", 1)
        inside[""]["devDependencies" if only else "dependencies"][name] = "*"
        address = f"https://packages.example.com/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        entry = {"version": version, "resolved": address, "integrity": DIGEST, **({"dev": True} if only else {})}
        licence = licences.get(name.replace("-", "_"))
        inside[f"node_modules/{name}"] = {**entry, **({"license": licence} if licence else {})}
    return (json.dumps({"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": inside}) + "\n").encode()
