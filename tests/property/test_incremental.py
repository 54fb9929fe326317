"""A ledger that is read in pieces: for any history, cut anywhere, the same snapshot byte for byte as read whole."""

from __future__ import annotations

import os
import tempfile
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.intake_desk.weigh import Candidate, weigh
from osgate.ledger import codec, groups, history, incremental, manifest, snapshot_kept, snapshot_merge, snapshot_write
from osgate.ledger.fold import State, fold
from osgate.ledger.records import SHAPE
from osgate.ledger.snapshot_kept import Kept
from osgate.ledger.store_git import Stored
from osgate.policy.shape import Field
from osgate.testing import records
from osgate.testing.ledger import Ledger
from osgate.testing.policies import valid_policy

POLICY = valid_policy()
PERSONS = ("wang.wu", "zhang.san", "li.si", "zhao.liu")
ROLES = ("tech", "tech", "tech", "legal", "security")
COMPONENTS = ("pkg:npm/x", "pkg:npm/@a/b", "pkg:npm/分")
RANGES = ("vers:npm/*", "vers:npm/>=1.0.0|<2.0.0", "vers:npm/2.0.0")
NOW = "2026-11-21T12:00:00Z"


@st.composite
def bodies(draw):
    """Signed records in the order in which they were made, naming each other in every way there is."""
    made: list[dict] = []
    for number in range(draw(st.integers(1, 16))):
        by_verb = {verb: [r for r in made if r["verb"] == verb] for verb in ("request", "block", "reject", "waive")}
        verbs = ["request", "request", "block", "suspend", "waive"]
        verbs += ["approve"] * 6 + ["reject", "assess", "revoke"] if by_verb["request"] else []
        verb = draw(st.sampled_from(verbs + (["unblock", "unblock"] if by_verb["block"] else [])))
        fields: dict = {"reason": f"{number}", "role": draw(st.sampled_from(ROLES))}
        if verb in ("request", "block", "suspend", "waive"):
            some = draw(st.lists(st.sampled_from(COMPONENTS), min_size=1, max_size=2, unique=True))
            fields["subjects"] = [records.subject(purl, draw(st.sampled_from(RANGES))) for purl in some]
        if verb in ("block", "waive") and by_verb[verb] and draw(st.booleans()):
            old = draw(st.sampled_from(by_verb[verb]))
            fields.update(subjects=old["subjects"], confirms=old["id"])
        if verb == "request" and by_verb["request"] and draw(st.booleans()):
            old = draw(st.sampled_from(by_verb["request"]))
            others = [r["id"] for r in by_verb["reject"] if draw(st.booleans())]
            fields.update(subjects=old["subjects"], supersedes=[old["id"], *others])
        if verb in ("approve", "reject", "assess"):
            fields["request"] = draw(st.sampled_from(by_verb["request"]))["id"]
        if verb in ("revoke", "unblock"):
            among = by_verb["block"] if verb == "unblock" else [*by_verb["request"], *by_verb["reject"]]
            fields["revokes"] = draw(st.sampled_from(among))["id"]
        if verb in ("approve", "waive"):
            fields["expires"] = draw(st.sampled_from(("2027-01-01", "2027-06-01")))
        if verb == "waive":
            fields["rules"] = ["OSG204"]
        made.append(records.make(verb, draw(st.sampled_from(PERSONS)), fields))
    return made


@st.composite
def histories(draw):
    """Seals over such records, and the runs that found them. Some lie on main from the first day; a last seal may take
    them, after what names them."""
    made = draw(bodies())
    ledger = Ledger()
    ends = [0, *sorted(draw(st.sets(st.integers(1, len(made)), max_size=6)) | {len(made)})]
    tier = draw(st.sampled_from((("tech",), ("tech", "legal"))))
    lying = draw(st.sets(st.sampled_from(range(len(made))), max_size=2))
    for start, end in pairwise(ends):
        ledger.seal(*[made[n] for n in range(start, end) if n not in lying], roles=tier)
    if lying and draw(st.booleans()):
        ledger.seal(*[made[n] for n in sorted(lying)], roles=tier)
    ledger.records.update({codec.record_path(made[n]): codec.printed(made[n]) for n in lying})
    last = len(ledger.seals)
    cuts = draw(st.sets(st.integers(1, last), min_size=1, max_size=4)) | {last}
    first_day = {codec.record_path(made[n]) for n in lying}
    return ledger, [until(ledger, first_day, cut) for cut in sorted(cuts)]


def until(ledger: Ledger, first_day: set[str], seals: int) -> Stored:
    """What main holds after so many seals."""
    sealed = {path: data for path, data in ledger.seals.items() if path <= codec.seal_path(seals)}
    past = history.read(ledger.records, sealed, ledger.keys)
    paths = {codec.record_path(dict(item.body)) for item in past.sealed} | first_day
    return Stored(str(seals), {}, {path: ledger.records[path] for path in paths}, sealed)


def between(old: Stored, new: Stored) -> Stored:
    def added(before, after):
        return {path: data for path, data in after.items() if path not in before}

    return Stored(new.oid, {}, added(old.records, new.records), added(old.seals, new.seals))


def content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def compiled_whole(folder: str, stored: Stored, ledger: Ledger) -> tuple[bytes, dict]:
    past = history.read(stored.records, stored.seals, ledger.keys)
    state, path = fold(past.sealed), os.path.join(folder, "whole")
    snapshot_write.write(path, state, POLICY, past.serial, past.anchor)
    return content(path), manifest.takeaway(past.serial, NOW, NOW, state.standings)


def compiled_onto(folder: str, kept_in: str, earlier: str, path: str, added: Stored, ledger: Ledger) -> dict:
    """One run: what was kept, what is new, a new snapshot at `path`; returns the taking-away file."""
    kept = snapshot_kept.opened(kept_in) if earlier else Kept()
    past = incremental.continued(kept, added, ledger.keys) if earlier else incremental.whole(added, ledger.keys)
    touched = past.touched()
    state, serial, anchor = fold(touched.items), past.since.serial, past.since.anchor
    if earlier:
        snapshot_merge.write(path, earlier, state, (i.id for i in touched.old), POLICY, serial, anchor)
    else:
        snapshot_write.write(path, state, POLICY, serial, anchor)
    past.keep(kept_in, past.mark(added.oid, codec.digest(content(path)), ledger.keys), touched)
    kept.close()
    return manifest.takeaway(serial, NOW, NOW, snapshot_merge.taking_away(path))


@settings(max_examples=40)
@given(histories())
def test_read_in_pieces_it_compiles_to_the_same_bytes_as_read_whole(drawn):
    ledger, mains = drawn
    with tempfile.TemporaryDirectory() as folder:
        kept_in, earlier, before = os.path.join(folder, "kept"), "", Stored("", {}, {}, {})
        for now in mains:
            path = os.path.join(folder, f"snapshot-{now.oid}")
            taken = compiled_onto(folder, kept_in, earlier, path, between(before, now), ledger)
            assert (content(path), taken) == compiled_whole(folder, now, ledger)
            assert os.listdir(kept_in) == [f"{codec.digest(content_of(kept_in)).removeprefix('sha256:')}.sqlite"]
            earlier, before = path, now


def content_of(folder: str) -> bytes:
    (name,) = os.listdir(folder)
    return content(os.path.join(folder, name))


@st.composite
def answering(draw, named):
    verb, key = draw(st.sampled_from((("approve", "request"), ("reject", "request"), ("revoke", "revokes"))))
    fields = {key: draw(st.sampled_from(named)), "role": "tech", "reason": "r"}
    more = {"expires": "2027-01-01"} if verb == "approve" else {}
    return records.make(verb, draw(st.sampled_from(PERSONS)), {**fields, **more})


@settings(max_examples=40)
@given(histories(), bodies(), st.data())
def test_candidates_are_weighed_as_against_the_whole_ledger(drawn, more, data):
    """Also those that are sealed already, spelled otherwise, spoiled, or that name what nobody knows."""
    ledger, mains = drawn
    whole = incremental.whole(mains[-1], ledger.keys)
    sealed = [dict(item.body) for item in whole.since.sealed]
    named = [item["id"] for item in sealed]
    answers = data.draw(st.lists(answering(named), max_size=4)) if named else []
    again = data.draw(st.lists(st.sampled_from(sealed), max_size=2)) if sealed else []
    candidates = [codec.printed(body) for body in (*more[:3], *answers, *again)]
    # An id is the same whatever the spelling of the text it stands in.
    candidates += [text.replace(b"sha256", b"\\u0073ha256") for text in candidates]
    candidates += [b"", b"[]", b'{"id": ""}', b'{"id": 1, "supersedes": [1, {}], "request": "\\ud800"}', b"[" * 9999]
    with tempfile.TemporaryDirectory() as folder:
        whole.keep(folder, whole.mark("1", "sha256:0", ledger.keys), whole.touched())
        kept = snapshot_kept.opened(folder)
        past = incremental.continued(kept, Stored("1", {}, {}, {}), ledger.keys)
        few = past.about(candidates)
        assert {item.id for item in few} <= set(named)
        told = [
            weigh(map(Candidate, "x" * len(candidates), candidates), items, POLICY.policy, POLICY.people, NOW, 99, "")
            for items in (few, whole.since.sealed)
        ]
        kept.close()
    assert told[0] == told[1]


@settings(max_examples=60)
@given(histories(), st.randoms(use_true_random=False))
def test_the_fold_of_the_ledger_is_the_union_of_the_folds_of_its_groups(drawn, random):
    ledger, _ = drawn
    items = list(history.read(ledger.records, ledger.seals, ledger.keys).sealed)
    whole = fold(items)
    random.shuffle(items)
    parts = [fold(group.members) for group in groups.split(items)]
    for name in State.__slots__:
        told = [getattr(part, name) for part in parts]
        if isinstance(getattr(whole, name), dict):
            assert sum(map(len, told)) == len(getattr(whole, name))
            assert {id: state for part in told for id, state in part.items()} == getattr(whole, name)
        else:
            order = _standing_order if name == "standings" else _waiting_order
            assert sorted((row for part in told for row in part), key=order) == list(getattr(whole, name))


def _standing_order(standing):
    return standing.component, standing.effect, standing.serial, standing.record, standing.range


def _waiting_order(waiting):
    return waiting.request


@settings(max_examples=40)
@given(histories(), st.data())
def test_whatever_is_spoiled_in_what_was_kept_is_no_file_of_ours(drawn, data):
    ledger, mains = drawn
    whole = incremental.whole(mains[-1], ledger.keys)
    with tempfile.TemporaryDirectory() as folder:
        whole.keep(folder, whole.mark("1", "sha256:0", ledger.keys), whole.touched())
        (name,) = os.listdir(folder)
        good = bytearray(content(os.path.join(folder, name)))
        at = data.draw(st.integers(0, len(good) - 1))
        spoiled = data.draw(st.sampled_from((good[:at], good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :], b"")))
        with open(os.path.join(folder, name), "wb") as file:
            file.write(spoiled)
        said = ""
        try:
            snapshot_kept.opened(folder).close()
        except snapshot_kept.Stale as stale:
            said = stale.why
        assert said == "damaged"


def ids_in(field) -> bool:
    """Whether a field of a record holds ids of other records."""
    inner = field.of if isinstance(field.of, Field) else field
    return inner.check is SHAPE["id"].check


def test_the_fields_that_name_records_are_all_known():
    """`ledger` names a seal; who adds another field with ids says in `groups` that it ties records together."""
    naming = {name for name, field in SHAPE.items() if ids_in(field)}
    assert naming == {"id", *groups.NAMING}
