"""`osgate people import`: what a directory's dump (LDAP as CSV) says of persons, merged into people.toml."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from osgate import wiring
from osgate.cli import console, flags
from osgate.cli.policy import written
from osgate.errors import BLOCKED, PASS, Mistakes, UsageError
from osgate.intake_desk import desk
from osgate.io import files, tables
from osgate.model.record import replace
from osgate.policy import people_dump, people_file
from osgate.policy.people_dump import Columns
from osgate.policy.people_file import Merged
from osgate.policy.people_text import PATH
from osgate.text.translator import Translator
from osgate.text.width import printable

ACTIONS = ("import",)


def run(argv: list[str]) -> int:
    """Tell what a dump changes, and write it with `--write`. Exits 1 where rows could not be used: they are told."""
    asked = flags.read("people", argv, ("help", "complete", "even-many", "write"), ("policy", "map", "language"))
    t = console.speak(asked.get("language", ""))
    words = asked[""].split("\0") if asked[""] else []
    if "help" in asked or not words:
        console.say(t("help.people"))
        return PASS
    if words[0] not in ACTIONS or len(words) > 2:
        extra = words[2:] if words[0] in ACTIONS else words
        raise console.usage("people", t("usage.extra", words=" ".join(extra)))
    if len(words) < 2:
        raise console.usage("people", t("usage.missing", what="FILE"))
    folder = asked.get("policy", ".")
    now = written(folder)
    if PATH not in now:
        raise UsageError("path.missing", path=os.path.join(folder, PATH))
    found = _merged(words[1], asked, now[PATH], t)
    _tell(found, "complete" in asked, t)
    if "even-many" not in asked:
        _must_be_few(found)
    _must_be_valid({**now, PATH: found.data}, now)
    if "write" in asked and found.changed:
        files.write(os.path.join(folder, PATH), found.data)
        console.say(t("people.written", path=os.path.join(folder, PATH)))
    elif found.changed:
        console.say(t("people.not-written"))
    return BLOCKED if found.unread else PASS


def _merged(path: str, asked: Mapping[str, str], people: bytes, t: Translator) -> Merged:
    given = _columns(asked.get("map", ""))
    known = {word for words in people_dump.USUAL.values() for word in words}
    known |= {word.lower() for word in (*given.fields.values(), *given.forges.values())}

    def heads(texts: Sequence[str]) -> bool:
        return sum(text.strip().lower() in known for text in texts) > 1

    rows = tables.read(path, heads=heads)
    if not rows:
        raise UsageError("table.empty", path=path)
    headings = list(rows[0].cells)
    read = people_dump.understood(headings, given)
    lacks = list(people_dump.lacking(read, given))
    if lacks:
        raise UsageError("people.column", path=path, column=lacks[0], found=", ".join(headings)[:200])
    understood = [f"{heading} = {field}" for field, heading in (*read.fields.items(), *read.forges.items())]
    console.say(printable(t("people.read", n=len(rows), path=path, columns=t("join.items").join(understood))))
    entries, unread = people_dump.entries(((row.line, row.cells) for row in rows), read)
    # Whoever stands in a row that cannot be read is not missing.
    found = people_file.merged(people, entries, wiring.now().day, "complete" in asked and not unread)
    left = sorted((*unread, *found.unread), key=lambda row: row.line)
    return replace(found, unread=tuple(left))


def _columns(path: str) -> Columns:
    if not path:
        return Columns({}, {})
    data = files.read(path)
    if data is None:
        raise UsageError("path.missing", path=path)
    return people_dump.columns(data, path)


def _tell(found: Merged, complete: bool, t: Translator) -> None:
    for change in found.changes:
        console.say(printable(t(f"people.{change.code}", person=change.person, **change.params)))
    for row in found.unread:
        said = t(f"people.row-{row.code}", **{**row.params, "at": row.line})
        console.say(printable(t("people.unread", line=row.line, said=said)), sys.stderr)
    if not found.changes and not found.unread:
        console.say(t("people.same"))
    if found.unread and complete:
        console.say(t("people.nobody-ends"), sys.stderr)
    if found.unread:
        console.say(t.count("people.unread-all", len(found.unread)), sys.stderr)


def _must_be_few(found: Merged) -> None:
    """Raise UsageError where more end than people leave at once: a dump that was cut off looks the same."""
    if found.too_many:
        raise UsageError("people.many", n=found.ending, persons=found.persons)
    if found.orphaned:
        role, person = found.orphaned[0]
        raise UsageError("people.last-holder", role=role, person=person)


def _must_be_valid(after: Mapping[str, bytes], before: Mapping[str, bytes]) -> None:
    """Raise Mistakes for what the import would break; what was wrong before is `policy lint`'s to tell."""
    known = {(mistake.path, mistake.code) for mistake in desk.lint(before)}
    broken = tuple(mistake for mistake in desk.lint(after) if (mistake.path, mistake.code) not in known)
    if broken:
        raise Mistakes(broken)
