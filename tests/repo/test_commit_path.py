"""What a commit pays for: the exact modules that `osgate check --staged` loads.

`expected_modules.json` holds, for each case, osgate's own modules and, by Python version, everybody else's top-level
names. Where a change is meant, `python3 dev.py test -n 0 --update-expected tests/repo/test_commit_path.py` writes it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from osgate import wiring
from osgate.intake_desk import publishing, sealing
from osgate.ledger import manifest
from osgate.ledger.fold import State
from osgate.ledger.lock import Lock, printed
from osgate.model.decision import Standing
from osgate.model.policy import Key
from osgate.policy import local_config
from osgate.testing.keys import SigningKey
from osgate.testing.policies import valid_policy

SOURCES = Path(__file__).resolve().parents[2] / "src"
EXPECTED = Path(__file__).with_name("expected_modules.json")
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
# Each of these costs between a half and six times the interpreter's own start.
FORBIDDEN = frozenset(
    (
        "argparse",
        "click",
        "cryptography",
        "dataclasses",
        "http.client",
        "importlib.metadata",
        "importlib.resources",
        "inspect",
        "jinja2",
        "logging",
        "packaging",
        "pathlib",
        "ssl",
        "subprocess",
        "tempfile",
        "tomli",
        "tomllib",
        "typing",
        "urllib.request",
        "yaml",
    )
)
REPORT = """
import sys
sys.path[:0] = sys.argv[1:]
before = set(sys.modules)
{code}
sys.stdout.flush()
print("\\n" + " ".join(sorted(set(sys.modules) - before)))
"""
CHECK = REPORT.format(code="from osgate.cli import main\ncode = main(['check', '--staged'])\nassert code == 0, code")
LOCK = {
    "name": "app",
    "version": "1.0.0",
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "app", "version": "1.0.0", "dependencies": {"left-pad": "^1.3.0"}},
        "node_modules/left-pad": {"version": "1.3.0", "resolved": "https://packages.example.com/left-pad-1.3.0.tgz"},
    },
}
SNAPSHOT = "npm lockfile approved by a snapshot"
CASES = {
    "nothing staged": {},
    "another file staged": {"src/main.py": "print()\n"},
    "npm lockfile staged": {"package-lock.json": json.dumps(LOCK, indent=2) + "\n"},
    "requirements staged": {"requirements.txt": "left-pad==1.3.0\n"},
    SNAPSHOT: {"package-lock.json": json.dumps(LOCK, indent=2) + "\n"},
}


def loaded(script: str, folder: Path) -> set[str]:
    """The modules that a fresh interpreter has loaded after the script, beyond those it starts with.

    It starts without `site`: what that loads is the environment's doing, not ours.
    """
    argv = [sys.executable, "-I", "-S", "-c", script, str(SOURCES), sysconfig.get_path("purelib")]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def summary(modules: set[str]) -> tuple[list[str], list[str]]:
    """osgate's own modules in full, and the public top-level names of all others."""
    own = sorted(name for name in modules if name.partition(".")[0] == "osgate")
    others = {name.partition(".")[0] for name in modules} - {"osgate"}
    return own, sorted(name for name in others if not name.startswith("_"))


def trust(folder: Path, published: Path) -> None:
    """Write a trust root into `folder`, publish a snapshot that approves left-pad, and fetch it as `sync` does."""
    desk, now = SigningKey("desk"), wiring.now()
    standing = Standing(
        "approve",
        "pkg:npm/left-pad",
        "vers:npm/>=1.3.0|<2.0.0",
        "sha256:" + "1" * 64,
        "sha256:" + "2" * 64,
        1,
        now.instant,
    )
    far = "2999-01-01T00:00:00Z"
    publishing.publish(
        str(published),
        State({}, (standing,), (), {}),
        valid_policy(),
        1,
        "sha256:" + "0" * 64,
        lambda name, data: sealing.signed(manifest.manifest(1, now.instant, far, "", name, data), desk.snapshot),
        lambda: sealing.signed(manifest.takeaway(1, now.instant, far, ()), desk.snapshot),
    )
    lock = Lock((str(published),), (Key(desk.public),))
    (folder / "config.toml").write_text('project = "app"\n', encoding="utf-8")
    (folder / "osgate.lock").write_bytes(printed(lock))
    wiring.sync(lock, now, 10.0)
    oid = subprocess.run(
        ["git", "hash-object", str(folder / "config.toml")], capture_output=True, text=True, check=True
    ).stdout.strip()
    copy = Path(wiring.cache_folder(), "config", f"{oid}.json")
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(json.dumps(local_config.to_json(local_config.LocalConfig("app"))), encoding="utf-8")


@pytest.fixture
def repository(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a first commit, and the files of the case staged. Its cache is its own: other tests' desks have
    the same key and further serials."""
    monkeypatch.setenv("OSGATE_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "repository"
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    (folder / ".osgate").mkdir()
    if request.param == SNAPSHOT:
        trust(folder / ".osgate", tmp_path / "published")
        before = {**LOCK, "packages": {"": {"name": "app", "version": "1.0.0"}}}
        (folder / "package-lock.json").write_text(json.dumps(before, indent=2) + "\n", encoding="utf-8")
    subprocess.run(["git", "-C", str(folder), "add", "."], check=True)
    subprocess.run(["git", "-C", str(folder), "commit", "-qm", "first", "--allow-empty"], check=True)
    for name, text in CASES[request.param].items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "-C", str(folder), "add", "."], check=True)
    return folder


@pytest.mark.parametrize(("repository", "case"), [(case, case) for case in CASES], indirect=["repository"])
def test_a_commit_loads_exactly_these_modules(repository, case, request):
    modules = loaded(CHECK, repository)
    assert modules & FORBIDDEN == set()
    own, others = summary(modules)
    expected = json.loads(EXPECTED.read_text(encoding="utf-8")) if EXPECTED.exists() else {}
    if request.config.getoption("--update-expected"):
        row = expected.setdefault(case, {"osgate": [], "others": {}})
        row["osgate"], row["others"][VERSION] = own, others
        EXPECTED.write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    assert case in expected, "run once with --update-expected and read what it wrote"
    assert own == expected[case]["osgate"]
    # The standard library's own imports differ from version to version; one not listed has FORBIDDEN alone.
    assert others == expected[case]["others"].get(VERSION, others)


def test_the_model_and_what_stands_below_every_check_are_light(tmp_path):
    names = [f"osgate.model.{path.stem}" for path in (SOURCES / "osgate/model").glob("*.py") if path.stem != "__init__"]
    names += ["osgate.errors", "osgate.purl", "osgate.formats.table", "osgate.versions", "osgate.surfaces"]
    for name in names:
        assert loaded(REPORT.format(code=f"import {name}"), tmp_path) & FORBIDDEN == set(), name


def test_a_forbidden_import_would_be_seen(tmp_path):
    assert {"dataclasses", "inspect"} <= loaded(REPORT.format(code="import dataclasses"), tmp_path) & FORBIDDEN
