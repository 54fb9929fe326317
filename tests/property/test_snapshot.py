"""The snapshot says what the fold says, for any ledger; and any spoiled file is refused or says the same."""

from __future__ import annotations

import os
import tempfile

from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import Undecided
from osgate.ledger import snapshot_write
from osgate.ledger.fold import fold
from osgate.ledger.snapshot_read import Snapshot
from osgate.model.decision import Standing
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


@settings(max_examples=40)
@given(
    st.builds(
        Standing,
        st.sampled_from(["block", "suspend", "reject", "restrict", "approve", "revoke", "waive"]),
        st.just("pkg:npm/x"),
        TEXTS,
        TEXTS,
        TEXTS,
        st.integers(0, 2**40),
        TEXTS,
        WORDS,
        TEXTS,
        WORDS,
        st.lists(TEXTS, max_size=3).map(tuple),
        WORDS,
        st.lists(TEXTS, max_size=3).map(tuple),
        TEXTS,
        TEXTS,
        st.lists(TEXTS, max_size=3).map(tuple),
        st.lists(TEXTS, max_size=3).map(tuple),
        WORDS,
    )
)
def test_free_texts_come_back_as_they_were(standing):
    state = replace(fold([]), standings=(standing,))
    assert read(compiled(state), ["pkg:npm/x"])[0].standings == {"pkg:npm/x": (standing,)}


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
