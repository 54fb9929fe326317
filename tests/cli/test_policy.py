"""`osgate policy`: lint, the institution's own cases, and which line decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.kit import call
from osgate.policy import defaults
from osgate.testing.keys import SigningKey

SOURCES = """
[[source]]
type = "npm"
address = "https://packages.example.com/npm/"
confirmed_by = "li.si"

[[source]]
type = "pypi"
address = "https://packages.example.com/pypi/"
found = "~/.pip/pip.conf"
"""
CASES = """
[[case]]
name = "new names are reviewed"
purl = "pkg:npm/left-pad@1.3.0"
outcome = "block"
rules = ["OSG101"]

[[case]]
name = "what is approved passes"
purl = "pkg:npm/left-pad@1.3.0"
source = "https://packages.example.com/npm/left-pad.tgz"
outcome = "pass"
[[case.standing]]
range = "vers:npm/>=1.0.0|<2.0.0"
sources = ["https://packages.example.com/"]

[[case]]
name = "not from elsewhere"
purl = "pkg:npm/left-pad@1.3.0"
source = "https://elsewhere.example.com/left-pad.tgz"
outcome = "block"
[[case.standing]]
range = "vers:npm/>=1.0.0|<2.0.0"
sources = ["https://elsewhere.example.com/"]
"""


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a valid policy, the current one."""
    people = [
        defaults.NewPerson(id, SigningKey(id).public, roles, "2026-01-01")
        for id, roles in (("zhang.san", ("tech", "incident")), ("li.si", ("legal", "security", "incident")))
    ]
    files = defaults.render(
        institution="Bank", addresses=["/x"], key=SigningKey("desk").public, day="2026-01-01", people=people
    )
    for path, data in {**files, "policy/sources.toml": SOURCES.encode(), "cases/intake.toml": CASES.encode()}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_lint_tells_which_sources_wait(policy: Path) -> None:
    done = call("policy", "lint")
    assert done.code == 0
    assert "policy/sources.toml:7" in done.out


def test_cases_hold_and_one_that_does_not_is_told_with_both_sides(policy: Path) -> None:
    assert call("policy", "test").code == 0
    path = policy / "cases/intake.toml"
    path.write_text(CASES.replace('outcome = "pass"', 'outcome = "warn"\nrules = ["OSG206"]'))
    done = call("policy", "test", ".")
    assert done.code == 1
    assert "cases/intake.toml:8" in done.out
    assert "wanted warn OSG206; the policy says pass" in done.out
    assert "2 of 3 cases hold" in done.out


def test_mistakes_in_cases_are_told_all_at_once_by_line(policy: Path) -> None:
    text = CASES.replace('outcome = "block"\nrules', 'outcom = "block"\nrules').replace(
        "pkg:npm/left-pad", "left-pad", 1
    )
    (policy / "cases/intake.toml").write_text(text)
    (policy / "cases/other.toml").write_text("[[case]\n")
    done = call("policy", "test")
    assert done.code == 2
    for place in ("cases/intake.toml:4", "cases/intake.toml:5", "cases/other.toml:1"):
        assert place in done.err
    assert "outcome" in done.err


def test_without_cases_it_says_where_they_go(policy: Path) -> None:
    (policy / "cases/intake.toml").unlink()
    done = call("policy", "test")
    assert done.code == 2
    assert "cases/NAME.toml" in done.err


@pytest.mark.parametrize("what", ["OSG101", "osg101", "unapproved"])
def test_a_rule_is_explained_by_its_line(policy: Path, what: str) -> None:
    done = call("policy", "explain", what)
    line = next(
        n for n, text in enumerate((policy / "policy/base.toml").read_text().splitlines(), 1) if text == "[rule.OSG101]"
    )
    assert done.code == 0
    assert f"decided by policy/base.toml:{line}" in done.out


@pytest.mark.parametrize(
    ("project", "config", "flag", "decides"),
    [
        ("", "", "", "in force: enforce-new, decided by policy/base.toml:3"),
        ("observe", "", "", "in force: observe, decided by projects.toml app"),
        ("observe", "enforce-new", "", "in force: enforce-new, decided by config.toml"),
        ("", "observe", "", "config.toml: mode = observe, ignored"),
        ("", "observe", "", "in force: enforce-new, decided by policy/base.toml:3"),
        ("", "", "enforce-all", "in force: enforce-all, decided by --mode"),
        ("observe", "enforce-all", "enforce-new", "in force: enforce-all, decided by config.toml"),
    ],
)
def test_the_mode_is_explained_layer_by_layer(policy: Path, project: str, config: str, flag: str, decides: str) -> None:
    row = f'[[project]]\nid = "app"\nmode = "{project}"\n' if project else '[[project]]\nid = "app"\n'
    (policy / "projects.toml").write_text(row)
    (policy / "config.toml").write_text('project = "app"\n' + (f'mode = "{config}"\n' if config else ""))
    asked = ["policy", "explain", "mode", "--config", "config.toml", *(["--mode", flag] if flag else [])]
    done = call(*asked)
    assert done.code == 0
    assert decides in done.out


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://packages.example.com/npm/x.tgz", "npm: approved"),
        ("https://packages.example.com/npm/x.tgz", "pypi: not judged"),
        ("https://packages.example.com/pypi/x.whl", "npm: not approved"),
        ("https://packages.example.com/pypi/x.whl", "pypi: not approved yet"),
        ("https://packages.example.com/pypi/x.whl", "policy/sources.toml:7"),
    ],
)
def test_an_address_is_explained_type_by_type(policy: Path, address: str, said: str) -> None:
    done = call("policy", "explain", address)
    assert done.code == 0
    assert said in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("explain", "OSG999"), "OSG999"),
        (("explain", "unaproved"), "unapproved"),
        (("explain",), "RULE"),
        (("explain", "mode", "--mode", "enforce-al"), "enforce-al"),
        (("explain", "mode", "--config", "nowhere.toml"), "nowhere.toml"),
        (("lint", "--mode", "observe"), "--mode"),
        (("test", "a", "b"), "b"),
        (("tset",), "tset"),
        (("lint", "nowhere"), "nowhere"),
    ],
)
def test_wrong_words_are_told(policy: Path, words: tuple[str, ...], said: str) -> None:
    done = call("policy", *words)
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize(
    ("standing", "told"),
    [
        ('effect = "approve"', "cases/ranges.toml:5"),
        ('effect = "retire"', "cases/ranges.toml:5"),
        ('effect = "retire"\nby = "soon"', "cases/ranges.toml:7"),
        ('range = "vers:npm/*"\ndistribution = "everywhere"', "cases/ranges.toml:7"),
        ('range = "nonsense"', "cases/ranges.toml:6"),
        ('effect = "block"\nrange = ">=1.0.0"', "cases/ranges.toml:7"),
        ('range = "vers:pypi/*"', "cases/ranges.toml:6"),
    ],
)
def test_a_decision_that_no_ledger_could_hold_is_a_mistake_with_its_line(
    standing: str, told: str, policy: Path
) -> None:
    case = '[[case]]\nname = "a"\npurl = "pkg:npm/a@1.0.0"\noutcome = "pass"\n[[case.standing]]\n'
    (policy / "cases/ranges.toml").write_text(f"{case}{standing}\n")
    done = call("policy", "test")
    assert done.code == 2
    assert told in done.err


ENDING = """
[[case]]
name = "what is being retired is not begun"
purl = "pkg:npm/left-pad@1.3.0"
today = 2026-11-22
standing = [{effect = "approve", range = "vers:npm/*"}, {effect = "retire", by = 2026-12-31, alternatives = ["a"]}]
outcome = "block"
rules = ["OSG113"]

[[case]]
name = "where it is used it goes on"
purl = "pkg:npm/left-pad@1.3.0"
existing = true
today = 2026-12-30
standing = [{effect = "approve", range = "vers:npm/*"}, {effect = "retire", by = 2026-12-31}]
outcome = "warn"
rules = ["OSG113"]

[[case]]
name = "until its date"
purl = "pkg:npm/left-pad@1.3.0"
existing = true
today = 2026-12-31
standing = [{effect = "approve", range = "vers:npm/*"}, {effect = "retire", by = 2026-12-31}]
outcome = "block"

[[case]]
name = "an approval reaches no further than it says"
purl = "pkg:npm/left-pad@1.3.0"
standing = [{effect = "approve", range = "vers:npm/*", distribution = "internal"}]
outcome = "block"
rules = ["OSG106"]

[[case]]
name = "types are approved in advance"
purl = "pkg:npm/%40types/node@20.1.0"
today = 2026-11-22
outcome = "pass"

[[case]]
name = "until their day"
purl = "pkg:npm/%40types/node@20.1.0"
today = 2027-06-30
outcome = "block"
rules = ["OSG101"]
"""
IN_ADVANCE = '[[pre_approval]]\npurl = "pkg:npm/%40types/*"\nexpires = 2027-06-30\nreason = "types only"\n'


def test_cases_tell_what_ends_and_what_is_approved_in_advance(policy: Path) -> None:
    (policy / "cases/intake.toml").write_text(ENDING)
    (policy / "policy/in-advance.toml").write_text(IN_ADVANCE)
    done = call("policy", "test")
    assert (done.code, done.err) == (0, "")
    assert "6 cases hold" in done.out
