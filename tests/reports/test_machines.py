"""What machines read: SARIF, workflow commands, Code Quality and JUnit, each as its reader takes it."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.model.gap import Gap
from osgate.model.record import replace
from osgate.reports import codequality, github, junit, sarif, words
from osgate.reports.address import escaped, file_address
from osgate.reports.context import Context
from osgate.text.rules import RULE_IDS
from osgate.text.translator import LOCALES, Translator
from reports.scenes import NUMBER, ODD, SCENES, many, seen
from rules import making, strategies

if TYPE_CHECKING:
    from osgate.model.verdict import Verdict

WORDS = {locale: Translator(locale) for locale in LOCALES}
CONTEXT = Context(staged=False, now="2026-11-21T06:03:00Z")
TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}


def strict(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}


def each(item: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": item, **more}


@cache
def schema() -> jsonschema.Draft202012Validator:
    """The parts of SARIF 2.1.0 that osgate writes, from the specification's sections 3.13 to 3.58; nothing else."""
    level = {"enum": ["none", "note", "warning", "error"]}
    index = {"type": "integer", "minimum": 0}
    physical = strict(
        {
            "artifactLocation": strict(
                {"uri": {"type": "string", "pattern": "^[A-Za-z0-9._~/%-]+$"}, "uriBaseId": {"const": "%SRCROOT%"}},
                *("uri", "uriBaseId"),
            ),
            "region": strict({"startLine": {"type": "integer", "minimum": 1}}, "startLine"),
        },
        "artifactLocation",
    )
    logical = strict({"fullyQualifiedName": {"type": "string"}, "kind": {"const": "package"}}, "fullyQualifiedName")
    location = {
        "id": index,
        "physicalLocation": physical,
        "logicalLocations": each(logical, minItems=1),
        "message": TEXT,
    }
    rule = {
        "id": {"enum": sorted(f"OSG{n}" for n in range(100, 500))},
        "name": {"type": "string"},
        **dict.fromkeys(("shortDescription", "fullDescription"), TEXT),
        "help": strict({"text": {"type": "string"}, "markdown": {"type": "string"}}, "text"),
        "defaultConfiguration": strict({"level": level}, "level"),
        "properties": {"type": "object"},
    }
    driver = {
        "name": {"const": "osgate"},
        "version": {"type": "string"},
        "language": {"pattern": "^[a-z]{2}-[A-Z]{2}$"},
    }
    result = {
        "ruleId": {"type": "string"},
        "ruleIndex": index,
        "level": level,
        "message": TEXT,
        "locations": each(strict(location, "physicalLocation"), minItems=1, maxItems=1),
        "relatedLocations": each(strict(location, "id", "message"), minItems=1, maxItems=6),
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
        "suppressions": each(strict({"kind": {"const": "external"}, "justification": {"type": "string"}}, "kind")),
        "properties": {"type": "object"},
    }
    notification = {"descriptor": strict({"id": {"type": "string"}}, "id"), "level": level, "message": TEXT}
    invocation = {
        "executionSuccessful": {"type": "boolean"},
        "endTimeUtc": {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "toolExecutionNotifications": each(strict(notification, "message", "level")),
    }
    run = {
        "tool": strict({"driver": strict({**driver, "rules": each(strict(rule, "id"))}, "name", "rules")}, "driver"),
        "language": driver["language"],
        "automationDetails": strict({"id": {"pattern": "^osgate/intake/"}}, "id"),
        "originalUriBaseIds": {"type": "object", "required": ["%SRCROOT%"]},
        "columnKind": {"enum": ["unicodeCodePoints"]},
        "invocations": each(strict(invocation, "executionSuccessful"), minItems=1, maxItems=1),
        "results": each(
            strict(result, "ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"), maxItems=5000
        ),
        "properties": {"type": "object"},
    }
    log = {"$schema": {"const": sarif.SCHEMA}, "version": {"const": "2.1.0"}}
    return jsonschema.Draft202012Validator(
        strict({**log, "runs": each(strict(run, "tool", "results"), minItems=1, maxItems=20)}, "version", "runs")
    )


def log(verdict: Verdict, locale: str = "en", context: Context = CONTEXT) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(sarif.render(verdict, WORDS[locale], context))
    schema().validate(found)
    run: dict[str, Any] = found["runs"][0]
    return run


@settings(max_examples=60)
@given(strategies.intakes(), strategies.views(), strategies.policies(), st.booleans(), st.sampled_from(LOCALES))
def test_every_log_keeps_to_the_specification(found, view, policy, whole, locale) -> None:
    verdict = making.decided(replace(found, whole=whole), view, policy=policy)
    run = log(verdict, locale)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [r["ruleId"] for r in run["results"]]
    for result in run["results"]:
        assert not re.search(r"(?<!\\)[\[\]]", result["message"]["text"])
        assert not re.search(r"[{}]", re.sub(r"\{\{|\}\}", "", result["message"]["text"]))


@pytest.mark.parametrize("locale", LOCALES)
def test_rules_come_with_their_help_in_the_readers_language(locale: str) -> None:
    (rule,) = log(seen(ODD), locale)["tool"]["driver"]["rules"]
    assert rule["id"] in RULE_IDS
    assert rule["shortDescription"]["text"] in rule["help"]["markdown"].splitlines()[0]
    assert ("未准入" in rule["help"]["text"]) is (locale == "zh_CN")


def test_a_rule_without_a_text_has_its_short_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "RULE_IDS", ())
    sarif._help.cache_clear()
    (rule,) = log(seen(ODD))["tool"]["driver"]["rules"]
    sarif._help.cache_clear()
    assert rule["shortDescription"] == {"text": "unapproved"}
    assert "help" not in rule


def test_no_line_is_no_region_and_what_brings_it_in_is_related() -> None:
    nowhere = replace(ODD, dependency=replace(ODD.dependency, line=0))
    outside = making.introduced("pkg:npm/deep@1.0.0", line=7, via=["pkg:npm/old@2.0.0"], direct=False)
    odd, number, deep = (
        next(r for r in log(seen(nowhere, NUMBER, outside))["results"] if name in r["message"]["text"])
        for name in ("is-odd", "is-number", "deep")
    )
    assert "region" not in odd["locations"][0]["physicalLocation"]
    assert "relatedLocations" not in odd
    assert number["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "package-lock.json"
    assert number["relatedLocations"][0]["message"]["text"] == "comes in through is-odd 3.0.1"
    assert "physicalLocation" not in deep["relatedLocations"][0]
    assert deep["relatedLocations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "pkg:npm/old@2.0.0"


def test_what_is_excused_is_suppressed_and_stops_nothing() -> None:
    results = {result["message"]["text"].split()[0]: result for result in log(SCENES["excused"]())["results"]}
    assert results["left-pad"]["level"] == "error"
    assert "suppressions" not in results["left-pad"]
    for name, word in (("is-odd", "zhang.san"), ("is-number", "baseline")):
        assert results[name]["level"] == "note"
        assert word in results[name]["suppressions"][0]["justification"]


def test_results_beyond_what_is_shown_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sarif.RESULTS == 5000, "what GitHub shows"
    monkeypatch.setattr(sarif, "RESULTS", 500)
    first = seen(ODD).findings[0]
    findings = tuple(replace(first, fingerprint=f"{n:016x}") for n in range(sarif.RESULTS + 3))
    run = log(replace(seen(ODD), findings=findings))
    assert len(run["results"]) == sarif.RESULTS
    assert run["properties"]["leftOut"] == 3
    facts, told = run["invocations"][0]["toolExecutionNotifications"]
    assert facts["descriptor"] == {"id": "facts"}
    assert told["message"]["text"] == "3 more are left out here; the whole report has them"


def test_what_was_not_seen_is_told_to_machines_too() -> None:
    told = log(SCENES["undecided"]())["invocations"][0]
    assert told["executionSuccessful"] is False
    assert [note["level"] for note in told["toolExecutionNotifications"]] == ["error", "note", "note"]
    assert "endTimeUtc" not in log(seen(ODD), context=Context())["invocations"][0]


def test_under_observe_nothing_is_an_error() -> None:
    verdict = seen(ODD, mode="observe")
    assert {result["level"] for result in log(verdict)["results"]} == {"warning"}
    assert "::error" not in github.render(verdict, WORDS["en"], CONTEXT)
    assert '"critical"' not in codequality.render(verdict, WORDS["en"], CONTEXT)
    assert "<failure" not in junit.render(verdict, WORDS["en"], CONTEXT)


@pytest.mark.parametrize(
    ("mode", "level"), [("enforce-new", "warning"), ("enforce-all", "error"), ("observe", "warning")]
)
def test_what_a_whole_tree_holds_is_an_error_only_where_all_of_it_is_enforced(mode: str, level: str) -> None:
    verdict = making.decided(making.intake([ODD], whole=True), mode=mode)
    assert words.level(verdict.findings[0], verdict) == level
    assert ("block" in (verdict.outcome, verdict.would)) is (mode == "enforce-all")
    blocked = making.view([making.standing("pkg:npm/is-odd", "block")])
    emergency = making.decided(making.intake([ODD], whole=True), blocked, mode=mode)
    assert words.level(emergency.findings[0], emergency) == ("warning" if mode == "observe" else "error")


# --- workflow commands


def understood(line: str) -> tuple[str, dict[str, str], str]:
    """What the runner makes of a line of the log (actions/runner, ActionCommand.TryParseV2)."""
    line = line.lstrip()
    assert line.startswith("::")
    end = line.index("::", 2)
    name, _, given = line[2:end].partition(" ")
    pairs = dict(pair.split("=", 1) for pair in given.strip().split(",") if pair)
    undo = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}
    for token, character in undo.items():
        pairs = {key: value.replace(token, character) for key, value in pairs.items()}
    data = line[end + 2 :]
    for token in ("%0D", "%0A", "%25"):
        data = data.replace(token, undo[token])
    return name, pairs, data


@settings(max_examples=60)
@given(
    st.text(alphabet=st.sampled_from("a:,%\n\r=#[]{} 中0DA2C\x1b\udc80"), min_size=1, max_size=12),
    st.sampled_from(["::set-output name=x::y", "##[add-mask]x", "::stop-commands::t", "a"]),
)
def test_a_name_gives_no_command_of_its_own(word: str, command: str) -> None:
    path = f"{command}\n{command}{word}/package-lock.json"
    item = replace(ODD, dependency=replace(ODD.dependency, path=path, alias=f"{word}\n{command}"))
    text = github.render(seen(item), WORDS["en"], CONTEXT)
    lines = text.splitlines()
    assert [understood(line)[0] for line in lines] == ["error", "notice"]
    _, given, data = understood(lines[0])
    assert set(given) == {"file", "line", "title"}
    assert (given["line"], given["title"]) == ("39", "OSG101 unapproved")
    assert given["file"].isprintable()
    assert "not on the allowlist" in data.splitlines()[0]


@settings(max_examples=60)
@given(
    st.text(alphabet=st.sampled_from(": \n#[a"), max_size=8),
    st.sampled_from(["::add-mask::x", "##[stop-commands]t", "::"]),
    st.integers(0, 130),
)
def test_a_name_gives_no_command_at_the_terminal_either(word: str, command: str, filler: int) -> None:
    from osgate.reports import terminal

    said = f"{'x' * filler} {command}{word}"
    item = replace(ODD, dependency=replace(ODD.dependency, path=said, alias=said, requirement=said, version=""))
    reject = making.standing("pkg:npm/is-odd", "reject", reason=said)
    for line in terminal.render(seen(item, said=making.view([reject])), WORDS["en"], CONTEXT).splitlines():
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


def test_ten_of_each_are_shown_and_the_rest_counted() -> None:
    rules = making.policy().rules
    warn = making.policy(rules={**rules, "OSG101": replace(rules["OSG101"], outcome="warn")})
    for policy, level in ((making.policy(), "error"), (warn, "warning")):
        lines = github.render(seen(*many(25), policy=policy), WORDS["en"], CONTEXT).splitlines()
        assert [understood(line)[0] for line in lines] == [level] * 10 + ["notice"]
        assert "15 more are left out here" in understood(lines[-1])[2]
        assert understood(lines[0])[1]["file"] == "package-lock.json"


def test_a_place_without_a_line_has_none() -> None:
    nowhere = replace(ODD, dependency=replace(ODD.dependency, line=0))
    assert "line" not in understood(github.render(seen(nowhere), WORDS["en"], CONTEXT).splitlines()[0])[1]


# --- GitLab


ISSUE = strict(
    {
        "description": {"type": "string", "minLength": 1},
        "check_name": {"type": "string", "minLength": 1},
        "fingerprint": {"type": "string", "minLength": 1},
        "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
        "location": strict(
            {"path": {"type": "string", "minLength": 1}, "lines": strict({"begin": {"minimum": 1}}, "begin")},
            *("path", "lines"),
        ),
    },
    *("description", "check_name", "fingerprint", "severity", "location"),
)


@settings(max_examples=60)
@given(strategies.intakes(), strategies.views(), strategies.policies(), st.sampled_from(LOCALES))
def test_every_array_is_one_that_gitlab_takes(found, view, policy, locale) -> None:
    verdict = making.decided(found, view, policy=policy)
    issues = json.loads(codequality.render(verdict, WORDS[locale], CONTEXT))
    jsonschema.Draft202012Validator(each(ISSUE)).validate(issues)
    names = [issue["fingerprint"] for issue in issues]
    assert len(set(names)) == len(names) == len(verdict.findings) + len(verdict.gaps) + len(verdict.missing)


def test_an_emergency_is_the_worst_and_a_gap_stands_at_its_file() -> None:
    verdict = SCENES["each-rule"]()
    issues = json.loads(codequality.render(verdict, WORDS["en"], CONTEXT))
    assert [issue["check_name"] for issue in issues if issue["severity"] == "blocker"] == ["OSG105"]
    gaps = (
        Gap("package-lock.json", "before-unreadable", (("reason", "nul"),)),
        Gap("takeaway", "old", (("hours", "9"),)),
    )
    verdict = making.decided(making.intake([ODD], gaps=(gaps[0], *gaps, gaps[0])))
    told = [i for i in json.loads(codequality.render(verdict, WORDS["en"], CONTEXT)) if i["check_name"] == "osgate-gap"]
    assert [issue["location"]["path"] for issue in told] == ["package-lock.json"] * 2 + [
        ".osgate/osgate.lock",
        "package-lock.json",
    ]
    assert len({issue["fingerprint"] for issue in told}) == 4


@settings(max_examples=60)
@given(strategies.intakes(), strategies.views(), strategies.policies(), st.sampled_from(LOCALES))
def test_every_xml_is_read_and_its_numbers_hold(found, view, policy, locale) -> None:
    verdict = making.decided(found, view, policy=policy)
    root = ET.fromstring(junit.render(verdict, WORDS[locale], CONTEXT))
    cases = list(root.iter("testcase"))
    names = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(set(names)) == len(names)
    for element in (root, root[0]):
        assert int(element.get("tests", "")) == len(cases)
        assert int(element.get("failures", "")) == len(list(root.iter("failure")))
        assert int(element.get("skipped", "")) == len(list(root.iter("skipped")))
    assert (verdict.outcome == "block") == bool(list(root.iter("failure")))
    for element in root.iter():
        for text in (*element.attrib.values(), element.text or ""):
            assert all(line.isprintable() for line in text.splitlines()), text


def test_names_that_look_alike_are_still_two_cases() -> None:
    twins = [
        replace(ODD, dependency=replace(ODD.dependency, purl=purl))
        for purl in ("pkg:npm/a@1", "pkg:pypi/a@1", "pkg:npm/a@1%232")
    ]
    root = ET.fromstring(junit.render(seen(*twins), WORDS["en"], Context()))
    assert [case.get("name") for case in root.iter("testcase")] == ["a 1", "a 1#2", "a 1#2#2"]
    assert root[0].get("timestamp") is None


# --- addresses


@given(st.text(max_size=20))
def test_an_address_holds_only_what_a_path_may(path: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._~/-]*|(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})*", escaped(path))
    if not re.search("[\ud800-\udfff]", path):
        from urllib.parse import unquote

        assert unquote(escaped(path)) == path


def test_bytes_that_are_no_text_come_back_as_they_were() -> None:
    assert escaped("a\udc80b") == "a%80b"
    assert escaped("\ud800") == "%ED%A0%80"


@pytest.mark.parametrize(("line", "wanted"), [(3, "https://x.example/a%20b#L3"), (0, "https://x.example/a%20b")])
def test_a_place_has_an_address(line: int, wanted: str) -> None:
    assert file_address("https://x.example/{path}#L{line}", "a b", line) == wanted
    assert file_address("", "a b", line) == ""
