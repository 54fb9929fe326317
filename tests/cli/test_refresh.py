"""The hook's one refresh: an approval counts as soon as it is published, and a passing commit waits for nobody."""

from __future__ import annotations

import re
import socket
import time
from typing import TYPE_CHECKING

from cli.kit import lockfile

if TYPE_CHECKING:
    import pytest

    from conftest import App, Server
    from osgate.wiring import Moment

NEW = lockfile("left-pad@1.3.0")


def test_an_approval_published_after_the_last_sync_lets_the_commit_pass(app: App) -> None:
    app.publish("empty")
    app.write("package-lock.json", NEW)
    assert app.check().code == 1
    app.publish("approved")
    done = app.check()
    assert (done.code, done.err) == (0, "")
    assert "approved (snapshot 3" in done.out


def test_a_request_that_waits_is_told_until_it_is_decided(app: App) -> None:
    app.publish("waiting")
    app.write("package-lock.json", NEW)
    done = app.check()
    assert done.code == 1
    assert re.search(
        r"need: tech 0/1, legal 0/1, within 2 working days, request [0-9a-f]{12}\s+waits since 20", done.out
    )
    app.publish("approved")
    assert app.check().code == 0


def test_over_http_a_block_costs_one_conditional_request(app: App, served: Server) -> None:
    app.publish("empty")
    app.write("package-lock.json", NEW)
    assert app.check().code == 1
    served.asked.clear()
    assert app.check().code == 1
    assert served.asked == [("manifest.json", 304)]
    served.asked.clear()
    app.publish("approved")
    assert app.check().code == 0
    assert [asked for asked in served.asked if asked[0] == "manifest.json"] == [("manifest.json", 200)]
    assert len(served.asked) == 3


def test_a_pass_on_a_young_snapshot_makes_no_request(app: App, served: Server) -> None:
    app.publish("approved")
    app.write("package-lock.json", NEW)
    assert app.check().code == 0
    served.asked.clear()
    assert app.check().code == 0
    assert served.asked == []


def test_a_pass_on_an_old_snapshot_asks_once_an_hour(app: App, served: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    from osgate import wiring

    app.publish("approved")
    app.write("package-lock.json", NEW)
    assert app.check().code == 0
    now = wiring.now()

    def turned(seconds: int) -> Moment:
        at = now.seconds + seconds
        return wiring.Moment(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)), now.day, at)

    monkeypatch.setattr(wiring, "now", lambda: turned(3700))
    served.asked.clear()
    assert app.check().code == 0
    assert served.asked[0] == ("manifest.json", 304)
    served.asked.clear()
    monkeypatch.setattr(wiring, "now", lambda: turned(3900))
    assert app.check().code == 0
    assert served.asked == []


def test_a_block_published_within_the_hour_counts_with_the_next_pipeline_at_once(app: App, served: Server) -> None:
    app.publish("approved")
    base = app.git("rev-parse", "HEAD")
    app.write("package-lock.json", NEW)
    assert app.check().code == 0
    head = app.commit()
    app.publish("blocked")
    done = app.check("--base", base, "--head", head)
    assert done.code == 1
    assert "error[OSG105 blocked]: left-pad 1.3.0 (npm) is blocked in an emergency" in done.out
    assert "incident INC-1" in done.out


def test_an_older_snapshot_is_never_taken_back(app: App) -> None:
    app.publish("blocked")
    app.write("package-lock.json", NEW)
    assert app.check().code == 1
    app.publish("approved")
    done = app.check()
    assert done.code == 1
    assert "an older state is not accepted" in re.sub(r"\n  ", " ", done.out)


def test_a_second_address_serves_where_the_first_is_gone(app: App) -> None:
    app.publish("approved")
    app.trust(addresses=[str(app.live) + "-gone", str(app.live)])
    app.write("package-lock.json", NEW)
    assert app.check().code == 0


def test_every_address_that_failed_is_told(app: App) -> None:
    app.trust(addresses=["/nowhere/one", "/nowhere/two"])
    app.write("package-lock.json", NEW)
    done = app.check()
    assert done.code == 0
    assert "there is nothing at /nowhere/one/manifest.json" in done.out
    assert "there is nothing at /nowhere/two/manifest.json" in done.out
    assert "/nowhere/one, /nowhere/two" in done.out


def test_a_server_that_hangs_holds_a_commit_for_two_seconds_at_most(app: App) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        app.trust(addresses=[f"http://127.0.0.1:{silent.getsockname()[1]}"])
        app.write("package-lock.json", NEW)
        start = time.monotonic()
        done = app.check()
        waited = time.monotonic() - start
    assert done.code == 0
    assert "did not answer within 2.0 seconds" in re.sub(r"\s+", " ", done.out)
    assert waited < 5
