"""The verdict as SARIF 2.1.0 (OASIS, errata 01), as code scanning services take it.

One run. A finding that is waived or that the baseline covers is a result with a suppression and the level `note`: not
every service reads suppressions, and none of these may stop a change. Under `observe` nothing is told as an error.
"""

from __future__ import annotations

import json
from functools import cache

from osgate import __version__
from osgate.model.finding import SLUGS, WARNING
from osgate.reports import detail, words
from osgate.reports.address import escaped
from osgate.text.rules import RULE_IDS, rule_text
from osgate.text.width import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from osgate.model.change import Introduced
    from osgate.model.finding import Finding
    from osgate.model.gap import Gap
    from osgate.model.verdict import Verdict
    from osgate.reports.context import Context
    from osgate.text.translator import Translator

    Places = Mapping[tuple[str, str], Introduced]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# Results that GitHub shows; it takes 25,000, and 20 runs in a file.
RESULTS = 5000
ROOT = "%SRCROOT%"
# BCP 47 names of the catalogue's locales.
_LANGUAGES = {"en": "en-US", "zh_CN": "zh-CN"}


def render(verdict: Verdict, t: Translator, context: Context) -> str:
    """Return the SARIF log as ASCII JSON, indented, ending with a newline; results beyond RESULTS are counted."""
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(verdict, t, context)]}, indent=2) + "\n"


def _run(verdict: Verdict, t: Translator, context: Context) -> dict[str, Any]:
    found = list(words.numbered((*words.open_findings(verdict), *_excused(verdict))))
    kept = found[:RESULTS]
    rules = sorted({finding.rule for finding, _ in kept})
    places = {(i.dependency.purl, i.dependency.path): i for i in reversed(verdict.introduced)}
    items = detail.by_place(verdict)
    excuses = _excuses(verdict, t)
    results = []
    for finding, name in kept:
        result = _result(finding, name, words.level(finding, verdict), rules, t)
        related = _related(items.get((finding.purl, finding.path, finding.line)), places, t)
        result |= {"relatedLocations": related} if related else {}
        excuse = excuses.get((finding.fingerprint, finding.waived))
        if excuse is not None:
            result |= {"level": "note", "suppressions": [{"kind": "external", "justification": excuse}]}
        results.append(result)
    driver = {"name": "osgate", "version": __version__, "language": _LANGUAGES[t.locale]}
    return {
        "tool": {"driver": {**driver, "rules": [_rule(id, t) for id in rules]}},
        "language": _LANGUAGES[t.locale],
        "automationDetails": {"id": "/".join(["osgate/intake", *filter(None, [escaped(verdict.project)]), ""])},
        "originalUriBaseIds": {ROOT: {"description": {"text": t("sarif.root")}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(verdict, len(found) - len(kept), t, context)],
        "results": results,
        "properties": _properties(verdict, len(found) - len(kept), context),
    }


def _excused(verdict: Verdict) -> Iterable[Finding]:
    return (*[finding for finding in verdict.findings if finding.waived], *verdict.baselined)


def _excuses(verdict: Verdict, t: Translator) -> dict[tuple[str, bool], str]:
    """Why a finding is suppressed, by its fingerprint and whether it is waived."""
    covered = {(finding.fingerprint, False): t("baseline.covered") for finding in verdict.baselined}
    return covered | {(f.fingerprint, True): printable(detail.excuse(by, t)) for f, by in words.waived(verdict)}


def _result(finding: Finding, name: str, level: str, rules: list[str], t: Translator) -> dict[str, Any]:
    return {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": level,
        "message": {"text": _message(words.sentence(finding, t))},
        "locations": [{"physicalLocation": _physical(finding.path, finding.line)}],
        # GitHub tells alerts apart by the first of these alone, with rule and path; it has to be unique.
        "partialFingerprints": {"primaryLocationLineHash": name, "osgate/v1": finding.fingerprint},
        "properties": {"purl": printable(finding.purl), "fingerprint": finding.fingerprint, "waived": finding.waived},
    }


def _message(text: str) -> str:
    """Plain message text: braces would be placeholders (3.11.5), brackets the text of a link (3.11.6)."""
    for character, written in (("\\", "\\\\"), ("[", "\\["), ("]", "\\]"), ("{", "{{"), ("}", "}}")):
        text = text.replace(character, written)
    return text


def _physical(path: str, line: int) -> dict[str, Any]:
    """Where something stands; a line that is not known makes no region, and columns are never known."""
    region = {"region": {"startLine": line}} if line else {}
    return {"artifactLocation": {"uri": escaped(path), "uriBaseId": ROOT}, **region}


def _related(item: Introduced | None, places: Places, t: Translator) -> list[dict[str, Any]]:
    """What brings a dependency in, from the direct one down, with its place where this change brings that in, too."""
    found = []
    for at, purl in enumerate(detail.ends(item.via) if item is not None else ()):
        message = _message(printable(t("sarif.via", name=detail.named(purl))))
        known = places.get((purl, item.dependency.path)) if item is not None else None
        place = {"physicalLocation": _physical(known.dependency.path, known.dependency.line)} if known else {}
        logical = {"fullyQualifiedName": printable(purl), "kind": "package"}
        found.append({"id": at + 1, "message": {"text": message}, "logicalLocations": [logical], **place})
    return found


def _rule(id: str, t: Translator) -> dict[str, Any]:
    title, text = _help(id, t.locale)
    help = {"fullDescription": {"text": title}, "help": {"text": text, "markdown": text}} if text else {}
    return {
        "id": id,
        "name": SLUGS[id],
        "shortDescription": {"text": title},
        **help,
        "defaultConfiguration": {"level": "warning" if id in WARNING else "error"},
        "properties": {"tags": ["supply-chain", "intake"], "precision": "very-high"},
    }


@cache
def _help(id: str, locale: str) -> tuple[str, str]:
    """The title and the text of a rule; one that has no text is called by its short name."""
    if id not in RULE_IDS:
        return SLUGS[id], ""
    text = rule_text(id, locale)
    return text.partition("\n")[0].removeprefix(f"# {id} {SLUGS[id]}").lstrip(":： ") or SLUGS[id], text


def _invocation(verdict: Verdict, left_out: int, t: Translator, context: Context) -> dict[str, Any]:
    """How the run went; what osgate could not see is told as notifications."""
    told = [_notification("error", "missing", _gap(gap, t)) for gap in verdict.missing]
    told += [_notification("note", "gap", _gap(gap, t)) for gap in verdict.gaps]
    told += [_notification("note", "facts", _message(said)) for said in words.of_facts(verdict, t)]
    told += [_notification("warning", "left-out", t.count("report.left-out", left_out))] if left_out else []
    ended = {"endTimeUtc": context.now} if context.now else {}
    return {"executionSuccessful": not verdict.missing, **ended, "toolExecutionNotifications": told}


def _gap(gap: Gap, t: Translator) -> str:
    return _message(words.gap(gap, t))


def _notification(level: str, id: str, text: str) -> dict[str, Any]:
    return {"descriptor": {"id": id}, "level": level, "message": {"text": text}}


def _properties(verdict: Verdict, left_out: int, context: Context) -> dict[str, Any]:
    stamp = verdict.stamp
    known = {"serial": stamp.serial, "digest": stamp.digest, "anchor": stamp.anchor} if stamp else None
    return {
        "outcome": verdict.outcome,
        "would": verdict.would,
        "mode": verdict.mode,
        "repository": context.repository,
        "introduced": len(verdict.introduced),
        "leftOut": left_out,
        "snapshot": known,
    }
