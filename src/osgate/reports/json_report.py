"""The verdict as JSON: schema `osgate.verdict/1`, published beside this module and kept stable."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from osgate.model.change import Introduced
    from osgate.model.decision import Standing
    from osgate.model.dependency import Dependency
    from osgate.model.fact import FactSource
    from osgate.model.finding import Finding
    from osgate.model.gap import Gap
    from osgate.model.verdict import Passed, Verdict
    from osgate.reports.context import Context
    from osgate.text.translator import Translator

VERDICT = "osgate.verdict/1"


def render(verdict: Verdict, t: Translator | None = None, context: Context | None = None) -> str:
    """Return the verdict as one JSON document, indented, ending with a newline; it needs no words and no context.

    ASCII only: the same bytes on every console, and nothing in a name can steer a terminal.
    """
    return json.dumps(to_json(verdict), indent=2) + "\n"


def to_json(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as JSON values."""
    stamp = verdict.stamp
    return {
        "schema": VERDICT,
        "outcome": verdict.outcome,
        "mode": verdict.mode,
        "would": verdict.would or None,
        "project": verdict.project or None,
        "base": verdict.base,
        "head": verdict.head,
        "whole": verdict.whole,
        "snapshot": None
        if stamp is None
        else {
            "serial": stamp.serial,
            "digest": stamp.digest,
            "anchor": stamp.anchor,
            "policy": stamp.policy,
            "issued": stamp.issued,
            "expires": stamp.expires,
        },
        "files": list(verdict.files),
        "introduced": [_introduced(item) for item in verdict.introduced],
        "findings": [_finding(finding) for finding in verdict.findings],
        "baselined": [_finding(finding) for finding in verdict.baselined],
        "waivers": [_waiver(fingerprint, standing) for fingerprint, standing in verdict.waivers],
        "passed": [_passed(one) for one in verdict.passed],
        "removed": list(verdict.removed),
        "deleted": list(verdict.deleted),
        "moved": [{"from": old, "to": new} for old, new in verdict.moved],
        "gaps": [_gap(gap) for gap in verdict.gaps],
        "missing": [_gap(gap) for gap in verdict.missing],
        "not_evaluated": list(verdict.unevaluated),
        "sources": [_source(source) for source in verdict.sources],
    }


def _introduced(item: Introduced) -> dict[str, Any]:
    dependency = item.dependency
    return {
        "change": item.change,
        "purl": dependency.purl,
        "kind": "component",
        "path": dependency.path,
        "line": dependency.line,
        "scope": dependency.scope,
        "direct": dependency.direct,
        "via": list(item.via),
        "previous": list(item.previous),
        "requirement": dependency.requirement,
        "alias": dependency.alias,
        "source": source_to_json(dependency),
        "digests": list(dependency.digests),
        "install_code": dependency.install_code,
    }


def source_to_json(dependency: Dependency) -> dict[str, Any]:
    """Return where a dependency comes from, as `check` and `deps` print it."""
    source = dependency.source
    return {"kind": source.kind, "url": source.url, "ref": source.ref}


def dependency_to_json(dependency: Dependency) -> dict[str, Any]:
    """Return one line of `osgate deps --format json`."""
    return {
        "purl": dependency.purl,
        "path": dependency.path,
        "line": dependency.line,
        "scope": dependency.scope,
        "direct": dependency.direct,
        "parents": list(dependency.parents),
        "requirement": dependency.requirement,
        "alias": dependency.alias,
        "source": source_to_json(dependency),
        "digests": list(dependency.digests),
        "install_code": dependency.install_code,
    }


def _source(source: FactSource) -> dict[str, Any]:
    """Where facts came from: the day of its newest word, and its age in days at the check."""
    return {
        "name": source.name,
        "kind": source.kind,
        "date": source.date or None,
        "age": source.age if source.age >= 0 else None,
        "problem": source.problem or None,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "purl": finding.purl or None,
        "path": finding.path,
        "line": finding.line,
        "params": finding.params,
        "fingerprint": finding.fingerprint,
        "waived": finding.waived,
    }


def _waiver(fingerprint: str, standing: Standing) -> dict[str, Any]:
    """Which finding is waived, by whom, for what and until when."""
    return {
        "fingerprint": fingerprint,
        "component": standing.component,
        "rules": list(standing.rules),
        "range": standing.range,
        "record": standing.record,
        "request": standing.request,
        "persons": list(standing.persons),
        "on": standing.sealed_at[:10],
        "reason": standing.reason,
        "expires": standing.expires or None,
    }


def _passed(passed: Passed) -> dict[str, Any]:
    """What passes by a broken glass or in advance: exactly one of `record` and `origin` is not null."""
    by = passed.by
    sealed = bool(by.serial)
    return {
        "how": passed.how,
        "purls": list(passed.purls),
        "record": by.record if sealed else None,
        "request": by.request if sealed else None,
        "origin": None if sealed else by.record,
        "persons": list(by.persons),
        "incident": by.incident or None,
        "reason": by.reason,
        "expires": by.expires or None,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {"subject": gap.subject, "reason": gap.reason, "params": dict(gap.params)}
