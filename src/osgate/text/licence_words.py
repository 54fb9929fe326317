"""Params of findings about licences in words: codes by their catalogue, what is unknown with its reason. Pure."""

from __future__ import annotations

from osgate.text.width import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from osgate.text.translator import Translator

# Param -> the family of keys that has a word for each of its codes.
_FAMILIES = {
    "category": "licence.category",
    "reach": "licence.reach",
    "because": "licence.because",
    "verdict": "licence.verdict",
    "grounds": "licence.reason",
    "state": "licence.compared",
}


def spelled(params: Mapping[str, Any], t: Translator, shown: Callable[[str], str] = printable) -> dict[str, object]:
    """Return the places of the sentences of OSG601 to OSG607 that hold codes, in words.

    shown: what is done to each value that is not osgate's own word.
    """
    given: dict[str, object] = {
        name: t(f"{family}.{params[name]}") for name, family in _FAMILIES.items() if params.get(name)
    }
    if "unknown" in params:
        given["unknown"] = why(params["unknown"], params.get("details", {}), t, shown)
    if "state" in params:
        given["found"] = given.get("unknown") or shown(str(params["value"]))
    if "duties" in params:
        given["duties"] = t("join.facts").join(t(f"licence.duty.{code}") for code in params["duties"])
    if params.get("other") == "":
        own = bool(params.get("other_licence"))
        given |= {"other": t("licence.own-work")} if own else {"other": t("licence.others"), "other_licence": "-"}
    told = [shown(str(params[name])) for name in ("source", "date") if params.get(name)]
    given["told"] = t("join.items").join(told) if told else t("licence.nobody")
    return given


def why(reason: str, details: Mapping[str, str], t: Translator, shown: Callable[[str], str] = printable) -> str:
    """Return why something is unknown; the bare reason where a newer source gave one that has no words here."""
    try:
        return t(f"unknown.{reason}", **{name: shown(text) for name, text in details.items()})
    except KeyError:
        return shown(reason)


def duty(code: str, t: Translator) -> str:
    """Return an obligation in words, with its code; the bare code where a newer ledger names one without words here."""
    try:
        return t("explain.duty", code=code, text=t(f"licence.duty.{code}"))
    except KeyError:
        return printable(code)
