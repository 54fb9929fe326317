"""The page on facts shows every key of the policy about them, and its cases hold."""

from __future__ import annotations

import json
import re
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.kit import call, git, lockfile
from osgate import policy_cases, wiring
from osgate.model.fact_policy import DEFAULT
from osgate.model.finding import SLUGS
from osgate.policy import fact_shapes, schema
from osgate.policy.shape import Field, complaints
from osgate.policy.valid import validate
from rules import making

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("docs/facts.md", "docs/facts.zh-CN.md")
CASES = ("docs/policy-repository.md", "docs/policy-repository.zh-CN.md")
# Tables that have a page of their own.
LICENCES = {"licence", "licence_pair", "licence_use"}
NAME = "policy/facts.toml"
# Keys and tables of the page, and the field that holds them.
SETTINGS = {
    **{name: name for name in ("must", "require", "minor_scopes", "horizon", "unmaintained")},
    "days": "cooldown",
    "free": "cooldown_free",
    "from": "vulnerable_from",
    "required": "integrity",
    "[[facts.source]]": "sources",
    "[[fact]]": "overrides",
    "[[internal]]": "internal",
    "[[tier_when]]": "tiers",
}
KNOWN = (
    ("GHSA-35jh-r3h4-6jhm", "CVE-2021-23337", "HIGH", "Command injection in lodash"),
    ("GHSA-29mw-wpgm-hmr9", "CVE-2020-28500", "MODERATE", "Regular expression denial of service in lodash"),
)


def blocks(page: str, kind: str) -> list[str]:
    """The fenced blocks of one kind."""
    return re.findall(rf"```{kind}\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def keys_of(shape: object) -> set[str]:
    """All keys that a shape names, at any depth."""
    if isinstance(shape, Field):
        return keys_of(shape.of) if shape.of is not None else set()
    assert isinstance(shape, dict)
    return set(shape).union(*(keys_of(inner) for inner in shape.values()))


def keys_in(value: object) -> set[str]:
    """All keys that TOML data uses, at any depth."""
    if isinstance(value, dict):
        return set(value).union(*map(keys_in, value.values()))
    return set().union(*map(keys_in, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("page", PAGES)
def test_the_policy_of_facts_is_valid_and_shows_every_key(page: str) -> None:
    (text,) = blocks(page, "toml")
    assert text.startswith(f"# {NAME}\n")
    data, shape = tomllib.loads(text), schema.shape_of(NAME)
    assert shape is not None
    assert list(complaints(data, shape)) == []
    tables = fact_shapes.shapes(lambda text: None, lambda text: None)
    wanted = keys_of({name: field for name, field in tables.items() if name not in LICENCES})
    assert wanted - keys_in(data) == set()


def test_both_pages_show_the_same_policy_and_commands() -> None:
    said = [
        [re.sub(r" *#.*|reason = .*", "", text) for kind in ("toml", "sh") for text in blocks(p, kind)] for p in PAGES
    ]
    assert said[0] == said[1]
    assert len(said[0]) == 5


@pytest.mark.parametrize("page", PAGES)
def test_what_the_page_calls_the_default_is_the_default(page: str) -> None:
    (text,) = blocks(page, "toml")
    told = dict(re.findall(r"(?m)^(\w+) = .*# (?:default: |默认：)([\w-]+)", text))
    told |= {
        f"[[{name}]]": word for name, word in re.findall(r"(?m)^\[\[(\S+)\]\] .*# (?:default: |默认：)(\w+)", text)
    }
    none = "无" if page.endswith(".zh-CN.md") else "none"
    wanted = {
        **{name: getattr(DEFAULT, field) for name, field in SETTINGS.items()},
        **DEFAULT.ages,
    }
    assert told == {
        name: none if value == () else str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in wanted.items()
    }


def mirrored(folder: Path) -> None:
    """A mirror of advisories and of ends of service, and a work tree in which a lock is about to come in."""
    (folder / "osv/npm").mkdir(parents=True)
    with zipfile.ZipFile(folder / "osv/npm/all.zip", "w") as archive:
        for id, cve, severity, summary in KNOWN:
            ranges = [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "4.17.21"}]}]
            affected = [{"package": {"ecosystem": "npm", "name": "lodash"}, "ranges": ranges}]
            record = {"id": id, "aliases": [cve], "modified": "2026-11-20T00:00:00Z", "summary": summary}
            record |= {"affected": affected, "database_specific": {"severity": severity}}
            archive.writestr(f"{id}.json", json.dumps(record))
    cycle = {"releaseCycle": "6.1", "eol": "2027-04-30", "releaseDate": "2026-11-04"}
    products = [{"id": "django", "identifiers": ["pkg:pypi/django"], "releases": [cycle]}]
    (folder / "endoflife.json").write_text(json.dumps(products), encoding="utf-8")
    (folder / "app").mkdir()
    git(folder / "app", "init", "--quiet")
    git(folder / "app", "commit", "--quiet", "--allow-empty", "-m", "x")
    (folder / "app/package-lock.json").write_text(lockfile("lodash@4.17.15"), encoding="utf-8")
    git(folder / "app", "add", ".")


def seen(language: str) -> Iterator[tuple[str, str]]:
    """What the commands of the page print, the verdict without what says that nothing is set up here."""
    files = ("--advisories", "../osv", "--lifecycle", "../endoflife.json")
    said = call("facts", "sync", *files, "--language", language)
    assert said.code == 0, said
    yield "sync", f"$ osgate facts sync --advisories ../osv --lifecycle ../endoflife.json\n{said.out}"
    told = call("check", "--staged", "--language", language).out
    first, *rest = told.split("\n\n")
    (facts,) = re.findall(r"(?m)^(?:facts: |事实：).*(?:\n  .*)*", "\n".join(rest))
    yield "check", f'$ git commit -m "Add lodash"\n{first}\n\n{facts}\n'
    told = call("explain", "pkg:npm/lodash@4.17.15", "--language", language).out
    yield "explain", f"$ osgate explain pkg:npm/lodash@4.17.15\n{told}"


@pytest.mark.parametrize(("page", "language"), [(PAGES[0], "en"), (PAGES[1], "zh_CN")])
def test_what_the_page_shows_is_what_is_printed(
    page: str, language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    mirrored(tmp_path)
    monkeypatch.chdir(tmp_path / "app")
    monkeypatch.setenv("OSGATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OSGATE_FACTS", str(tmp_path / "facts"))
    monkeypatch.setattr(wiring, "now", lambda: wiring.Moment("2026-11-22T06:00:00Z", "2026-11-22", 1795327200))
    for name, said in seen(language):
        shown = said.replace(str(tmp_path / "facts"), "/srv/osgate/facts")
        text = (ROOT / page).read_text(encoding="utf-8")
        block = re.compile(rf"(?<=<!-- shown: {name} -->\n```text\n).*?(?=```)", re.DOTALL)
        if pytestconfig.getoption("--update-expected"):
            (ROOT / page).write_text(
                block.sub(lambda _, shown=shown: shown, text, count=1), encoding="utf-8", newline="\n"
            )
        else:
            assert block.findall(text) == [shown]


@pytest.mark.parametrize("page", CASES)
def test_every_case_of_the_page_holds_under_its_own_policy(page: str) -> None:
    files = {text.split("\n", 1)[0].strip("# "): text.encode() for text in blocks(page, "toml")}
    del files[".osgate/config.toml"]
    own = validate(files, SLUGS).policy
    cases = {f"cases/{at}.toml": text.encode() for at, text in enumerate(blocks(page, "text")) if "[[case]]" in text}
    answers = [answer for path, text in cases.items() for answer in policy_cases.run({path: text}, own, making.TODAY)]
    assert [answer.holds for answer in answers] == [True] * 3


@pytest.mark.parametrize("page", CASES)
def test_the_cases_about_facts_hold_under_the_default_policy(page: str) -> None:
    (text,) = [block for block in blocks(page, "text") if "advisories = [" in block]
    answers = list(policy_cases.run({"cases/facts.toml": text.encode()}, making.policy(), making.TODAY))
    assert [answer.holds for answer in answers] == [True]
