"""One verdict on every surface: the same findings, the same outcome, nothing that fails; `snapshots/<surface>/`.

Where a change is meant, `pytest tests/reports --update-expected` writes the snapshots anew; read what it wrote.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audit
import osgate
from osgate.model.gap import Gap
from osgate.model.policy import MODES
from osgate.model.record import replace
from osgate.reports import sarif, table
from osgate.reports.context import Context
from osgate.text.rules import RULE_IDS
from osgate.text.translator import LOCALES, Translator
from reports.scenes import SCENES, STAMP, many, seen
from rules import making, strategies
from rules.test_cases import judged

if TYPE_CHECKING:
    from osgate.model.verdict import Verdict

SNAPSHOTS = Path(__file__).parent / "snapshots"
CASES = Path(__file__).parents[1] / "rules/cases"
ENDINGS = {"sarif": "json", "markdown": "md", "github": "txt", "codequality": "json", "junit": "xml"}
SHOWN = ("ledger", "files", "excused", "each-rule", "undecided", "observe", "pass", "cjk", "whole-tree")
CONTEXT = Context(
    staged=False,
    repository="payments/app",
    links="https://git.example.com/payments/app/blob/08c6903cd8c0/{path}#L{line}",
    now="2026-11-21T06:03:00Z",
    offset=480,
    contact="oss-desk@bank.example",
)
WORDS = {locale: Translator(locale) for locale in LOCALES}
for _t in WORDS.values():
    _t("label.run")  # reads its catalogue now: nothing may be read while a verdict is rendered
    for _rule in RULE_IDS:
        sarif._help(_rule, _t.locale)


def rendered(surface: str, verdict: Verdict, locale: str = "en", context: Context = CONTEXT) -> str:
    with audit.no_io():
        return table.render(surface, verdict, WORDS[locale], context)


def lasting(surface: str, text: str) -> str:
    """The report without what changes with every release and with every word of a rule's text."""
    if surface != "sarif":
        return text
    log = json.loads(text)
    driver = log["runs"][0]["tool"]["driver"]
    assert driver.pop("version") == osgate.__version__
    for rule in driver["rules"]:
        for name in ("shortDescription", "fullDescription", "help"):
            rule.pop(name, None)
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("surface", ENDINGS)
@pytest.mark.parametrize("scene", SHOWN)
def test_scene(scene: str, surface: str, locale: str, request: pytest.FixtureRequest) -> None:
    text = lasting(surface, rendered(surface, SCENES[scene](), locale))
    expected = SNAPSHOTS / surface / f"{scene}.{locale}.{ENDINGS[surface]}"
    if request.config.getoption("--update-expected"):
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text("utf-8")


def test_no_snapshot_is_left_over() -> None:
    wanted = {
        f"{surface}/{scene}.{locale}.{ending}"
        for surface, ending in ENDINGS.items()
        for scene in SHOWN
        for locale in LOCALES
    }
    assert {path.relative_to(SNAPSHOTS).as_posix() for path in SNAPSHOTS.glob("*/*")} == wanted


def of_findings(verdict: Verdict) -> set[tuple[str, str]]:
    return {(finding.rule, finding.fingerprint) for finding in verdict.findings}


def in_json(text: str) -> tuple[set[tuple[str, str]], str]:
    found = json.loads(text)
    return {(item["rule"], item["fingerprint"]) for item in found["findings"]}, found["outcome"]


def in_sarif(text: str) -> tuple[set[tuple[str, str]], str]:
    run = json.loads(text)["runs"][0]
    covered = [
        r for r in run["results"] if r.get("suppressions") and not r["properties"]["waived"]
    ]  # the baseline's: no part of the verdict
    results = [result for result in run["results"] if result not in covered]
    return {(r["ruleId"], r["partialFingerprints"]["osgate/v1"]) for r in results}, run["properties"]["outcome"]


def in_codequality(text: str) -> tuple[set[tuple[str, str]], str]:
    issues = json.loads(text)
    found = {(i["check_name"], i["fingerprint"].partition("#")[0]) for i in issues if i["check_name"].startswith("OSG")}
    loud = {i["severity"] for i in issues if i["check_name"] != "osgate-undecided"}
    if loud & {"blocker", "critical"}:
        return found, "block"
    if any(i["check_name"] == "osgate-undecided" for i in issues):
        return found, "undecided"
    return found, "warn" if "minor" in loud else "pass"


def pairs(text: str) -> set[tuple[str, str]]:
    """Each rule with the fingerprint that is told after it, as surfaces for people tell them."""
    found, rule = set(), ""
    for word in re.findall(r"\bOSG\d{3}\b|\b[0-9a-f]{16}\b", text):
        rule = word if word.startswith("OSG") else rule
        found |= {(rule, word)} if not word.startswith("OSG") else set()
    return found


def in_junit(text: str) -> tuple[set[tuple[str, str]], str]:
    root = ET.fromstring(text)
    told = "\n".join("".join(case.itertext()) for case in root.iter("testcase"))
    (outcome,) = [p.get("value") for p in root.iter("property") if p.get("name") == "outcome"]
    return pairs(told), str(outcome)


def in_markdown(text: str) -> tuple[set[tuple[str, str]], str]:
    from osgate.reports.markdown import read_marker

    marker = read_marker(text)
    assert marker is not None
    return pairs(text.partition("\n")[2]), marker.outcome


READERS = {
    "json": in_json,
    "sarif": in_sarif,
    "codequality": in_codequality,
    "junit": in_junit,
    "markdown": in_markdown,
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("surface", READERS)
@pytest.mark.parametrize("scene", sorted(set(SCENES) - {"hundred-and-fifty"}))
def test_every_surface_tells_the_same_findings_and_the_same_outcome(scene: str, surface: str, locale: str) -> None:
    verdict = SCENES[scene]()
    found, outcome = READERS[surface](rendered(surface, verdict, locale))
    assert found == of_findings(verdict)
    # An array of issues has no room for the mode: what is only observed stands in it as a warning.
    assert outcome == ("warn" if surface == "codequality" and verdict.mode == "observe" else verdict.outcome)


def test_the_terminal_and_the_annotations_name_what_they_have_room_for() -> None:
    verdict = SCENES["each-rule"]()
    assert pairs(rendered("terminal", verdict, context=replace(CONTEXT, verbose=True))) == of_findings(verdict)
    assert pairs(rendered("github", seen(*many(9)))) == of_findings(seen(*many(9)))
    assert len(pairs(rendered("github", verdict))) == 11  # ten errors and the one warning


def cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        for case in tomllib.loads(path.read_text("utf-8"))["case"]:
            found.append(pytest.param(case, id=f"{path.stem}: {case['name']}"))
    return found


@pytest.mark.parametrize("case", cases())
def test_every_case_of_every_rule_is_told_on_every_surface(case: dict[str, Any]) -> None:
    verdict = judged(case)
    for surface, reader in READERS.items():
        for locale in LOCALES:
            found, outcome = reader(rendered(surface, verdict, locale))
            assert (found, outcome) == (of_findings(verdict), verdict.outcome)


def test_the_formats_are_those_of_the_interface() -> None:
    forms = ("terminal", "json", "sarif", "markdown", "summary", "github", "codequality", "junit", "annotations")
    assert forms == table.FORMATS
    with pytest.raises(KeyError):
        table.render("html", SCENES["one"](), WORDS["en"], CONTEXT)


MISSING = (Gap("snapshot", "snapshot.none", (("addresses", "x"),)),)


@settings(max_examples=60)
@given(
    strategies.intakes(),
    strategies.views(),
    strategies.policies(),
    st.sampled_from(MODES),
    st.sampled_from([None, STAMP]),
    st.sampled_from([(), MISSING]),
    st.booleans(),
    st.sampled_from(LOCALES),
    st.booleans(),
)
def test_no_surface_fails_whatever_the_verdict(found, view, policy, mode, stamp, missing, whole, locale, both) -> None:
    verdict = making.decided(replace(found, whole=whole), view, policy=policy, mode=mode, stamp=stamp, missing=missing)
    context = replace(CONTEXT, also=WORDS["en"] if both else None)
    for surface in table.FORMATS:
        text = rendered(surface, verdict, locale, context)
        assert text.endswith("\n")
        text.encode("utf-8")
        if surface in ("json", "sarif", "junit"):
            told, outcome = READERS[surface](text)
            assert (told, outcome) == (of_findings(verdict), verdict.outcome)


@pytest.mark.parametrize("surface", ["sarif", "codequality", "junit"])
def test_names_stay_when_lines_move_and_are_unique(surface: str) -> None:
    def verdict(offset: int) -> Verdict:
        twice = [making.introduced("pkg:npm/left-pad@1.3.0", line=line + offset) for line in (10, 20, 30)]
        return seen(*twice, making.introduced("pkg:npm/is-odd@3.0.1", line=15 + offset))

    def names(text: str) -> list[str]:
        if surface == "junit":
            return [f"{case.get('classname')} {case.get('name')}" for case in ET.fromstring(text).iter("testcase")]
        if surface == "codequality":
            return [issue["fingerprint"] for issue in json.loads(text)]
        results = json.loads(text)["runs"][0]["results"]
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]

    before, after = (names(rendered(surface, verdict(offset))) for offset in (0, 500))
    assert before == after
    assert len(set(before)) == len(before) == (2 if surface == "junit" else 4)
