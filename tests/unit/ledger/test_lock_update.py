"""What a manifest tells of the desk's keys, and a lock brought up to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osgate.ledger import lock as locks
from osgate.ledger import lock_update
from osgate.ledger.lock import Lock
from osgate.ledger.lock_update import Told, brought_up, changes, told
from osgate.model.policy import Key
from osgate.testing.keys import SigningKey

NOW = "2026-11-21T06:00:00Z"
OLD, NEW, SPARE = (SigningKey(name).public for name in ("desk", "desk 2", "spare"))
LOCK = Lock(("published",), (Key(OLD, "2026-01-01"),), (), 41)


def test_an_older_desk_tells_nothing_and_only_the_floor_rises():
    assert told({}) == Told((), ())
    assert brought_up(LOCK, told({}), 50, NOW) == Lock(LOCK.addresses, LOCK.keys, (), 50)
    assert brought_up(LOCK, told({}), 3, NOW) == LOCK


def test_keys_that_are_used_and_announced_are_taken_over():
    manifest = {
        "keys": [{"key": OLD, "from": "2026-01-01", "to": "2027-01-01"}, {"key": NEW, "from": "2026-12-01", "new": 1}],
        "next_keys": [{"key": SPARE}],
    }
    found = told(manifest)
    new = brought_up(LOCK, found, 50, NOW)
    assert new.keys == (Key(OLD, "2026-01-01", "2027-01-01"), Key(NEW, "2026-12-01"))
    assert (new.next_keys, new.serial, new.addresses) == ((Key(SPARE),), 50, LOCK.addresses)
    assert found.news(LOCK, NOW) == (Key(NEW, "2026-12-01"), Key(SPARE))
    assert found.news(new, NOW) == ()
    assert list(changes(LOCK, new)) == [("dated", new.keys[0]), ("added", new.keys[1]), ("added", Key(SPARE))]
    assert list(changes(new, LOCK)) == [("removed", new.keys[1]), ("removed", Key(SPARE)), ("dated", LOCK.keys[0])]
    assert brought_up(new, found, 50, NOW) == new
    assert list(changes(new, new)) == []
    assert locks.parse(locks.printed(new)) == new


def test_keys_that_ended_or_are_revoked_are_left_out():
    found = Told((Key(OLD, revoked="2026-11-21"), Key(NEW)), (Key(SPARE, "", "2026-11-21"),))
    assert brought_up(LOCK, found, 41, NOW) == Lock(LOCK.addresses, (Key(NEW),), (), 41)
    assert found.news(LOCK, NOW) == (Key(NEW),)
    later = Told((Key(OLD, "", "2026-11-22", "2026-11-22"),), ())
    assert brought_up(LOCK, later, 41, NOW).keys == later.keys, "both are to come"
    nobody = Told((Key(OLD, revoked="2026-11-21"),), (Key(NEW),))
    assert brought_up(LOCK, nobody, 41, NOW) == LOCK, "a lock without a key would be none"


def test_a_key_says_nothing_of_its_own_revocation():
    found = Told((Key(OLD, revoked="2026-11-21"), Key(NEW, revoked="2026-11-22")), (Key(SPARE, revoked="2026-01-01"),))
    assert found.revoked(NOW, NEW) == (OLD, SPARE)
    assert found.revoked(NOW, OLD) == (SPARE,)
    assert found.revoked("2026-11-22T00:00:00Z", SPARE) == (OLD, NEW)


WRONG = [{}, {"key": 7}, {"key": "x"}, {"key": OLD, "to": "tomorrow"}, {"key": "ssh-ed25519 AAA"}, 7, "x", None]


@pytest.mark.parametrize("name", ["keys", "next_keys"])
@pytest.mark.parametrize("item", WRONG)
def test_what_is_no_key_raises_what_the_caller_expects(name, item):
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        told({name: [item]})


KEYS = st.tuples(
    *[st.builds(Key, st.sampled_from([OLD, NEW, SPARE]), *[st.sampled_from(["", NOW[:10], "2027-01-01"])] * 3)]
)


@given(st.lists(KEYS, max_size=3), st.lists(KEYS, max_size=3), st.integers(0, 99))
def test_a_lock_brought_up_never_falls_back_and_stays_a_lock(keys, next_keys, serial):
    new = brought_up(LOCK, Told(tuple(k for (k,) in keys), tuple(k for (k,) in next_keys)), serial, NOW)
    assert new.serial == max(LOCK.serial, serial)
    assert new.keys
    assert locks.parse(locks.printed(new)) == new
    assert new.keys == LOCK.keys or not any(
        k.revoked == NOW[:10] or k.end == NOW[:10] for k in (*new.keys, *new.next_keys)
    )
    assert lock_update.brought_up(new, Told(new.keys, new.next_keys), serial, NOW) == new
