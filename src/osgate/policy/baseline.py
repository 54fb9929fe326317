"""`.osgate/baseline.json`: what a repository held before the gate came, with an owner and a date for each entry.

Written by `osgate baseline`, one entry a line, without line numbers, so that two branches seldom conflict. It counts
only as it stands on the base branch, and it may only shrink.
"""

from __future__ import annotations

from osgate import light_json
from osgate.errors import UsageError
from osgate.model.finding import NEVER_EXCUSED
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

PATH = ".osgate/baseline.json"
SCHEMA = "osgate.baseline/1"
# Rules about our own files: a baseline that excused them would let itself grow.
_OWN_RULES = "OSG4"
# Findings that tell of an attack, whoever was there first.
_ATTACKS = ("OSG208", "OSG209", "OSG211", "OSG503")


@record
class Entry:
    """One thing that was there. purl: with version where it has one; empty for a finding about the file itself.

    path: the manifest. rules: the findings it had. owner: who sees to it. due: last day (ISO) it counts. line: in the
    baseline file.
    """

    purl: str
    path: str
    rules: tuple[str, ...]
    owner: str
    due: str
    line: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """What an entry is about; a baseline has one entry for each."""
        return self.purl, self.path


Baseline = dict[tuple[str, str], Entry]


def parse(data: bytes, path: str = PATH) -> Baseline:
    """Read a baseline. Raises UsageError("baseline.malformed") naming the path, the line and what is wrong."""
    entries: Baseline = {}
    number = 0
    try:
        found = light_json.loads(data.decode("utf-8-sig"))
        if not isinstance(found, dict) or found.get("schema") != SCHEMA or set(found) != {"schema", "entries"}:
            raise ValueError(f"wanted schema {SCHEMA!r} and entries, nothing else")
        for number, item in enumerate(found["entries"], 1):
            entry = _entry(item, _line(data, number))
            if entry.key in entries:
                raise ValueError(f"{entry.purl or entry.path} stands twice")
            entries[entry.key] = entry
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        line = _line(data, number) if number else 1
        raise UsageError("baseline.malformed", path=path, line=line, detail=str(error)[:200]) from error
    return entries


def excusable(rule: str) -> bool:
    """True if an entry may excuse findings of `rule`: nothing about our own files, and of what takes away only what
    is retired, whose use goes on until a date; nor what is malicious, or comes from where somebody else put it.
    """
    return rule == "OSG113" or (rule not in (*NEVER_EXCUSED, *_ATTACKS) and not rule.startswith(_OWN_RULES))


def printed(entries: Iterable[Entry]) -> bytes:
    """Return the file of `entries`, in the order of path and purl; `parse` gives them back."""
    import json

    lines = [
        json.dumps({"purl": e.purl, "path": e.path, "rules": sorted(e.rules), "owner": e.owner, "due": e.due})
        for e in sorted(entries, key=lambda e: (e.path, e.purl))
    ]
    body = ",\n".join(f"    {line}" for line in lines)
    inside = f"[\n{body}\n  ]" if lines else "[]"
    return f'{{\n  "schema": "{SCHEMA}",\n  "entries": {inside}\n}}\n'.encode()


def _entry(item: Any, line: int) -> Entry:
    if not isinstance(item, dict) or set(item) != {"purl", "path", "rules", "owner", "due"}:
        raise ValueError("an entry has purl, path, rules, owner and due, nothing else")
    texts = [item[name] for name in ("purl", "path", "owner", "due")]
    rules = item["rules"]
    if not all(isinstance(text, str) for text in texts) or not isinstance(rules, list):
        raise ValueError("purl, path, owner and due are texts, rules is a list")
    if not rules or not all(isinstance(rule, str) for rule in rules):
        raise ValueError("rules names at least one rule")
    item["path"].encode("utf-8", "surrogateescape")  # What git could not have told is a ValueError here.
    if not item["path"] or not item["owner"] or not _day(item["due"]):
        raise ValueError("path and owner are not empty, due is a date like 2027-05-31")
    return Entry(item["purl"], item["path"], tuple(rules), item["owner"], item["due"], line)


def _day(text: str) -> bool:
    """True for what looks like an ISO date; a calendar would cost more than the rest of the file."""
    parts = text.split("-")
    return [len(part) for part in parts] == [4, 2, 2] and text.isascii() and all(part.isdigit() for part in parts)


def _line(data: bytes, number: int) -> int:
    """The line of an entry as `printed` lays the file out: three lines come before the first."""
    return min(3 + number, data.count(b"\n") + 1)
