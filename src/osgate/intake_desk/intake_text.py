"""What a request says beside its packages, a line each, for whoever decides on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.intake_desk.families import example
from osgate.ledger.fold import Sealed
from osgate.text.translator import Translator
from osgate.text.width import printable

# Fields that are told as they were said, and those whose values have words of their own.
_TEXTS = ("purpose", "usage", "supplier", "contract")
_WORDED = {"distribution": "distribution", "operating_model": "operating-model"}


def intake_lines(body: Mapping[str, Any], t: Translator) -> Iterator[str]:
    """Yield what the record says of its kind and channel, purpose, alternatives, reach, and who stands for it."""
    if "channel" in body:
        kind, channel = t(f"object.{body['kind']}"), t(f"channel.{body['channel']}")
        yield t("intake.line", kind=kind, channel=channel)
    yield from (t(f"intake.{field}", text=body[field]) for field in _TEXTS[:1] if field in body)
    yield from alternatives(body, t)
    yield from (t(f"intake.{field}", text=body[field]) for field in _TEXTS[1:] if field in body)
    for field, family in _WORDED.items():
        if field in body:
            yield t(f"intake.{field}", text=t(f"{family}.{body[field]}"))
    if "owner" in body or "backup" in body:
        yield t("intake.owner", owner=body.get("owner", "-"), backup=body.get("backup", "-"))


def alternatives(body: Mapping[str, Any], t: Translator) -> Iterator[str]:
    """Yield what else could be used: what a request considered, or what another record says to use instead."""
    if body.get("alternatives"):
        key = "intake.alternatives" if body["verb"] == "request" else "intake.instead"
        yield t(key, text=t("join.items").join(body["alternatives"]))


def joined_lines(id: str, sealed: Iterable[Sealed], t: Translator) -> Iterator[str]:
    """Yield who else asked for what the request `id` asks for, and why."""
    for item in sealed:
        if item.body.get("joins") == id:
            yield t("intake.joined", person=item.body["person"], reason=item.body["reason"])


def subject_line(subject: Mapping[str, Any], t: Translator) -> str:
    """One line on a subject: component and range; of a family, how many builds were seen and what it means."""
    line = f"{subject['purl']}  {subject.get('range', '')}".rstrip()
    if not str(subject["purl"]).endswith("*"):
        return printable(line)
    seen = t.count("family.seen", len(subject["members"])) if subject.get("members") else t("family.any")
    return printable(f"{line}  {t('family.note', seen=seen, example=example(subject['purl']))}")
