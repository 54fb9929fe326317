"""What can be taken instead of what is stopped, in words: the param `instead` of a finding (`osgate.ledger.offers`)."""

from __future__ import annotations

from osgate.reports.detail import cut, named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from osgate.text.translator import Translator


def offers(params: Mapping[str, Any], t: Translator) -> str:
    """Return every offer in one line, the nearest first; empty where there is none."""
    return t("join.facts").join(_offer(offer, t) for offer in params.get("instead", ()))


def _offer(offer: Mapping[str, Any], t: Translator) -> str:
    what = named(str(offer["purl"]))
    if not offer["approved"]:
        return t("instead.unasked", what=what)
    until = offer["until"] or t("until.open")
    if "range" in offer:
        return t("instead.range", what=what, range=cut(str(offer["range"])), until=until)
    return t("instead.version", what=what, until=until)
