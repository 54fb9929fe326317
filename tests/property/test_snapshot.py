"""The snapshot says what the fold says, for any ledger; and any spoiled file is refused or says the same."""

from __future__ import annotations

import json
import os
import tempfile

from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import Undecided
from osgate.ledger import codec, manifest, snapshot_merge, snapshot_write
from osgate.ledger.fold import fold
from osgate.ledger.snapshot_read import Snapshot
from osgate.model.decision import Post, Standing
from osgate.model.record import replace
from osgate.testing.policies import valid_policy
from property.test_fold import ledgers

VALID = valid_policy()
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
WORDS = st.lists(st.sampled_from(["zhang.san", "li.si", "a-b"]), max_size=3).map(tuple)


def compiled(state) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s")
        snapshot_write.write(path, state, VALID, 7, "sha256:anchor")
        with open(path, "rb") as file:
            return file.read()


def read(content: bytes, components):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s")
        with open(path, "wb") as file:
            file.write(content)
        snapshot = Snapshot(path)
        try:
            proposed = [snapshot.proposed(component) for component in components]
            return snapshot.view(components), snapshot.policy("x"), snapshot.serial, snapshot.anchor, proposed
        finally:
            snapshot.close()


@settings(max_examples=40)
@given(ledgers(), st.randoms(use_true_random=False))
def test_what_is_read_is_what_was_folded_and_equal_ledgers_give_equal_bytes(records, random):
    state = fold(records)
    content = compiled(state)
    view, policy, serial, anchor, proposed = read(content, ["pkg:npm/x", "pkg:npm/y"])
    assert view.standings.get("pkg:npm/x", ()) == state.standings
    assert view.waiting.get("pkg:npm/x", ()) == state.waiting
    assert proposed == [state.proposed, ()]
    assert (policy, serial, anchor) == (replace(VALID.policy, projects={}), 7, "sha256:anchor")
    random.shuffle(records)
    assert compiled(fold(records)) == content


SOME_TEXTS = st.lists(TEXTS, max_size=3).map(tuple)
IDS = st.one_of(TEXTS, st.integers(0, 9).map(lambda n: codec.digest(bytes([n]))))
RANGES = st.one_of(
    TEXTS, st.sampled_from(["vers:npm/*", "vers:npm/!", "vers:npm/", "vers:pypi/>=1", "!vers:npm/*", "!"])
)
STANDINGS = st.builds(
    Standing,
    effect=st.sampled_from(["block", "suspend", "reject", "retire", "restrict", "approve", "revoke", "waive", "newer"]),
    component=st.sampled_from(["pkg:npm/x", "pkg:pypi/y", "project:npm/x"]),
    range=RANGES,
    record=IDS,
    request=IDS,
    serial=st.integers(0, 2**40),
    sealed_at=TEXTS,
    persons=WORDS,
    expires=st.one_of(TEXTS, st.sampled_from(["2027-01-01", "2027-01-01T08:00:00Z"])),
    digests=WORDS,
    sources=SOME_TEXTS,
    scopes=WORDS,
    environments=SOME_TEXTS,
    reason=TEXTS,
    incident=TEXTS,
    projects=SOME_TEXTS,
    classes=SOME_TEXTS,
    rules=WORDS,
    fence=st.lists(st.builds(Post, TEXTS, TEXTS, TEXTS), max_size=2).map(tuple),
    versions=SOME_TEXTS,
    alternatives=SOME_TEXTS,
    distribution=TEXTS,
    by=TEXTS,
)


def ordered(standings) -> tuple[Standing, ...]:
    return tuple(sorted(standings, key=lambda s: (s.component, s.effect, s.serial, s.record, s.range)))


@settings(max_examples=80)
@given(st.lists(STANDINGS, max_size=6).map(ordered))
def test_whatever_stands_comes_back_as_it_was(standings):
    state = replace(fold([]), standings=standings)
    found = read(compiled(state), sorted({s.component for s in standings}))[0].standings
    assert tuple(s for stands in found.values() for s in stands) == standings
    assert [*found] == sorted({s.component for s in standings})


@settings(max_examples=60)
@given(st.lists(STANDINGS, max_size=4).map(tuple))
def test_the_taking_away_file_carries_all_that_takes_away_and_no_approval(standings):
    told = json.loads(codec.printed(manifest.takeaway(7, "", "", standings)))
    # What only an approval has.
    assert manifest.taken_away(told) == tuple(
        replace(s, sources=(), fence=(), versions=(), expires="", distribution="")
        for s in standings
        if s.effect not in ("approve", "waive", "newer")
    )


def group(number: int, odd: bool) -> st.SearchStrategy:
    """What the record of one group makes stand, before and after the group changed."""
    made = st.lists(STANDINGS, max_size=3)
    id = [codec.digest(b"%d" % number), f"{number}"][odd]
    return st.tuples(made, made).map(
        lambda both: tuple([replace(s, record=id, request=id) for s in side] for side in both)
    )


@settings(max_examples=60)
@given(st.lists(st.booleans(), max_size=4).flatmap(lambda odd: st.tuples(*map(group, range(len(odd)), odd))), st.data())
def test_a_merge_is_byte_equal_to_a_full_compile(groups, data):
    """Whatever stands, whatever ids look like, whichever groups changed, appeared or came to nothing."""
    changed = data.draw(st.sets(st.sampled_from(range(len(groups))))) if groups else set()
    before = ordered(s for old, _ in groups for s in old)
    now = ordered(s for n, sides in enumerate(groups) for s in sides[n in changed])
    fresh = ordered(s for n in changed for s in groups[n][1])
    gone = {s.record for n in changed for s in groups[n][0]}
    with tempfile.TemporaryDirectory() as folder:
        earlier, merged = os.path.join(folder, "earlier"), os.path.join(folder, "merged")
        nothing = fold([])
        snapshot_write.write(earlier, replace(nothing, standings=before), VALID, 6, "sha256:before")
        snapshot_merge.write(
            merged, earlier, replace(nothing, standings=fresh), gone, VALID, 7, "sha256:anchor", "sha256:p"
        )
        whole = os.path.join(folder, "whole")
        snapshot_write.write(whole, replace(nothing, standings=now), VALID, 7, "sha256:anchor", "sha256:p")
        with open(merged, "rb") as one, open(whole, "rb") as two:
            assert one.read() == two.read()
        taking = {s.component for s in now if s.effect != "approve"}
        assert snapshot_merge.taking_away(merged) == tuple(s for s in now if s.component in taking)


@settings(max_examples=60)
@given(ledgers(), st.data())
def test_a_spoiled_file_is_refused_with_a_reason_and_nothing_worse(records, data):
    """Spoiled content that still reads is caught by the digest (tests of sync); here no error may escape."""
    content = bytearray(compiled(fold(records)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(content))))
    said = ""
    try:
        read(bytes(content[:cut]), ["pkg:npm/x"])
    except Undecided as error:
        said = error.code
    assert said in ("", "snapshot.damaged", "snapshot.newer-format", "snapshot.older-format")
