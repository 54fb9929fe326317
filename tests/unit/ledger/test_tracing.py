"""Which request comes from the change that somebody names, and that a joined one is followed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from osgate.ledger import tracing
from osgate.ledger.fold import fold
from osgate.testing import records
from osgate.testing.ledger import Ledger

ORIGIN = {"repository": "payments-app", "change": "f" * 40, "comment": "github:4711!42", "authors": []}


@pytest.mark.parametrize(
    ("named", "place", "meant"),
    [
        ("payments-app!42", "", True),
        ("Payments-App#42", "", True),
        ("bank/app#42", "github:4711", True),
        ("payments-app#42", "github:4712", False),
        ("github:4711!42", "", True),
        ("fffffff", "", True),
        ("F" * 40, "", True),
        ("payments-app#4", "", False),
        ("payments-app#142", "", False),
        ("app#42", "", False),
        ("github:471!42", "", False),
        ("gitlab:4711!42", "", False),
        ("fffffe0", "", False),
        ("fff", "", None),
        ("payments-app", "", None),
        ("payments-app#0", "", None),
        ("payments app#42", "", None),
        ("", "", None),
    ],
)
def test_a_change_goes_by_its_path_by_its_number_or_by_its_commit(named: str, place: str, meant: bool | None) -> None:
    means = tracing.meaning(named, place)
    assert (means and means(ORIGIN)) is meant
    assert means is None or not means({}), "a request that comes from nowhere"


@pytest.mark.parametrize(("named", "path"), [("bank/app#42", "bank/app"), ("github:1!42", ""), ("fffffff", "")])
def test_only_a_path_is_asked_about_at_a_forge(named: str, path: str) -> None:
    assert tracing.place_of(named) == path


def test_a_request_that_joined_another_is_followed_to_where_it_is_decided() -> None:
    ledger = Ledger()
    first = records.request("wang.wu")
    ledger.seal(first, roles=("tech", "legal"))
    joined = records.request("zhao.liu", joins=first["id"], origin=ORIGIN)
    ledger.seal(joined, roles=("tech", "legal"))
    ledger.seal(records.approve(first, "zhang.san", "tech"))
    history = ledger.history()

    def means(origin: Mapping[str, object]) -> bool:
        return origin.get("change") == "f" * 40

    (case,) = tracing.cases(history.sealed, fold(history.sealed), history.seals, means)
    assert (case["request"], case["status"]) == (first["id"], "waiting")
    assert [one["id"] for one in case["steps"]][:2] == [first["id"], joined["id"]]
    assert [one["verb"] for one in case["steps"]] == ["request", "request", "approve"]
