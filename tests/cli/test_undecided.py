"""Our own missing data never stops a commit and always fails a pipeline; without a trust root a check only observes."""

from __future__ import annotations

import re
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from cli.kit import lockfile
from osgate import wiring
from osgate.wiring import Moment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import App, Institution


NEW = lockfile("left-pad@1.3.0")


def unspaced(text: str) -> str:
    """What is left where lines may be broken anywhere."""
    return re.sub(r"\s", "", text)


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Turn the clock that commands read."""
    seconds = int(time.time()) + days * 86400
    instant = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    monkeypatch.setattr(wiring, "now", lambda: Moment(instant, instant[:10], seconds))


def snapshot_file(app: App) -> Path:
    (found,) = (app.path.parent / "cache").rglob("*.sqlite")
    return found


def never_fetched(app: App, patch: pytest.MonkeyPatch) -> None:
    """The address is there in the lock, and nobody published."""


def expired(app: App, patch: pytest.MonkeyPatch) -> None:
    app.publish("approved")
    assert app.check().code == 0
    later(patch, 31)


def taking_away_expired(app: App, patch: pytest.MonkeyPatch) -> None:
    app.publish("approved")
    assert app.check().code == 0
    later(patch, 8)


def below_the_floor(app: App, patch: pytest.MonkeyPatch) -> None:
    app.publish("approved")
    assert app.check().code == 0
    app.git("reset", "--quiet")
    app.trust(serial=99)
    app.git("add", "package-lock.json")


def strangers_key(app: App, patch: pytest.MonkeyPatch) -> None:
    app.publish("approved")
    app.git("reset", "--quiet")
    app.trust(keys=[{"key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"}])
    app.git("add", "package-lock.json")


def damaged(app: App, patch: pytest.MonkeyPatch) -> None:
    app.publish("approved")
    assert app.check().code == 0
    path = snapshot_file(app)
    path.write_bytes(path.read_bytes()[:-100])
    shutil.rmtree(app.live)


def not_what_was_signed(app: App, patch: pytest.MonkeyPatch) -> None:
    app.publish("approved")
    manifest = app.live / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace('"size": ', '"size": 1'), encoding="utf-8")


def no_address(app: App, patch: pytest.MonkeyPatch) -> None:
    app.git("reset", "--quiet")
    app.trust(addresses=[])
    app.git("add", "package-lock.json")


WAYS: dict[str, tuple[Callable[[App, pytest.MonkeyPatch], None], str]] = {
    "never fetched": (never_fetched, r"no snapshot was fetched yet from \S+/live;run `osgate sync`"),
    "expired": (expired, r"the snapshot 3 from \S+/live expired on 20\d\d-\d\d-\d\dT"),
    "taking-away file expired": (
        taking_away_expired,
        r"the list of blocks and rejections from \S+/live expired on 20\d\d",
    ),
    "below the floor": (below_the_floor, r"\S+/live offers snapshot 3, but 99 was seen or is demanded"),
    "stranger's key": (strangers_key, r"no snapshot was fetched yet from \S+/live"),
    "damaged": (damaged, r"the snapshot in \S+ is damaged or was changed; run `osgate sync`"),
    "not what was signed": (not_what_was_signed, r"no snapshot was fetched yet from \S+/live"),
    "no address": (no_address, r"no snapshot was fetched yet from"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_commit_goes_through_loudly_and_a_pipeline_does_not(
    way: str, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrange, told = WAYS[way]
    app.write("package-lock.json", NEW)
    arrange(app, monkeypatch)
    done = app.check()
    assert done.code == 0, done
    assert re.search(unspaced(f"missing on our side: {told}"), unspaced(done.out)), done.out
    assert "osgate: undecided; 1 introduced dependency cannot be judged now" in done.out
    assert "the commit goes through" in done.err
    assert "`osgate sync`" in done.err
    base, head = app.git("rev-parse", "HEAD"), app.commit()
    ranged = app.check("--base", base, "--head", head)
    assert ranged.code == 4, ranged
    assert "goes through" not in ranged.err
    assert app.check("--base", base, "--head", head, "--format", "json").code == 4


@pytest.mark.parametrize("way", ["stranger's key", "not what was signed", "never fetched"])
def test_why_nothing_could_be_fetched_is_told(way: str, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    app.write("package-lock.json", NEW)
    WAYS[way][0](app, monkeypatch)
    told = unspaced(app.check().out)
    why = {
        "stranger's key": "is signed by a key",
        "not what was signed": "the signature of what",
        "never fetched": "there is nothing at",
    }[way]
    assert re.search(unspaced(f"note: the snapshot could not be refreshed: .*{why}"), told), told


def test_offline_says_what_is_missing_and_tries_nothing(app: App) -> None:
    app.publish("approved")
    app.write("package-lock.json", NEW)
    done = app.check("--staged", "--offline")
    assert done.code == 0
    assert "no snapshot was fetched yet" in done.out
    assert "could not be refreshed" not in done.out


def test_a_damaged_copy_is_mended_by_the_check_itself(app: App) -> None:
    app.publish("approved")
    app.write("package-lock.json", NEW)
    assert app.check().code == 0
    path = snapshot_file(app)
    path.write_bytes(b"x" * 100)
    done = app.check()
    assert done.code == 0
    assert "all approved" in done.out or "approved (snapshot 3" in done.out


@pytest.mark.parametrize(
    "state", ["{}", "[]", "null", '{"serial": 3}', "{" * 2000, '{"serial": 3, "file": 7, "key": []}']
)
def test_a_broken_note_of_what_was_verified_is_no_traceback(state: str, app: App) -> None:
    app.publish("approved")
    app.write("package-lock.json", NEW)
    assert app.check().code == 0
    (note,) = (app.path.parent / "cache").rglob("state.json")
    note.write_text(state, encoding="utf-8")
    shutil.rmtree(app.live)
    done = app.check()
    assert done.code == 0
    assert "missing on our side" in done.out


# Observing


def test_without_a_trust_root_nothing_is_blocked_and_all_is_told(repository: App) -> None:
    repository.write("package-lock.json", NEW)
    done = repository.check()
    assert done.code == 0
    assert "error[OSG101 unapproved]: left-pad 1.3.0 (npm) is not on the allowlist" in done.out
    assert "only observed, nothing is blocked" in done.out
    assert "no committed .osgate/osgate.lock" in done.out
    assert "is here but not committed" not in done.out


def test_settings_that_are_not_committed_do_not_count_and_that_is_told(app: App) -> None:
    app.git("rm", "--quiet", "-r", "--cached", ".osgate")
    app.commit()
    app.write("package-lock.json", NEW)
    done = app.check()
    assert done.code == 0
    assert ".osgate/ is here but not committed" in done.out
    assert "no committed .osgate/osgate.lock" not in done.out
    assert "only observed, nothing is blocked" in done.out


def test_that_is_told_in_a_folder_below_too(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    app.git("rm", "--quiet", "-r", "--cached", ".osgate")
    app.commit()
    app.write("web/package-lock.json", NEW)
    monkeypatch.chdir(app.path / "web")
    assert ".osgate/ is here but not committed" in app.check().out


def test_a_lock_handed_in_enforces_where_nothing_is_committed(app: App, institution: Institution) -> None:
    app.publish("empty")
    app.git("rm", "--quiet", "-r", "--cached", ".osgate")
    app.commit()
    app.write("package-lock.json", NEW)
    assert app.check("--staged", "--lock", ".osgate/osgate.lock").code == 1


def test_a_stricter_mode_enforces_without_a_trust_root(repository: App) -> None:
    repository.write("package-lock.json", NEW)
    assert repository.check("--staged", "--mode", "enforce-new").code == 1


def test_a_weaker_mode_changes_nothing(app: App) -> None:
    app.publish("empty")
    app.write("package-lock.json", NEW)
    assert app.check("--staged", "--mode", "observe").code == 1
    app.git("reset", "--quiet")
    app.write(".osgate/config.toml", 'project = "payments/app"\nmode = "observe"\n')
    app.commit()
    app.git("add", "package-lock.json")
    assert app.check().code == 1
