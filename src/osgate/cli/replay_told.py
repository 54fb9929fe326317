"""In which a recorded verdict and the one decided anew differ, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from osgate.text.translator import Translator

# Characters of a value that are shown.
_WIDTH = 80


def lines(before: Mapping[str, Any], now: Mapping[str, Any], t: Translator) -> Iterator[str]:
    """Yield the findings that are gone, new or otherwise, then what else differs. Both: JSON verdicts.

    `before` stood in a file that anybody may have changed: any JSON values.
    """
    findings = list(_findings(before.get("findings"), now.get("findings"), t))
    yield from findings
    for field in dict.fromkeys((*now, *before)):
        old, new = before.get(field), now.get(field)
        if old == new or (field == "findings" and findings):
            continue
        if isinstance(old, (list, dict)) or isinstance(new, (list, dict)):
            yield t("replay.changed", field=field)
        else:
            yield t("replay.value", field=field, old=_shown(old), new=_shown(new))


def _findings(old: object, new: object, t: Translator) -> Iterator[str]:
    was, now = _by_place(old), _by_place(new)
    for code, some, others in (("gone", was, now), ("new", now, was)):
        for key in some:
            if key not in others:
                yield t(f"replay.finding-{code}", rule=key[0], what=key[1])
    for key in now:
        before, after = was.get(key, now[key]), now[key]
        if before != after:
            fields = [name for name in dict.fromkeys((*after, *before)) if before.get(name) != after.get(name)]
            yield t("replay.finding-other", rule=key[0], what=key[1], fields=", ".join(fields))


def _by_place(findings: object) -> dict[tuple[str, str, int], dict[str, Any]]:
    """Findings by rule, by what they are about, and by which of several of the same they are."""
    found: dict[tuple[str, str, int], dict[str, Any]] = {}
    for one in findings if isinstance(findings, list) else []:
        if isinstance(one, dict):
            rule, what, nth = _shown(one.get("rule")), _shown(one.get("purl") or one.get("path")), 0
            while (rule, what, nth) in found:
                nth += 1
            found[rule, what, nth] = one
    return found


def _shown(value: object) -> str:
    """A value of a verdict as one word, cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"
