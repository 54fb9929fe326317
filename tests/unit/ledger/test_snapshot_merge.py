"""A snapshot built on an earlier one: numbers that outgrow their bytes, texts nobody uses any more, damage."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import pytest

from osgate.ledger import codec, snapshot_merge, snapshot_write
from osgate.ledger.fold import State, fold
from osgate.ledger.snapshot_kept import Stale
from osgate.ledger.snapshot_read import Snapshot
from osgate.model.decision import Post, Standing
from osgate.model.record import replace
from osgate.testing.policies import valid_policy

VALID = valid_policy()


def approval(number: int, component: int = 0) -> Standing:
    """An approval like no other: its reason and its fence are shared with none."""
    ids = codec.digest(b"a%d" % number), codec.digest(b"r%d" % number)
    span, posts = "vers:npm/>=1.0.0|<2.0.0", (Post("publisher", f"{number}"),)
    key = f"pkg:npm/{component or number:05d}"
    return Standing("approve", key, span, *ids, 1, "2026-11-21T06:00:00Z", reason=f"reason {number}", fence=posts)


def state(standings: Iterable[Standing]) -> State:
    return replace(fold([]), standings=tuple(standings))


def compiled(path: Path, standings: Iterable[Standing]) -> str:
    snapshot_write.write(str(path), state(standings), VALID, 1, "sha256:a")
    return str(path)


def merged(path: Path, earlier: str, fresh: Iterable[Standing], gone: Iterable[Standing] = ()) -> bytes:
    dropped = [id for standing in gone for id in (standing.record, standing.request)]
    snapshot_merge.write(str(path), earlier, state(fresh), dropped, VALID, 1, "sha256:a")
    return path.read_bytes()


@pytest.mark.parametrize(("count", "widths"), [(256, (1, 1)), (257, (2, 2))])
def test_a_number_has_as_many_bytes_as_the_greatest_one_needs(
    tmp_path: Path, count: int, widths: tuple[int, int]
) -> None:
    stands = [approval(number) for number in range(1, count + 1)]
    snapshot = Snapshot(compiled(tmp_path / "s", stands))
    assert snapshot.widths == widths
    found = snapshot.view([s.component for s in stands]).standings
    assert [s for standing in found.values() for s in standing] == stands
    snapshot.close()


def test_numbers_grow_and_shrink_by_a_byte_with_what_is_merged(tmp_path: Path) -> None:
    stands = [approval(number) for number in range(1, 257)]
    few, many = compiled(tmp_path / "few", stands), compiled(tmp_path / "many", [*stands, approval(257)])
    assert merged(tmp_path / "more", few, [approval(257)]) == Path(many).read_bytes()
    assert merged(tmp_path / "less", many, (), [approval(257)]) == Path(few).read_bytes()


def test_what_nobody_says_any_more_is_not_in_it(tmp_path: Path) -> None:
    """Also where others go on standing on the same component, and where the same reason is given elsewhere."""
    both = [approval(1, component=7), approval(2, component=7), replace(approval(3), reason="reason 1")]
    earlier = compiled(tmp_path / "earlier", both)
    content = merged(tmp_path / "merged", earlier, (), [both[1]])
    assert content == Path(compiled(tmp_path / "whole", [both[0], both[2]])).read_bytes()
    assert b"reason 2" not in content
    assert b"reason 1" in content
    assert merged(tmp_path / "nothing", earlier, (), both) == Path(compiled(tmp_path / "empty", ())).read_bytes()


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE text",
        "DROP TABLE waiting",
        "UPDATE meta SET value = '2' WHERE key = 'format'",
        "UPDATE text SET id = id + 9",
        "UPDATE text SET uses = 0",
        "UPDATE component SET numbers = x'ffffffffff'",
        "UPDATE component SET numbers = 7",
    ],
)
def test_an_earlier_snapshot_that_is_not_what_was_written_is_not_built_on(tmp_path: Path, statement: str) -> None:
    earlier = compiled(tmp_path / "earlier", [approval(1), approval(2)])
    connection = sqlite3.connect(earlier)
    connection.execute(statement)
    connection.commit()
    connection.close()
    with pytest.raises(Stale) as stale:
        merged(tmp_path / "merged", earlier, [approval(1)], [approval(1)])
    assert stale.value.why == "published"


def test_a_place_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    earlier = compiled(tmp_path / "earlier", [approval(1)])
    with pytest.raises(OSError, match=r"."):
        merged(tmp_path / "missing" / "merged", earlier, [approval(2)])
