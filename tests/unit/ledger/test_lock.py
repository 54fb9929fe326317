"""The lock: read strictly, because everything else is trusted by it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import UsageError
from osgate.ledger import lock as locks
from osgate.ledger.lock import Lock
from osgate.model.policy import Key
from osgate.testing.keys import SigningKey

DESK, NEXT = SigningKey("desk").public, SigningKey("next").public
LOCK = Lock(
    ("published", "https://gate.example.com/snapshots"), (Key(DESK, "2026-01-01", "2026-12-31"),), (Key(NEXT),), 41
)


def test_what_was_printed_is_read_back():
    assert locks.parse(locks.printed(LOCK)) == LOCK
    assert locks.printed(LOCK).endswith(b'"serial": 41\n}\n')
    assert locks.parse(b"\xef\xbb\xbf" + locks.printed(LOCK)) == LOCK


def test_keys_count_while_they_are_valid():
    assert LOCK.trusted("2026-06-01T00:00:00Z") == (DESK, NEXT)
    assert LOCK.trusted("2025-12-31T23:59:59Z") == (NEXT,)
    assert LOCK.trusted("2026-12-30T23:59:59Z") == (DESK, NEXT)
    assert LOCK.trusted("2026-12-31T00:00:00Z") == (NEXT,)


def test_a_revoked_key_counts_before_that_day_only_and_is_read_back():
    lock = Lock(("published",), (Key(DESK, "", "", "2026-06-01"),), (Key(NEXT),))
    assert locks.parse(locks.printed(lock)) == lock
    assert lock.trusted("2026-05-31T23:59:59Z") == (DESK, NEXT)
    assert lock.trusted("2026-06-01T00:00:00Z") == (NEXT,)
    assert [lock.revoked(DESK, moment) for moment in ("2026-05-31T23:59:59Z", "2026-06-01T00:00:00Z")] == [False, True]
    assert not lock.revoked(NEXT, "2026-06-01T00:00:00Z")


def test_what_a_newer_osgate_says_beside_a_key_is_passed_over():
    assert locks.parse(changed(keys=[{"key": DESK, "holder": "somebody"}])).keys == (Key(DESK),)


def changed(**changes) -> bytes:
    body = {**json.loads(locks.printed(LOCK)), **changes}
    return json.dumps({key: value for key, value in body.items() if value != "remove"}).encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", ""),
        (b"\xff\xfe", "codec"),
        (b"[" * 200_000, ""),
        (b"[]", "indices"),
        (b"null", "NoneType"),
        (changed(schema="osgate.lock/2"), "osgate.lock/2"),
        (changed(pin=1), "unknown key 'pin'"),
        (changed(keys=[]), "keys is empty"),
        (changed(keys=["ssh-ed25519 AAAA"]), "indices"),
        (changed(keys=[{"key": 7}]), "split"),
        (changed(keys=[{"key": "ssh-ed25519"}]), "key 'ssh-ed25519'"),
        (changed(keys=[{"key": DESK, "to": "31.12.2026"}]), "31.12.2026"),
        (changed(keys=[{"key": DESK, "to": "2026-12-31 00:00:00"}]), "2026-12-31 00"),
        (changed(keys=[{"key": DESK, "from": []}]), "from []"),
        (changed(keys=[{"key": DESK, "from": 2026}]), "from 2026"),
        (changed(keys=[{"key": DESK, "revoked": "today"}]), "revoked 'today'"),
        (changed(next_keys=[{"key": "x"}]), "key 'x'"),
        (changed(addresses="published"), "addresses"),
        (changed(addresses=[7]), "addresses"),
        (changed(serial="41"), "serial '41'"),
        (changed(serial=True), "serial True"),
        (changed(serial=-1), "serial -1"),
        (changed(serial=1.5), "serial 1.5"),
    ],
)
def test_what_is_no_lock_is_told(data, says):
    with pytest.raises(UsageError, match=r"lock\.malformed") as error:
        locks.parse(data, "handed.lock")
    assert error.value.params["path"] == "handed.lock"
    assert says in str(error.value.params["detail"])


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (changed(schema="remove"), "schema"),
        (changed(keys="remove"), "keys"),
        (changed(keys=[{}]), "key"),
        (changed(addresses="remove"), "addresses"),
    ],
)
def test_what_a_lock_lacks_is_told(data, key):
    with pytest.raises(UsageError, match=r"lock\.incomplete") as error:
        locks.parse(data, "handed.lock")
    assert error.value.params == {"path": "handed.lock", "key": key}


def test_without_a_serial_any_snapshot_is_new_enough():
    assert locks.parse(changed(serial="remove")).serial == 0


def test_next_keys_may_be_left_out():
    assert locks.parse(changed(next_keys="remove")).next_keys == ()


def test_a_comment_behind_a_key_is_no_part_of_it():
    assert locks.parse(changed(keys=[{"key": DESK + " desk@example"}])).keys == (Key(DESK),)


@settings(max_examples=80)
@given(
    st.one_of(
        st.binary(max_size=100),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=4),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["schema", "addresses", "keys", "next_keys", "serial", "key", "from"]),
                    inner,
                    max_size=5,
                )
            ),
        ).map(lambda value: json.dumps(value).encode()),
    )
)
def test_any_bytes_are_refused_with_a_usage_error(data):
    with pytest.raises(UsageError):
        locks.parse(data)
