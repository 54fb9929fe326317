"""Params of findings about advisories in words: names, how bad, in doubt or not, what mends how many of them. Pure."""

from __future__ import annotations

from osgate.text.width import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from osgate.text.translator import Translator

# Names of advisories that mend nothing, and columns of a summary, in a sentence.
NAMED, LONGEST = 3, 120


def names(id: str, aliases: Iterable[str]) -> tuple[str, ...]:
    """Return all names of an advisory, the one people know it by first: CVE, else GHSA, else the record's own."""
    found = dict.fromkeys((id, *aliases))
    return tuple(sorted(found, key=lambda name: 0 if name.startswith("CVE-") else 1 if name.startswith("GHSA-") else 2))


def spelled(params: Mapping[str, Any], t: Translator, shown: Callable[[str], str] = printable) -> dict[str, object]:
    """Return what the sentences of OSG501 to OSG503 name: worst, doubt, fixed, known (the gravest one and how many
    more) and about (the gravest one with its summary).

    params: as these rules give them; those of a quarantine tell of no advisory. shown: what is done to each value that
    is not osgate's own word.
    """
    told = params.get("advisories")
    if not told:
        return {"about": shown(str(params["value"]))}
    first = told[0]
    known = shown(names(first["id"], first["aliases"])[0])
    summary = shown(first["summary"][:LONGEST] + ("…" if len(first["summary"]) > LONGEST else ""))
    return {
        "worst": t(f"harm.{params['worst']}"),
        "doubt": t.known(f"unsure.{params['doubt']}", "unsure.any") if params["doubt"] else "",
        "fixed": _fixed(params, t, shown),
        "known": known + (f" +{params['count'] - 1}" if params["count"] > 1 else ""),
        "about": t("advisory.about", id=shown(first["id"]), summary=summary) if summary else shown(first["id"]),
    }


def _fixed(params: Mapping[str, Any], t: Translator, shown: Callable[[str], str]) -> str:
    """What mends all that anything mends; where that is not all, with how many, and who names no fix."""
    if not params["fixed"]:
        return t("fixed.none")
    version = shown(str(params["fixed"]))
    left = [shown(names(one["id"], one["aliases"])[0]) for one in params["advisories"] if not one["fixed"]]
    if not left:
        return version
    more = [t.count("list.more", len(left) - NAMED)] if len(left) > NAMED else []
    listed = t("join.names").join([*left[:NAMED], *more])
    mended = params["count"] - len(left)
    return t.count("fixed.part", len(left), names=listed, version=version, mended=mended, count=params["count"])
