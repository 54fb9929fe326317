"""What a person is about to sign, a line each: until when it would count, on what it rests, what others said so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from osgate.cli.standings import limited
from osgate.ledger import codec
from osgate.ledger.fold import RequestState, Sealed, State
from osgate.text.translator import Translator

# Fields that say until when a record counts, with how they are told.
_ENDS = {"expires": "until", "expires_at": "until", "valid_until": "valid-until"}


def lines(fields: Mapping[str, Any], target: str, state: State, t: Translator) -> Iterator[str]:
    """Yield what the record of `fields` says beside its target, then what others decided on that.

    target: id of the record it answers; state: the ledger.
    """
    told = state.requests.get(target)
    yield from (said_line(one, t) for one in (_said(told) if told else ()))
    for field, key in _ENDS.items():
        if fields.get(field):
            yield t(f"signing.{key}", until=instant(str(fields[field])))
    limits = limited(fields, t, str(fields.get("distribution", "")))
    if limits:
        yield t("signing.limits", limits=limits)
    for code in fields.get("obligations", ()):
        yield t("signing.obligation", code=code, text=t(f"licence.duty.{code}"))
    if fields.get("alternatives"):
        yield t("intake.instead", text=t("join.items").join(fields["alternatives"]))
    for one in fields.get("evidence", ()):
        key = "file" if "digest" in one else "reference"
        yield t(f"signing.{key}", **{**one, "digest": codec.short(str(one.get("digest", "")))})


def _said(told: RequestState) -> Iterable[Sealed]:
    """Assessments, broken glass, the approvals that count, and the renewals of the round under way."""
    return (*told.assessed, *told.broken, *told.counted, *(told.renewed.open if told.renewed else ()))


def said_line(one: Sealed, t: Translator) -> str:
    """One line on what somebody decided or assessed: verb, role, person, day, and until when it counts."""
    body = one.body
    until = next((str(body[field]) for field in _ENDS if body.get(field)), "")
    said = {"verb": t(f"verb.{body['verb']}"), "role": body["role"], "person": body["person"]}
    key = "signing.said-until" if until else "signing.said"
    return t(key, **said, on=one.sealed_at[:10], until=instant(until), reason=body["reason"])


def instant(text: str) -> str:
    """A day as it stands; an instant to the minute, UTC."""
    return f"{text[:10]} {text[11:16]} UTC" if "T" in text else text
