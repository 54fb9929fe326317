"""The packages of a record, each with the versions it is about, as a list, in a sentence, in a table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from osgate.reports.markdown import reach as ranges
from osgate.reports.markdown.text import cell, code
from osgate.text.translator import Translator

# Rows of a table; packages of a list.
_ROWS, _LISTED = 100, 20
_COLUMNS = ("package", "range", "versions", "licence", "install", "seen")

Subject = Mapping[str, Any]


def listed(subjects: Iterable[Subject], t: Translator) -> str:
    """Return the packages as a list."""
    there = list(subjects)
    pairs = map(pair, there[:_LISTED])
    lines = [t("heard.package", package=code(purl), reach=ranges.reach(range, t)) for purl, range in pairs]
    lines += [t.count("list.more", len(there) - _LISTED)] if len(there) > _LISTED else []
    return "\n".join(f"- {line}" for line in lines)


def inline(subjects: Iterable[Subject], t: Translator) -> str:
    """Return the packages as a part of a sentence."""
    return ranges.inline(map(pair, subjects), t)


def pair(subject: Subject) -> tuple[str, str]:
    """Return the purl and the range of a subject."""
    return str(subject["purl"]), str(subject.get("range", ""))


def table(subjects: Iterable[Subject], t: Translator) -> str:
    """Return the packages as a table, with what the manifests tell of each: its licence, and what runs at install."""
    there = list(subjects)
    heads = [t(f"heard.column-{name}") for name in _COLUMNS]
    rows = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    rows += [f"| {' | '.join(map(cell, _row(one, t)))} |" for one in there[:_ROWS]]
    more = [t.count("list.more", len(there) - _ROWS)] if len(there) > _ROWS else []
    return "\n".join(rows) + "".join(f"\n\n{one}" for one in more)


def _row(subject: Subject, t: Translator) -> list[str]:
    runs = subject.get("install_code")
    install = t("heard.not-told") if runs is None else t("heard.yes" if runs else "heard.no")
    licence = _few(subject.get("licences", ())) or t("heard.not-told")
    versions, seen = (_few(subject.get(key, ())) or "–" for key in ("versions", "seen_in"))
    purl, range = pair(subject)
    return [code(purl), ranges.reach(range, t), versions, licence, install, seen]


def _few(words: Iterable[str]) -> str:
    there = list(words)
    return ", ".join([*map(code, there[:3]), *(["…"] if len(there) > 3 else [])])
