"""Fingerprints are stable, short, and never run together."""

from __future__ import annotations

import re

from osgate.intake.fingerprints import fingerprint


def test_the_format_never_changes() -> None:
    # printf '6:OSG10116:pkg:npm/left-pad5:1.3.017:package-lock.json' | sha256sum | cut -c1-16
    found = fingerprint("OSG101", "pkg:npm/left-pad", "1.3.0", "package-lock.json")
    assert found == EXPECTED
    assert re.fullmatch("[0-9a-f]{16}", found)


def test_parts_do_not_run_together() -> None:
    cases: list[tuple[str, ...]] = [
        ("a", "b", "c", "d"),
        ("ab", "", "c", "d"),
        ("a", "b", "", "cd"),
        ("a", "b", "c", "", "d"),
    ]
    cases.append(("a", "b", "c", "d", ""))
    assert len({fingerprint(*case) for case in cases}) == len(cases)


def test_lone_surrogates_are_no_accident() -> None:
    assert fingerprint("r", "c", "", "\udcff") != fingerprint("r", "c", "", "?")


EXPECTED = "6b02dce11c279900"
