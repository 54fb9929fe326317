"""What people must do, on every surface: sentences and lines, JSON, rows of a table. Items in, words out."""

from __future__ import annotations

import json
import shlex

from osgate.reports.detail import given
from osgate.text.translator import day
from osgate.text.width import printable, truncate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from osgate.model.agenda import Item
    from osgate.text.translator import Translator

    # Makes a value that somebody else chose safe for a surface.
    Shown = Callable[[str], str]
    # A person's id to how people know them there.
    Name = Callable[[str], str]

# Subjects that a line names, and columns that a reason may take.
NAMED, REASON = 2, 48
# Columns of a table, each with its words below `due.column-`.
COLUMNS = (
    *("kind", "what", "id", "subjects", "person", "others", "roles", "since", "days", "until", "left", "overdue", "do"),
    "reason",
)


def sentence(item: Item, t: Translator, name: Name, shown: Shown = printable) -> str:
    """Return what there is to do, in one sentence. shown: what is done to each value that is not osgate's own word."""
    state = ("blocked" if item.blocked else "past") if item.overdue else "ahead"
    open_roles = [*([given(item.roles, t)] if item.roles else []), *(_assessments(item, t))]
    label = t(f"due.paper-{item.name or 'any'}") if item.kind == "paper" else shown(item.name or "-")
    said = t(
        f"due.{item.kind}-{state}",
        id=shown(short(item.id)),
        name=label,
        person=shown(name(item.person)),
        verb=t(f"verb.{item.verb}") if item.verb else "",
        since=day(item.since) if item.since else "",
        until=until(item),
        grace=item.grace,
        roles=t("join.items").join(open_roles),
    )
    return t("due.stuck", said=said, roles=t("join.items").join(map(shown, item.stuck))) if item.stuck else said


def _assessments(item: Item, t: Translator) -> list[str]:
    return [t("need.assessment", role=role) for role in item.missing]


def until(item: Item) -> str:
    """Return the day, or for what has hours the minute in UTC, by which it is due or at which it ends."""
    return item.until[:10] + (f" {item.until[11:16]} UTC" if "T" in item.until else "")


def when(item: Item, t: Translator) -> str:
    """Return how long there is, or how long it is overdue."""
    if item.overdue:
        return t.count("due.over", -item.left) if item.left < 0 else t("due.over-now")
    return t.count("due.in", item.left) if item.left > 0 else t("due.today")


def short(id: str) -> str:
    """Return the digits of a record's id that people type; what is no record's id stays as it is."""
    return id.removeprefix("sha256:")[:12] if id.startswith("sha256:") else id


def about(item: Item, t: Translator, shown: Shown = printable) -> str:
    """Return the first subjects and how many more there are; empty for what has none."""
    more = [t("queue.more", n=len(item.subjects) - NAMED)] if len(item.subjects) > NAMED else []
    return t("join.items").join([*map(shown, item.subjects[:NAMED]), *more])


def action(item: Item, t: Translator, role: str = "") -> str:
    """Return the command that settles it, or in words what to do where no command does. role: who asks."""
    if not item.do:
        return t(f"due.do-{item.kind}", id=short(item.id))
    return command(item, role)


def command(item: Item, role: str = "") -> str:
    """Return the command that settles it, ready but for the reason; empty where none does."""
    acting = role if role in item.turn else next(iter(item.turn), "ROLE")
    return shlex.join(word or acting for word in item.do) + (' "..."' if item.do[-1:] == ("--reason",) else "")


def due_lines(item: Item, t: Translator, name: Name, role: str = "") -> str:
    """Return the two lines of `osgate due`: how long and what; about which components, and what to do."""
    head = t("due.line", when=when(item, t), said=sentence(item, t, name))
    do, said = printable(action(item, t, role)), about(item, t)
    return f"{printable(head)}\n  {t('terminal.line', label=said, text=do) if said else do}"


def queue_lines(item: Item, t: Translator, name: Name) -> str:
    """Return the lines of `osgate queue`: how long it waits for whom; components and reason; what else was thought of,
    who else asked."""
    head = t(
        "queue.overdue" if item.overdue else "queue.line",
        age=t.count("queue.days", item.days),
        verb=t(f"verb.{item.verb}"),
        id=short(item.id),
        person=name(item.person),
        until=item.until,
        roles=t("join.items").join([given(item.roles, t), *_assessments(item, t)]),
    )
    lines = [head, "  " + t("terminal.line", label=about(item, t), text=truncate(item.reason, REASON))]
    if item.alternatives:
        lines.append("  " + t("intake.alternatives", text=t("join.items").join(item.alternatives)))
    if item.others:
        lines.append("  " + t("queue.others", persons=t("join.names").join(map(name, item.others))))
    if item.stuck:
        lines.append("  " + t("queue.stuck", roles=t("join.items").join(item.stuck)))
    return "\n".join(map(printable, lines))


def to_json(item: Item, role: str = "") -> dict[str, Any]:
    """Return an item as JSON values; the shape is published in schemas/due-1.schema.json."""
    return {
        "kind": item.kind,
        "id": item.id,
        "name": item.name or None,
        "verb": item.verb or None,
        "person": item.person or None,
        "others": list(item.others),
        "alternatives": list(item.alternatives),
        "subjects": [_subject(text) for text in item.subjects],
        "reason": item.reason or None,
        "sealed_at": item.since or None,
        "days": item.days,
        "until": item.until,
        "left": item.left,
        "overdue": item.overdue,
        "grace": item.grace or None,
        "roles": [list(role) for role in item.roles],
        "assessments": list(item.missing),
        "asks": list(item.asks),
        "stuck": list(item.stuck),
        "do": command(item, role) or None,
    }


def _subject(text: str) -> dict[str, str]:
    purl, _, range = text.partition(" ")
    if purl.startswith("project:"):
        return {"project": text.removeprefix("project:")}
    return {"purl": purl, "range": range}


def json_line(item: Item, role: str = "") -> str:
    """Return an item as one line of ASCII JSON."""
    return json.dumps(to_json(item, role))


def table(items: Iterable[Item], t: Translator, name: Name, role: str = "") -> list[list[object]]:
    """Return headings and one row an item, for a spreadsheet."""
    rows: list[list[object]] = [[t(f"due.column-{column}") for column in COLUMNS]]
    for item in items:
        waits = [*([given(item.roles, t)] if item.roles else []), *_assessments(item, t)]
        said: list[object] = [
            t(f"due.kind-{item.kind}"),
            sentence(item, t, name),
            short(item.id),
            "\n".join(item.subjects),
            name(item.person) if item.person else "",
            t("join.names").join(map(name, item.others)),
            t("join.items").join(waits or item.asks),
            item.since[:10],
            item.days,
            until(item),
            item.left,
            t("due.yes" if item.overdue else "due.no"),
            action(item, t, role),
            item.reason,
        ]
        rows.append(said)
    return rows
