"""What let something in past the usual way, and where it stands."""

from __future__ import annotations

from osgate.ledger.excused import Row, excused
from osgate.ledger.fold import fold
from osgate.testing import records
from osgate.testing.ledger import Ledger


def rows(ledger: Ledger, now: str) -> list[Row]:
    return excused(fold(ledger.history().sealed), now)


def states(ledger: Ledger, now: str) -> list[tuple[str, str]]:
    return [(row["kind"], row["state"]) for row in rows(ledger, now)]


def test_a_waiver_is_told_from_its_proposal_to_its_end() -> None:
    ledger = Ledger()
    waiver = records.waive(expires="2026-12-21", reason="the review takes a week")
    ledger.seal(waiver, roles=("tech", "legal"))
    assert states(ledger, "2026-11-22T06:00:00Z") == [("waiver", "proposed")]
    ledger.seal(records.confirm(waiver, "li.si", "legal"))
    (row,) = rows(ledger, "2026-11-22T06:00:00Z")
    assert (row["id"], row["state"], row["rules"]) == (waiver["id"], "in force", ["OSG101"])
    assert (row["on"], row["reason"], row["expires"]) == ([records.LEFT_PAD], "the review takes a week", "2026-12-21")
    assert [(one["person"], one["role"]) for one in row["approvers"]] == [("zhang.san", "tech"), ("li.si", "legal")]
    assert states(ledger, "2026-12-21T00:00:00Z") == [("waiver", "expired")]
    back = records.undo("revoke", waiver, "zhao.liu", "security")
    ledger.seal(back)
    (row,) = rows(ledger, "2026-11-22T06:00:00Z")
    assert (row["state"], row["ended_by"]) == ("revoked", back["id"])


def test_broken_glass_is_told_also_when_it_is_over_or_the_request_was_decided() -> None:
    ledger = Ledger()
    request = records.request()
    ledger.seal(request, roles=("tech", "legal"))
    ledger.seal(records.break_glass(request, expires_at="2026-11-23T06:00:00Z"))
    (row,) = rows(ledger, "2026-11-22T06:00:00Z")
    assert (row["kind"], row["state"], row["expires"]) == ("break-glass", "in force", "2026-11-23T06:00:00Z")
    assert (row["incident"], row["reason"]) == ("INC-1", "production is down")
    assert states(ledger, "2026-11-23T06:00:00Z") == [("break-glass", "expired")]
    ledger.seal(records.answer("reject", request, "li.si", "legal"))
    assert states(ledger, "2026-11-22T06:00:00Z") == [("break-glass", "rejected")]
