"""The words of findings about facts: params that are codes of ours, days, and who told it. Pure."""

from __future__ import annotations

from osgate.model.fact import NAMES
from osgate.text.width import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from osgate.model.finding import Finding
    from osgate.text.translator import Translator

    Shown = Callable[[str], str]

# Sources that are no service, as they begin, with the key of their words and its place.
_OWN = (("manifest ", "told.manifest", "path"), ("policy ", "told.policy", "place"))
# Rules that advisories speak through.
_OF_ADVISORIES = ("OSG501", "OSG502", "OSG503")
# What stands in a param where nothing is told.
_NOTHING, _NOBODY, _UNKNOWN = "none", "nobody", "unknown"


def spelled(finding: Finding, t: Translator, shown: Shown = printable) -> dict[str, object]:
    """Return the places of a sentence of OSG501 to OSG709 that differ from the params.

    shown: what is done to each value that is not osgate's own word.
    """
    params = finding.params
    given: dict[str, object] = {"source": _source(str(params.get("source", "")), t, shown)}
    if params.get("fact") in NAMES:
        given["fact"] = t(f"fact-name.{params['fact']}")
    if finding.rule.startswith("OSG6"):
        given |= _of_licence(finding, t, shown)
    if finding.rule in _OF_ADVISORIES:
        from osgate.text.advisory_words import spelled as advisory_words

        given |= advisory_words(params, t, shown)
    if finding.rule == "OSG508":
        given |= {key: t(f"trust.{params[key]}") for key in ("value", "before")}
    if finding.rule == "OSG706":
        given["ago"] = t.count("ago", int(str(params["age"]))) if params["age"] else t("ago.today")
    if finding.rule == "OSG708":
        given |= _of_age(str(params["value"]), str(params["date"]), t)
    return given


def _source(source: str, t: Translator, shown: Shown) -> str:
    """Who told it: a service by its name, our own manifest and policy in words."""
    for start, key, name in _OWN:
        if source.startswith(start):
            return t(key, **{name: shown(source.removeprefix(start))})
    return shown(source)


def _of_licence(finding: Finding, t: Translator, shown: Shown) -> dict[str, object]:
    from osgate.text.licence_words import spelled as licence_words

    params = finding.params
    given = licence_words(params, t, shown)
    source = str(params.get("source", ""))
    told = [_source(source, t, shown), shown(str(params.get("date", "")))]
    given["told"] = t("licence.nobody") if source in ("", _NOBODY) else t("join.items").join(filter(None, told))
    given |= {key: t("step.nothing") for key in ("value", "before", "declared") if params.get(key) == _NOTHING}
    if finding.rule == "OSG601":
        given["before"] = t("licence.before", licence=shown(str(params["before"]))) if "before" in params else ""
    return given


def _of_age(age: str, date: str, t: Translator) -> dict[str, object]:
    told = t("stale.unknown") if age == _UNKNOWN else t.count("stale.age", int(age))
    return {"age": told, "date": t("stale.no-date") if date == _UNKNOWN else date}
