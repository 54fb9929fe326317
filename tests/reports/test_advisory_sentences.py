"""Findings about advisories in a sentence and in brief, and a refusal for obligations that are open."""

from __future__ import annotations

from typing import Any

from osgate.model.finding import Finding
from osgate.reports import words
from osgate.reports.refusals import refusal
from osgate.text.translator import Translator

EN, ZH = Translator("en"), Translator("zh_CN")
FIXED = {"id": "GHSA-1", "aliases": ["CVE-2026-1"], "severity": "high", "score": "", "fixed": ["1.3.5"], "summary": ""}
OPEN = {**FIXED, "id": "GHSA-2", "aliases": [], "fixed": []}


def finding(rule: str, *advisories: dict[str, Any], **params: object) -> Finding:
    """A finding as the rule would make it."""
    given = {"fact": "advisory", "source": "npm/all.zip", "date": "2026-11-20", "value": advisories[0]["id"]}
    given |= {"ids": ["GHSA-1"], "count": len(advisories), "worst": "high", "fixed": "1.3.5", "doubt": ""}
    told = {**given, "advisories": list(advisories), **params}
    return Finding(rule, "error", "pkg:npm/left-pad@1.3.0", "package-lock.json", 3, told, "f")


def test_in_brief_a_vulnerability_has_severity_fix_and_name() -> None:
    both = finding("OSG501", FIXED, OPEN)
    brief = "vulnerable: high, fixed in: 1.3.5 (1 of 2; GHSA-2 names none) (CVE-2026-1 +1)"
    assert words.sentence(both, EN, family="brief") == brief
    assert "修复版本：1.3.5（2 项中的 1 项；GHSA-2 未注明）" in words.sentence(both, ZH)
    assert "修复版本：公告未注明" in words.sentence(finding("OSG502", OPEN, fixed=""), ZH, family="brief")


def test_what_is_malicious_is_told_with_the_summary_and_a_quarantine_without() -> None:
    listed = finding("OSG503", {**OPEN, "id": "MAL-1", "summary": "steals tokens"}, why="malicious-version")
    assert "is malicious: MAL-1 (steals tokens); a list names this version" in words.sentence(listed, EN)
    held = {"fact": "status", "value": "quarantined", "source": "x", "date": "2026-11-20", "why": "quarantined"}
    found = Finding("OSG503", "error", "pkg:npm/left-pad@1.3.0", "package-lock.json", 3, held, "f")
    assert "malicious: quarantined; its registry holds" in words.sentence(found, EN, family="brief")


def test_R02_8_open_obligations_are_refused_in_words_with_the_flag() -> None:
    params = {"id": "sha256:" + "ab" * 32, "needed": "attribution, source-of-files"}
    said, *lines = refusal("obligations-open", params, EN)
    assert "--obligations all" in said
    assert "ab" * 32 not in said
    assert lines == [
        "  - keep the copyright notices [attribution]",
        "  - make the source of the component's own files available [source-of-files]",
    ]
    assert "保留版权声明[attribution]" in "".join(refusal("obligations-open", params, ZH))
