"""Broken `.osgate/` files: the file, what is wrong and the remedy, exit 2, and never a check without a trust root."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cli.kit import lockfile

if TYPE_CHECKING:
    from conftest import App

NEW = lockfile("left-pad@1.3.0")
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
WHOLE: dict[str, Any] = {
    "schema": "osgate.lock/1",
    "addresses": ["/nowhere"],
    "keys": [{"key": KEY}],
    "next_keys": [],
    "serial": 1,
}
LOCKS: dict[str, bytes] = {
    "empty": b"",
    "not JSON": b"addresses: []\n",
    "not text": b"\xff\xfe\x00",
    "truncated": json.dumps(WHOLE).encode()[:-5],
    "a list": b"[]",
    "null": b"null",
    "a number": b"3",
    "deep": b"[" * 100_000,
    "unknown key": json.dumps({**WHOLE, "adresses": []}).encode(),
    "other schema": json.dumps({**WHOLE, "schema": "osgate.lock/9"}).encode(),
    "no keys": json.dumps({**WHOLE, "keys": []}).encode(),
    "keys of another kind": json.dumps({**WHOLE, "keys": {"key": KEY}}).encode(),
    "a key that is a number": json.dumps({**WHOLE, "keys": [{"key": 3}]}).encode(),
    "a key without its text": json.dumps({**WHOLE, "keys": [{"from": "2026-01-01"}]}).encode(),
    "a key of one word": json.dumps({**WHOLE, "keys": [{"key": "ssh-ed25519"}]}).encode(),
    "an empty key": json.dumps({**WHOLE, "keys": [{"key": ""}]}).encode(),
    "a date that is a number": json.dumps({**WHOLE, "keys": [{"key": KEY, "from": 2026}]}).encode(),
    "addresses as one text": json.dumps({**WHOLE, "addresses": "/nowhere"}).encode(),
    "addresses that are numbers": json.dumps({**WHOLE, "addresses": [3]}).encode(),
    "a serial that is a text": json.dumps({**WHOLE, "serial": "many"}).encode(),
    "a serial that is null": json.dumps({**WHOLE, "serial": None}).encode(),
    "a serial with a point": json.dumps({**WHOLE, "serial": 1.5}).encode(),
    **{
        f"without {key}": json.dumps({k: v for k, v in WHOLE.items() if k != key}).encode()
        for key in ("schema", "addresses", "keys")
    },
}


@pytest.mark.parametrize("way", LOCKS)
def test_a_broken_lock(way: str, app: App) -> None:
    app.write(".osgate/osgate.lock", LOCKS[way])
    app.commit()
    app.write("package-lock.json", NEW)
    done = app.check()
    assert (done.code, done.out) == (2, ""), done
    assert ".osgate/osgate.lock is not a lock osgate wrote: " in done.err
    assert "`osgate init --from POLICY-REPOSITORY --force` writes it again" in done.err
    assert app.check("--base", "HEAD", "--head", app.commit()).code == 2


@pytest.mark.parametrize("way", LOCKS)
def test_a_broken_lock_that_is_handed_in(way: str, app: App) -> None:
    (app.path / "given.lock").write_bytes(LOCKS[way])
    app.write("package-lock.json", NEW)
    done = app.check("--staged", "--lock", "given.lock")
    assert (done.code, done.out) == (2, "")
    assert "given.lock is not a lock osgate wrote: " in done.err


def test_a_lock_that_is_handed_in_as_text_is_named_by_what_it_was_given_as(app: App) -> None:
    app.write("package-lock.json", NEW)
    broken = json.dumps({k: v for k, v in WHOLE.items() if k != "keys"})
    done = app.check("--staged", "--lock", broken)
    assert (done.code, done.out) == (2, "")
    assert "lock is not a lock osgate wrote: it has no keys" in done.err
    done = app.check("--staged", "--lock", broken, "--language", "zh_CN")
    assert "缺少 keys" in done.err
    bare = {k: v for k, v in WHOLE.items() if k != "serial"}
    assert "is not a lock" not in app.check("--staged", "--lock", json.dumps(bare)).err


def test_a_lock_that_is_a_link_or_a_submodule_is_no_lock(app: App) -> None:
    app.git("update-index", "--cacheinfo", f"160000,{'1' * 40},.osgate/osgate.lock")
    app.commit()
    app.write("package-lock.json", NEW)
    assert app.check().code == 2


def test_what_is_only_staged_is_not_trusted(app: App) -> None:
    app.publish("empty")
    app.write(".osgate/osgate.lock", b"broken")
    app.write(".osgate/config.toml", b"broken")
    app.write("package-lock.json", NEW)
    assert app.check().code == 1


CONFIGS: dict[str, tuple[bytes, str]] = {
    "not TOML": (b"project = \n", ":1: not TOML: an invalid value; text needs quotes\n"),
    "empty": (b"", ": project is missing"),
    "unknown key": (b'project = "a"\nprojet = "b"\n', ":2: there is no key projet here"),
    "near key": (b'project = "a"\nlangage = "en"\n', ":2: there is no key langage here; did you mean language?"),
    "wrong type": (b"project = 3\n", ":1: this must be a text, not a whole number\n"),
    "wrong choice": (b'project = "a"\n\nmode = "off"\n', ":3: off is not one of"),
    "empty project": (b'project = ""\n', ":1: project must not be empty"),
    "twice": (b'project = "a"\nproject = "b"\n', ":2: not TOML: a key is set twice\n"),
    "not text": (b"\xff\xff\x80\x81\xfe", "neither UTF-8 nor GB 18030"),
    "deep": (b"project = " + b"[" * 100_000, "config.toml"),
    "several at once": (b'mode = "off"\nlanguage = "fr"\nx = 1\n', "4 mistakes"),
}


@pytest.mark.parametrize("way", CONFIGS)
def test_a_broken_configuration(way: str, app: App) -> None:
    data, told = CONFIGS[way]
    app.write(".osgate/config.toml", data)
    app.commit()
    app.write("package-lock.json", NEW)
    done = app.check()
    assert (done.code, done.out) == (2, ""), done
    assert done.err.startswith(".osgate/config.toml:")
    assert told in done.err
    assert "Traceback" not in done.err


def test_a_broken_configuration_is_told_every_time_and_mending_it_helps(app: App) -> None:
    app.publish("approved")
    app.write(".osgate/config.toml", b"project = 3\n")
    app.commit()
    app.write("package-lock.json", NEW)
    assert [app.check().code, app.check().code] == [2, 2]
    app.git("reset", "--quiet")
    app.write(".osgate/config.toml", 'project = "payments/app"\nlanguage = "zh_CN"\n')
    app.commit()
    app.git("add", "package-lock.json")
    first, cached = app.check(), app.check()
    assert (first.code, cached.code) == (0, 0)
    assert "均已准入" in first.out
    assert "均已准入" in cached.out


@pytest.mark.parametrize("kept", [b"", b"[]", b'{"nonsense": 1}', b"\xff", b"null"])
def test_a_broken_copy_of_the_configuration_is_read_again(kept: bytes, app: App) -> None:
    app.publish("approved")
    app.write("package-lock.json", NEW)
    assert app.check().code == 0
    copies = list((app.path.parent / "cache/config").glob("*.json"))
    assert len(copies) == 1
    copies[0].write_bytes(kept)
    assert app.check().code == 0
    assert json.loads(copies[0].read_bytes())["project"] == "payments/app"


def test_a_cache_that_cannot_be_written_is_no_reason_to_fail(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSGATE_CACHE", "/proc/nowhere")
    app.publish("approved")
    app.write("package-lock.json", NEW)
    done = app.check()
    assert done.code == 0, done
    assert "missing on our side" in done.out
    assert "snapshots cannot be kept in /proc/nowhere" in " ".join(done.out.split())
