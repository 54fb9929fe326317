"""`osgate notify` against real servers: each event once a channel, also when a run is cut short."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flow.house import House, Said, environment
from osgate.intake_desk import notifying
from osgate.intake_desk.telling import Event, Words
from osgate.intake_desk.told import SENDING, UNCERTAIN, Told
from osgate.io.files import FolderLock
from osgate.io.sending import NotSent, Uncertain
from osgate.model.agenda import Item
from osgate.model.policy import NotifyChannel
from osgate.testing import records
from osgate.text.translator import Translator
from sending.servers import Web, nobody, post, web

pytestmark = pytest.mark.real

# A run of its own process, at the house's moment.
CHILD = """
import sys
from osgate import cli, wiring
wiring.now = lambda: wiring.Moment(sys.argv[1], sys.argv[1][:10], int(sys.argv[2]))
sys.exit(cli.main(sys.argv[3:]))
"""


def channels(house: House, *tables: str) -> None:
    """Put `[[notify]]` tables into the policy."""
    written = house.policy["osgate.toml"] + "".join(f"\n[[notify]]\n{table}\n" for table in tables).encode()
    house.push_files("main", {"osgate.toml": written})


def notify(house: House, *words: str) -> Said:
    return house.osgate("notify", "--policy-repo", str(house.bare), *words)


def hook(server: Web, more: str = "", kind: str = "webhook") -> str:
    return f'channel = "{kind}"\naddress = "{server.address}/hook?key=k"\n{more}'


def stages(server: Web) -> list[list[str]]:
    """Kind and stage of all events, message by message."""
    documents = [json.loads(body) for _, _, body in server.got]
    return [[f"{event['kind']}:{event['stage']}" for event in document["events"]] for document in documents]


def asked(house: House, reason: str = "needed") -> dict[str, object]:
    made = records.request(reason=reason)
    house.push(made)
    house.run()
    return made


def test_each_step_is_told_once_and_several_events_are_one_message(open_house: House) -> None:
    with web() as server:
        channels(open_house, hook(server))
        request = asked(open_house)
        open_house.push(records.block("zhang.san", [records.subject("pkg:npm/x", "")]))
        open_house.run()
        assert notify(open_house).code == 0
        assert stages(server) == [["waiting:new", "block:new"]] or stages(server) == [["block:new", "waiting:new"]]
        assert notify(open_house).code == 0
        assert len(server.got) == 1
        open_house.clock.forward(days=4)
        assert notify(open_house).code == 0
        assert sorted(stages(server)[1]) == ["block:overdue", "waiting:overdue"]
        for person, role in (("zhang.san", "tech"), ("li.si", "legal")):
            open_house.push(records.approve(request, person, role, "2027-02-01"))
        open_house.run()
        for day, stage in (("2027-01-02", "30"), ("2027-01-25", "7"), ("2027-01-31", "1"), ("2027-02-01", "overdue")):
            until(open_house, day)
            assert notify(open_house).code == notify(open_house).code == 0
            assert stages(server)[-1] == [f"approval:{stage}"]
        assert len(server.got) == 6


def until(house: House, day: str) -> None:
    while house.clock.today < day:
        house.clock.forward(days=1)


def test_every_kind_of_channel_takes_its_own_message_for_its_roles(
    open_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DING", "SECexample")
    with web() as server, post() as mail:
        channels(
            open_house,
            hook(server, 'secret = "DING"', "dingtalk"),
            hook(server, "", "wecom"),
            f'channel = "smtp"\naddress = "smtp://127.0.0.1:{mail.port}"\nfrom = "oss@bank.example"\n'
            'to = ["li.si@bank.example"]\nroles = ["legal"]\nlanguage = "en"',
            hook(server, 'roles = ["security"]'),
        )
        asked(open_house)
        said = notify(open_house)
        assert said.code == 0, said
        (ding, _, one), (_, _, two) = server.got
        assert "sign=" in ding
        assert json.loads(one)["markdown"]["title"] == "Example Bank开源治理：1 项须处理，其中逾期 0 项"
        assert "pkg:npm/left-pad" in json.loads(two)["markdown"]["content"]
        (letter,) = mail.mails
        assert b"open source: 1 to look at" in letter
        assert "nothing new" in said.out.splitlines()[-1]
        # What an error or an output says never holds what the address hides.
        assert "key=" not in said.out + said.err


def test_one_channel_that_fails_stops_no_other_and_is_tried_again(open_house: House) -> None:
    with web() as good, web() as bad:
        away = nobody()
        bad.mood = lambda body: (500, b"no")
        channels(open_house, hook(bad), f'channel = "webhook"\naddress = "http://{away}/x"', hook(good))
        asked(open_house)
        said = notify(open_house)
        assert said.code == 4
        assert len(good.got) == 1
        assert "HTTP 500" in said.err
        assert away in said.err
        bad.mood = lambda body: (200, b"")
        assert notify(open_house).code == 4
        assert (len(bad.got), len(good.got)) == (2, 1)
        channels(open_house, hook(bad), hook(good))
        assert notify(open_house).code == 0
        assert (len(bad.got), len(good.got)) == (2, 1)


def test_a_robot_that_refuses_is_tried_again_and_a_strange_answer_is_not(open_house: House) -> None:
    with web() as server:
        channels(open_house, hook(server, "", "wecom"))
        asked(open_house)
        server.mood = lambda body: (200, b'{"errcode": 93000, "errmsg": "invalid webhook url"}')
        said = notify(open_house)
        assert (said.code, "93000" in said.err) == (4, True)
        server.mood = lambda body: (200, b"<html>proxy</html>")
        assert notify(open_house).code == 4
        assert notify(open_house).code == 0
        assert len(server.got) == 2
        server.mood = lambda body: (200, b'{"errcode": 0}')
        assert notify(open_house, "--again").code == 0
        assert notify(open_house, "--again").code == 0
        assert len(server.got) == 3


def test_what_a_killed_run_may_have_sent_is_named_and_never_sent_again(open_house: House) -> None:
    with web() as server:
        server.mood = lambda body: None
        channels(open_house, hook(server))
        request = asked(open_house)
        moment = (open_house.clock.now, str(open_house.clock.seconds))
        words = ("notify", "--policy-repo", str(open_house.bare))
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, *moment, *words],
            env=environment(OSGATE_CACHE=str(open_house.root / "cache")),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert server.arrived.wait(30)
        child.send_signal(signal.SIGKILL)
        assert child.wait(30) == -signal.SIGKILL
        server.mood = lambda body: (200, b"")
        said = notify(open_house)
        assert said.code == 4
        assert str(request["id"])[7:19] in said.err
        assert notify(open_house).code == 0
        assert len(server.got) == 1


def test_a_rehearsal_sends_nothing_and_keeps_nothing(open_house: House, tmp_path: Path) -> None:
    with web() as server:
        channels(open_house, hook(server, 'secret = "NOT_SET"'))
        asked(open_house)
        said = notify(open_house, "--dry-run", "--state", str(tmp_path / "told"))
        assert (said.code, server.got, (tmp_path / "told").exists()) == (0, [], False)
        assert "osgate approve" in said.out
        # For real it needs what its variable holds, and says which one.
        said = notify(open_house, "--state", str(tmp_path / "told"))
        assert (said.code, "NOT_SET" in said.err) == (4, True)


def test_two_runs_at_once_do_not_tell_twice(open_house: House, tmp_path: Path) -> None:
    with web() as server, FolderLock(str(tmp_path / "lock")):
        channels(open_house, hook(server))
        asked(open_house)
        assert notify(open_house, "--state", str(tmp_path)).code == 4
        assert server.got == []


def test_without_a_channel_nobody_is_told_and_that_is_a_mistake(open_house: House) -> None:
    assert notify(open_house).code == 2


# What is kept, without servers

CHANNEL = NotifyChannel("webhook", "https://packages.example.com/hook")
NOW = "2026-11-23T08:00:00Z"
EVENTS = [Event(Item("waiting", f"sha256:{n:064x}", "2026-11-25", 2, False), "new") for n in range(3)]


WORDS = Words(Translator("en"), str, "Example Bank")


def run(folder: Path, send: notifying.Send, events: list[Event] = EVENTS, now: str = NOW) -> notifying.Delivery:
    (went,) = notifying.run([CHANNEL], events, str(folder), now, send, again=False)
    return went


def taken(channel: NotifyChannel, found: list[Event]) -> tuple[str, ...]:
    return ()


@pytest.mark.parametrize(("error", "later"), [(NotSent("send.status"), 3), (Uncertain("send.broken"), 0)])
def test_what_was_surely_not_sent_is_sent_next_time(tmp_path: Path, error: Exception, later: int) -> None:
    def failing(channel: NotifyChannel, found: list[Event]) -> tuple[str, ...]:
        states = {Told(str(tmp_path), CHANNEL, NOW).state(event) for event in found}
        assert states == {SENDING}  # written before anything leaves
        raise error

    first = run(tmp_path, failing)
    assert (first.error, first.well) == (error, False)
    assert len(run(tmp_path, taken).told) == later
    assert run(tmp_path, taken).told == ()


def test_an_error_nobody_foresaw_is_taken_for_sent_and_stops_no_other(tmp_path: Path) -> None:
    other = NotifyChannel("webhook", "https://packages.example.com/other")

    def failing(channel: NotifyChannel, found: list[Event]) -> tuple[str, ...]:
        if channel == CHANNEL:
            raise AttributeError("hush")
        return ()

    first, second = notifying.run([CHANNEL, other], EVENTS, str(tmp_path), NOW, failing, again=False)
    assert isinstance(first.error, Uncertain)
    assert (first.error.code, first.error.params) == ("send.unforeseen", {"kind": "AttributeError"})
    assert (second.well, len(second.told)) == (True, 3)
    assert {Told(str(tmp_path), CHANNEL, NOW).state(event) for event in EVENTS} == {UNCERTAIN}


def test_robots_of_one_address_with_secrets_of_their_own_are_told_each(tmp_path: Path) -> None:
    robots = [
        NotifyChannel("dingtalk", "https://packages.example.com/robot", secret) for secret in ("ONE", "TWO", "ONE")
    ]
    went = notifying.run(robots, EVENTS, str(tmp_path), NOW, taken, again=False)
    assert [len(delivery.told) for delivery in went] == [3, 3, 0]


@pytest.mark.parametrize(
    ("kind", "address", "secret", "told"),
    [
        ("webhook", "/hook", "top\nhush", "send.secret-malformed"),
        ("webhook", "/hook", "top hush", "send.secret-malformed"),
        ("wecom", "/hook", "hush\x7f", "send.secret-malformed"),
        ("dingtalk", "/hook", "SEChush\0", "send.secret-malformed"),
        ("smtp", "/hook", "hush\r\nQUIT", "send.secret-malformed"),
        ("webhook", "/hush hook", "", "send.address"),
        ("wecom", "/hush\x00", "key", "send.address"),
    ],
)
def test_neither_blanks_nor_control_characters_are_sent(kind: str, address: str, secret: str, told: str) -> None:
    with web() as server:
        channel = NotifyChannel(kind, server.address + address, "TOKEN", "oss@bank.example", ("li.si@bank.example",))
        with pytest.raises(NotSent) as caught:
            notifying.deliver(channel, EVENTS, WORDS, secret, NOW, 0)
        assert (caught.value.code, server.got) == (told, [])
    assert "hush" not in str(caught.value)


def test_a_file_that_is_damaged_is_taken_for_sent(tmp_path: Path) -> None:
    assert run(tmp_path, taken).well
    for path in tmp_path.rglob("*.json"):
        path.write_bytes(b"{")
    assert run(tmp_path, taken).told == ()


def test_what_cannot_be_written_down_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "told").write_text("a file in the way")

    def never(channel: NotifyChannel, found: list[Event]) -> tuple[str, ...]:
        raise AssertionError("sent without a trace")

    went = run(tmp_path / "told", never)
    assert went.error is not None
    assert went.error.code == "send.state"


def test_what_is_over_is_forgotten_after_ninety_days(tmp_path: Path) -> None:
    run(tmp_path, taken)
    run(tmp_path, taken, EVENTS[:1], "2027-02-20T08:00:00Z")
    assert len(list(tmp_path.rglob("*.json"))) == 3
    run(tmp_path, taken, EVENTS[:1], "2027-02-22T08:00:00Z")
    assert len(list(tmp_path.rglob("*.json"))) == 1
    assert run(tmp_path, taken, EVENTS[:1]).told == ()
