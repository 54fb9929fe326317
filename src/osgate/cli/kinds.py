"""What the ledger holds of one kind (code, component, software, cloud service), for `osgate ledger show --kind`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.cli import console
from osgate.ledger import codec, stages
from osgate.ledger.fold import Sealed, State, fold
from osgate.policy.schema import KINDS
from osgate.text.translator import Translator
from osgate.text.width import printable

Subject = Mapping[str, Any]


def listed(kind: str, sealed: Iterable[Sealed], today: str, t: Translator) -> Iterator[str]:
    """Yield a line for each subject of `kind` that was asked for or taken over, whatever became of it, and a total.

    today: ISO date, UTC. What joined another request is told there and not again. Raises UsageError("usage") for a kind
    there is none of.
    """
    if kind not in KINDS:
        choices = ", ".join(KINDS)
        raise console.usage("ledger", t("usage.choice", flag="kind", choices=choices, found=kind))
    state = fold(sealed)
    found = sorted(_entries(kind, state), key=lambda entry: (entry[0]["purl"], entry[1].serial, entry[1].id))
    for subject, item in found:
        yield _line(subject, item, stages.stage_of(item.id, state, today), t)
    said = t(f"object.{kind}")
    yield t.count("kinds.total", len(found), kind=said) if found else t("kinds.none", kind=said)


def _entries(kind: str, state: State) -> Iterator[tuple[Subject, Sealed]]:
    """The subjects of this kind, each with the record that names it."""
    for told in state.requests.values():
        if told.status != "joined" and told.request.body["kind"] == kind:
            yield from ((subject, told.request) for subject in told.request.body["subjects"])
    for id, joint in state.joint.items():
        if joint.first.body["verb"] == "import" and id == joint.first.id:
            own = joint.first.body.get("kind", "component")
            yield from ((s, joint.first) for s in joint.first.body["subjects"] if s.get("kind", own) == kind)


def _line(subject: Subject, item: Sealed, stage: str, t: Translator) -> str:
    said = t(
        "kinds.line",
        purl=subject["purl"],
        range=subject.get("range", ""),
        stage=t(f"stage.{stage}"),
        request=codec.short(item.id),
        person=item.body["person"],
        on=item.sealed_at[:10],
    )
    return printable(said)
