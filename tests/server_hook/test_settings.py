"""What a packed hook was told: read back as it was written, and every mistake at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from osgate.errors import Mistakes, UsageError
from osgate.ledger.lock import Lock
from osgate.model.policy import MODES, Key
from osgate.server_hook import settings
from osgate.server_hook.settings import Caps, Settings
from osgate.testing.keys import SigningKey

LOCK = Lock(("https://packages.example.com/osgate",), (Key(SigningKey("desk").public, "2026-01-01"),), (), 7)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
FULL = st.builds(
    Settings,
    st.just(LOCK),
    TEXT.map(lambda text: f"/{text}"),
    st.sampled_from(settings.HOOKS),
    st.sampled_from(("gitlab", "gitea", "git")),
    st.lists(st.sampled_from(("HEAD", "refs/heads/主干", "*", "refs/tags/v*")), min_size=1, max_size=3).map(tuple),
    st.floats(0.5, 600),
    st.sampled_from(("", *MODES)),
    st.sampled_from(settings.LANGUAGES),
    st.one_of(st.just(""), TEXT.map(lambda text: f"/{text}")),
    st.sampled_from(settings.STALE),
    st.lists(TEXT.filter(bool), max_size=3).map(tuple),
    st.builds(Caps, st.integers(1, 10**9), st.integers(1, 10**12)),
    TEXT,
)


@bounds(max_examples=60, deadline=None)
@given(FULL)
def test_what_is_written_is_read_back(told):
    assert settings.parse(settings.printed(told)) == told


def least(**more: Any) -> dict[str, Any]:
    lock = json.loads(settings.printed(Settings(LOCK, "/s")))["lock"]
    return {"schema": settings.SCHEMA, "lock": lock, "snapshot": "/s", **more}


def test_what_is_not_said_has_a_default():
    told = settings.of_json(least())
    assert told == Settings(LOCK, "/s")
    assert told.refs == settings.REFS
    assert (told.deadline, told.stale, told.break_glass) == (20.0, "refuse", ())
    assert settings.of_json(least(platform="ghes")).deadline == 4.0
    assert settings.of_json(least(platform="ghes", deadline=3)).deadline == 3.0
    assert settings.of_json(least(caps={"bytes": 5})).caps == Caps(Caps().manifests, 5)


def test_paths_that_are_not_absolute_begin_beside_the_hook():
    data = json.dumps(least(snapshot="kept", spool="spool")).encode()
    told = settings.parse(data, beside="/srv/hooks/")
    assert (told.snapshot, told.spool) == ("/srv/hooks/kept", "/srv/hooks/spool")
    assert settings.parse(data).snapshot == "kept"
    assert settings.parse(json.dumps(least()).encode(), beside="/srv").spool == ""


def mistakes(found: Any) -> list[tuple[str, str]]:
    with pytest.raises(Mistakes) as error:
        settings.of_json(found)
    named = [
        (m.code, str(m.params.get("at") or m.params.get("key") or m.params.get("found", "")))
        for m in error.value.mistakes
    ]
    return sorted(named)


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"snapshots": "/s"}, [("unknown-key", "snapshots")]),
        ({"schema": "osgate.hook/2"}, [("not-one-of", "osgate.hook/2")]),
        ({"hook": "update"}, [("not-one-of", "update")]),
        ({"platform": "svn"}, [("not-one-of", "svn")]),
        ({"platform": "ghes", "hook": "post-receive"}, [("hook-not-on-platform", "")]),
        ({"snapshot": ""}, [("empty", "snapshot")]),
        ({"snapshot": "a\0b"}, [("hook-nul", "snapshot")]),
        ({"spool": 3}, [("wrong-type", "spool")]),
        ({"contact": None}, [("wrong-type", "contact")]),
        ({"lock": []}, [("wrong-type", "lock")]),
        ({"refs": []}, [("empty", "refs")]),
        ({"refs": "HEAD"}, [("wrong-type", "refs")]),
        ({"refs": ["main", "", 1]}, [("empty", "refs"), ("hook-not-a-ref", "main"), ("wrong-type", "refs")]),
        ({"break_glass": [""]}, [("empty", "break_glass")]),
        ({"break_glass": [True]}, [("wrong-type", "break_glass")]),
        ({"deadline": True}, [("wrong-type", "deadline")]),
        ({"deadline": "4"}, [("wrong-type", "deadline")]),
        ({"deadline": 0.4}, [("too-small", "0.4")]),
        ({"deadline": 601}, [("more-than", "601")]),
        ({"mode": "off"}, [("not-one-of", "off")]),
        ({"language": "fr"}, [("not-one-of", "fr")]),
        ({"language": ["en"]}, [("not-one-of", "['en']")]),
        ({"stale": "pass"}, [("not-one-of", "pass")]),
        ({"caps": 5}, [("wrong-type", "caps")]),
        ({"caps": {"files": 1}}, [("unknown-key", "files")]),
        ({"caps": {"bytes": 1.5, "manifests": 0}}, [("too-small", "0"), ("wrong-type", "bytes")]),
        ({"mode": "off", "deadline": 0}, [("not-one-of", "off"), ("too-small", "0")]),
    ],
)
def test_every_mistake_is_told(more, wanted):
    found = mistakes(least(**more))
    named = {code for code, _ in wanted}
    assert {code for code, _ in found} == named
    for code, name in wanted:
        assert not name or (code, name) in found


def test_what_is_no_table_and_what_is_missing():
    assert mistakes([]) == [("wrong-type", settings.FILE)]
    assert mistakes({}) == [("missing-key", "lock"), ("missing-key", "schema"), ("missing-key", "snapshot")]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 100_000, b'{"deadline": NaN}'])
def test_what_is_no_json(data):
    with pytest.raises(UsageError, match=r"hook\.settings-malformed"):
        settings.parse(data)


def test_a_lock_inside_that_does_not_hold():
    with pytest.raises(UsageError, match=r"lock\.malformed"):
        settings.of_json(least(lock={"schema": "osgate.lock/1", "keys": [], "addresses": [], "serial": 0}))


@bounds(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*Settings._fields, "schema", "x"]),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)), st.lists, max_leaves=4
        ),
        max_size=4,
    )
)
def test_whatever_stands_there_is_read_or_told_and_nothing_worse(found):
    try:
        told = settings.of_json({**least(), **found})
    except UsageError:
        return
    assert settings.parse(settings.printed(told)) == told
