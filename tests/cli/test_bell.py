"""`osgate bell`: which payloads wake the desk, what goes out, and that nothing hostile does."""

from __future__ import annotations

import http.server
import json
import sys
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.kit import call, child
from osgate.cli.bell import worth

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def note(text: Any = "/osgate approve 4be1a2c3d4e5", **about: Any) -> dict[str, Any]:
    attributes = {"action": "create", "note": text, **about}
    return {"object_kind": "note", "project_id": 7, "merge_request": {"iid": 4}, "object_attributes": attributes}


def on_issue() -> dict[str, Any]:
    return {**note(), "merge_request": None, "issue": {"iid": 9}} | {"merge_request": {}}


def issue(**about: Any) -> dict[str, Any]:
    attributes = {"action": "open", "iid": 9, "description": "/osgate request bank/app!4", **about}
    return {"object_kind": "issue", "project": {"id": 7}, "object_attributes": attributes}


def change(**about: Any) -> dict[str, Any]:
    return {"object_kind": "merge_request", "project": {"id": 7}, "object_attributes": {"iid": 4, **about}}


WORTH = [
    (note(), "7!4"),
    (note("well\n\n/osgate request\nreason: x"), "7!4"),
    ({**note(), "issue": {"iid": 9}, "merge_request": {"iid": 4}}, "7!4"),
    ({key: value for key, value in {**note(), "issue": {"iid": 9}}.items() if key != "merge_request"}, "7#9"),
    (issue(), "7#9"),
    (issue(action="reopen"), "7#9"),
    (change(action="open"), "7!4"),
    (change(action="update", oldrev="1" * 40), "7!4"),
]
NOT_WORTH = [
    note("looks good to me"),
    note(action="update"),
    note("<!-- osgate:answer note=3 -->\n`/osgate approve`"),
    issue(description="please"),
    issue(action="close"),
    change(action="update"),
    change(action="merge"),
    {"object_kind": "push"},
]
HOSTILE = [
    None,
    [],
    7,
    "note",
    {"object_kind": ["note"]},
    {"object_kind": "note", "object_attributes": "x"},
    note({"a": 1}),
    {**note(), "project_id": "7; rm -rf /"},
    {**note(), "project_id": True},
    {**note(), "project_id": -1},
    {**note(), "project_id": 10**30},
    {**note(), "merge_request": [4]},
    {**note(), "merge_request": {"iid": 4.5}},
]


@pytest.mark.parametrize(("payload", "rang"), WORTH)
def test_what_wakes_the_desk(payload, rang, no_io):
    assert worth(payload) == rang


@pytest.mark.parametrize("payload", [*NOT_WORTH, *HOSTILE])
def test_what_does_not(payload, no_io):
    assert worth(payload) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just("/osgate"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "object_kind",
                    "object_attributes",
                    "note",
                    "action",
                    "iid",
                    "project_id",
                    "project",
                    "id",
                    "merge_request",
                ]
            ),
            inner | st.sampled_from(["note", "create", "open"]),
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(JSON)
def test_whatever_comes_only_numbers_go_on(payload):
    """Property: the answer is empty, or two numbers and a sign."""
    said = worth(payload)
    assert said == "" or said.replace("!", "#").split("#")[0].isdecimal()
    assert set(said) <= set("0123456789!#")


class Forge:
    """A forge's trigger: what it was sent, and how it answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self.statuses: list[int] = []
        forge = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                forge.asked.append((self.path, parse_qs(body.decode())))
                self.send_response(forge.statuses.pop(0) if forge.statuses else 201)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def forge(monkeypatch: pytest.MonkeyPatch) -> Iterator[Forge]:
    made = Forge()
    threading.Thread(target=made.server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("CI_API_V4_URL", "http://127.0.0.1:9/api/v4")  # Whoever pulls the trigger says so.
    monkeypatch.setenv("CI_JOB_TOKEN", "job-token-1")
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def ring(forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def rung(payload: bytes) -> Any:
        (tmp_path / "payload").write_bytes(payload)
        monkeypatch.setenv("TRIGGER_PAYLOAD", str(tmp_path / "payload"))
        return call("bell", "--policy-project", "oss/policy", "--address", f"{forge.address}/")

    return rung


def test_it_starts_the_policy_projects_pipeline_with_ids_alone(forge, ring):
    done = ring(json.dumps(note("/osgate approve `rm -rf /` $TOKEN")).encode())
    assert (done.code, done.err) == (0, "")
    assert "7!4" in done.out
    sent = {"token": ["job-token-1"], "ref": ["main"], "variables[OSGATE_RANG]": ["7!4"]}
    assert forge.asked == [("/api/v4/projects/oss%2Fpolicy/trigger/pipeline", sent)]
    assert "job-token-1" not in done.out


def test_where_variables_are_refused_it_rings_without(forge, ring):
    forge.statuses = [400]
    assert ring(json.dumps(note()).encode()).code == 0
    assert [sorted(sent) for _, sent in forge.asked] == [
        ["ref", "token", "variables[OSGATE_RANG]"],
        ["ref", "token"],
    ]


def test_a_policy_project_that_does_not_answer_is_told_and_rung_once(forge, ring):
    forge.statuses = [500]
    done = ring(json.dumps(note()).encode())
    assert done.code == 4
    assert len(forge.asked) == 1
    assert "job-token-1" not in done.err


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"object_kind": "note", "a": ' + b"9" * 9000 + b"}",
        b" " * (9 << 20),
        json.dumps(note("/osgate" + "x" * (9 << 20))).encode(),
    ],
    ids=["nothing", "half", "no text", "deep", "a long number", "huge", "a huge note"],
)
def test_a_hostile_payload_ends_in_one_line_and_no_call(forge, ring, payload):
    done = ring(payload)
    assert (done.code, len(done.out.splitlines()), done.err) == (0, 1, "")
    assert forge.asked == []


def test_without_a_payload_or_a_jobs_token_it_says_where_it_belongs(ring, monkeypatch):
    where = ("--policy-project", "oss/policy", "--address", "http://127.0.0.1:9")
    assert call("bell", *where).code == 2
    assert call("bell", *where[:2]).code == 2
    assert call("bell").code == 2
    monkeypatch.delenv("CI_JOB_TOKEN")
    assert ring(json.dumps(note()).encode()).code == 2


def test_a_quiet_bell_loads_nothing_of_the_network(tmp_path):
    (tmp_path / "payload").write_text(json.dumps(note("hello")), encoding="utf-8")
    code = "import sys; from osgate.cli import main; c = main(['bell', '--policy-project', '1', '--address', 'http://127.0.0.1:9']);"
    code += "print(c, sorted({'urllib.request', 'http.client', 'ssl', 'gitlab'} & set(sys.modules)))"
    import os
    import subprocess

    environ = {**os.environ, "TRIGGER_PAYLOAD": str(tmp_path / "payload")}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
    assert child("bell", cwd=tmp_path).returncode == 2
