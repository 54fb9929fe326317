"""What the ledger says about a component, a line each, for `explain` and `ledger show`."""

from __future__ import annotations

from osgate.ledger import codec
from osgate.model.decision import Standing, Waiting
from osgate.reports.detail import given
from osgate.text.translator import Translator


def standing_line(standing: Standing, t: Translator) -> str:
    """One line on what stands: effect, range, who, when, until when, why."""
    return t(
        f"explain.{standing.effect}",
        range=standing.range or t("range.all"),
        persons=t("join.items").join(standing.persons),
        on=standing.sealed_at[:10],
        until=standing.expires or t("until.open"),
        record=codec.short(standing.record),
        request=codec.short(standing.request),
        reason=standing.reason,
        incident=standing.incident or "-",
    )


def waiting_line(waits: Waiting, t: Translator) -> str:
    """One line on a request that nobody has decided: range, request, approvals given and wanted."""
    return t("explain.waiting", range=waits.range, request=codec.short(waits.request), roles=given(waits.roles, t))
