"""CVSS base scores from their vectors: versions 2.0, 3.0 and 3.1. Pure.

Sources: FIRST, "Common Vulnerability Scoring System v3.1: Specification Document", sections 5, 7.1 and appendix A (the
rounding that no floating point can sway); "A Complete Guide to the CVSS Version 2.0", section 3.2.1. Scores of version
4.0 take a table of 270 macro vectors and are not made here: a record's own word stands for them.
"""

from __future__ import annotations

import functools

_V3 = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "S": {"U": 0.0, "C": 1.0},
    "C": {"N": 0.0, "L": 0.22, "H": 0.56},
    "I": {"N": 0.0, "L": 0.22, "H": 0.56},
    "A": {"N": 0.0, "L": 0.22, "H": 0.56},
}
# Privileges weigh less where the scope changes.
_PR = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
_V2 = {
    "AV": {"L": 0.395, "A": 0.646, "N": 1.0},
    "AC": {"H": 0.35, "M": 0.61, "L": 0.71},
    "Au": {"M": 0.45, "S": 0.56, "N": 0.704},
    "C": {"N": 0.0, "P": 0.275, "C": 0.66},
    "I": {"N": 0.0, "P": 0.275, "C": 0.66},
    "A": {"N": 0.0, "P": 0.275, "C": 0.66},
}
# Bytes of the longest vector that is read; all metrics there are take less.
_LONGEST = 400


@functools.lru_cache(4096)
def score(vector: str) -> int | None:
    """Return the base score of a vector in tenths, 0 to 100; None for one that is malformed or of another version."""
    if len(vector) > _LONGEST:
        return None
    head, _, rest = vector.partition("/")
    try:
        if head in ("CVSS:3.0", "CVSS:3.1"):
            return _v3(_metrics(rest), exact=head == "CVSS:3.1")
        return _v2(_metrics(vector.strip("()"))) if head[:3] in ("AV:", "(AV") else None
    except (KeyError, ValueError):
        return None


def word(tenths: int) -> str:
    """Return the severity of a score: the qualitative scale of version 3.1, section 5."""
    return ("none", "low", "medium", "high", "critical")[
        (tenths > 0) + (tenths >= 40) + (tenths >= 70) + (tenths >= 90)
    ]


def _metrics(text: str) -> dict[str, str]:
    """The metrics of a vector. Raises ValueError where one is malformed or stands twice."""
    found: dict[str, str] = {}
    for part in text.split("/"):
        name, colon, value = part.partition(":")
        if not colon or name in found:
            raise ValueError(part)
        found[name] = value
    return found


def _v3(metrics: dict[str, str], *, exact: bool) -> int:
    value = {name: weights[metrics[name]] for name, weights in _V3.items()}
    privileges = _PR[metrics["S"]][metrics["PR"]]
    lost = 1 - (1 - value["C"]) * (1 - value["I"]) * (1 - value["A"])
    changed = metrics["S"] == "C"
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if changed else 6.42 * lost
    if impact <= 0:
        return 0
    exploitability = 8.22 * value["AV"] * value["AC"] * privileges * value["UI"]
    base = min((impact + exploitability) * (1.08 if changed else 1.0), 10.0)
    return _up(base) if exact else _up_v30(base)


def _up(value: float) -> int:
    """Round up to tenths as version 3.1, appendix A does: by whole numbers."""
    whole = round(value * 100_000)
    return whole // 10_000 + (whole % 10_000 > 0)


def _up_v30(value: float) -> int:
    """Round up to tenths as version 3.0 says it."""
    import math

    return math.ceil(value * 10)


def _v2(metrics: dict[str, str]) -> int:
    value = {name: weights[metrics[name]] for name, weights in _V2.items()}
    impact = 10.41 * (1 - (1 - value["C"]) * (1 - value["I"]) * (1 - value["A"]))
    exploitability = 20 * value["AV"] * value["AC"] * value["Au"]
    base = (0.6 * impact + 0.4 * exploitability - 1.5) * (1.176 if impact else 0.0)
    return max(0, int(base * 10 + 0.5))
