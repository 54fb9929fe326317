"""What the ledger says about a component, a line each, for `explain` and `ledger show`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from osgate.intake_desk import fences
from osgate.intake_desk.intake_text import intake_lines
from osgate.ledger import codec
from osgate.model.decision import Standing, Waiting
from osgate.reports.detail import given
from osgate.text.translator import Translator

# Words of the catalogue for each kind of limit, below `limit.`, in the order in which they are told.
LIMITS = ("projects", "classes", "environments", "scopes")


def standing_lines(standing: Standing, t: Translator, name: Callable[[str], str] = str) -> Iterator[str]:
    """What stands: effect, range, who, when, until when, why; in a second line what it is limited to."""
    effect = "break-glass" if standing.effect == "approve" and standing.incident else standing.effect
    of_waiver = "-waiver" if standing.effect == "revoke" and standing.rules else ""
    yield t(
        f"explain.{effect}{of_waiver}",
        range=standing.range or t("range.all"),
        persons=t("join.names").join(map(name, standing.persons)),
        on=standing.sealed_at[:10],
        until=standing.by or standing.expires or t("until.open"),
        record=codec.short(standing.record),
        request=codec.short(standing.request),
        reason=standing.reason,
        incident=standing.incident or "-",
        rules=t("join.items").join(standing.rules),
    )
    for line in fences.fence_lines([standing.fence], t) if standing.effect == "approve" and standing.fence else ():
        yield "  " + line
    limits = limited({name: getattr(standing, name) for name in LIMITS}, t, standing.distribution)
    if limits and not of_waiver:
        yield "  " + t("explain.only", limits=limits)
    if standing.alternatives:
        yield "  " + t("explain.instead", names=t("join.items").join(standing.alternatives))


def limited(limits: Mapping[str, Iterable[str]], t: Translator, distribution: str = "") -> str:
    """The limits of a decision by name of LIMITS, as one text; empty where there are none.

    distribution: how widely what it lets in may be given out at most; empty for any.
    """
    shown = [(name, t("join.items").join(limits.get(name, ()))) for name in LIMITS]
    shown += [("distribution", t(f"distribution.{distribution}"))] if distribution else []
    return t("join.facts").join(t(f"limit.{name}", names=names) for name, names in shown if names)


def record_lines(body: Mapping[str, Any], t: Translator) -> Iterator[str]:
    """What a record that somebody answers lets in or leaves: a waiver's rules and end, what a request says, the limits
    of all.
    """
    if "rules" in body:
        yield t("deciding.waives", rules=t("join.items").join(body["rules"]), until=body["expires"])
    yield from intake_lines(body, t)
    scopes = {scope: None for subject in body.get("subjects", ()) for scope in subject.get("scope", ())}
    limits = limited({**body, "scopes": scopes}, t)
    if limits:
        yield t("explain.only", limits=limits)


def waiting_line(waits: Waiting, t: Translator) -> str:
    """One line on a request that nobody has decided: range, request, approvals given and wanted."""
    return t("explain.waiting", range=waits.range, request=codec.short(waits.request), roles=given(waits.roles, t))


def proposed_line(waits: Waiting, t: Translator) -> str:
    """One line on a waiver that more persons must confirm: range, its id, roles given and wanted."""
    range = waits.range or t("range.all")
    return t("explain.proposed", range=range, request=codec.short(waits.request), roles=given(waits.roles, t))
