"""Children: no deadlock, no leaks, no zombies, clear errors; on both ways of starting one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from children import children
from osgate.errors import UsageError
from osgate.io import process
from osgate.io.process import run, start

BIG = 3_000_000


@pytest.fixture(params=["spawn", "portable"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(process, "HAS_SPAWN", request.param == "spawn")
    return str(request.param)


def descriptors() -> set[str]:
    return set(os.listdir("/dev/fd"))


def test_large_input_and_output_flow_together() -> None:
    code, out, errors = run(["sh", "-c", "head -c 300000 /dev/zero >&2; exec cat"], input=b"x" * BIG)
    assert (code, len(out)) == (0, BIG)
    assert len(errors) == process.ERROR_TAIL


def test_the_end_of_standard_error_is_kept_and_codes_are_told() -> None:
    assert run(["sh", "-c", "echo bad >&2; exit 3"]) == (3, b"", b"bad\n")
    assert run(["sh", "-c", "kill -9 $$"])[0] == -9


def test_a_child_that_does_not_read_is_no_error_of_ours() -> None:
    assert run(["sh", "-c", "exec 0<&-; echo done"], input=b"x" * BIG)[:2] == (0, b"done\n")


def test_environment_is_what_was_asked_for() -> None:
    assert run(["sh", "-c", "echo $MARK"], env={"PATH": os.environ["PATH"], "MARK": "here"})[1] == b"here\n"


@pytest.mark.parametrize("argv", [["osgate-no-such-program"], ["/dev/null"], ["/dev/null/x"]])
def test_a_missing_program_is_a_usage_error(argv: list[str]) -> None:
    before = descriptors()
    with pytest.raises(UsageError) as caught:
        run(argv)
    assert caught.value.code == "program.missing"
    assert caught.value.params == {"program": argv[0]}
    assert descriptors() == before


def test_an_argument_that_no_program_can_get_is_a_usage_error() -> None:
    with pytest.raises(UsageError) as caught:
        run(["echo", "a\0b"])
    assert caught.value.code == "program.refused"


def test_nothing_is_left_open_and_nobody_undead() -> None:
    before, there = descriptors(), children()
    for _ in range(5):
        run(["cat"], input=b"x")
        child = start(["cat"])
        child.send(b"one\ntwo")
        assert (child.line(), child.take(3)) == (b"one\n", b"two")
        child.kill()
    assert descriptors() == before
    assert children() == there


def test_reading_past_the_end_gives_what_is_there() -> None:
    child = start(["printf", "half"])
    assert (child.line(), child.line(), child.take(5), child.rest()) == (b"half", b"", b"", b"")
    assert child.wait() == 0
    child.kill()


def test_a_stubborn_child_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    from osgate.io import portable

    for module in (process, portable):
        monkeypatch.setattr(module, "GRACE", 0.2)
    there = children()
    child = start(["sh", "-c", "trap '' TERM; echo ready; while :; do read x || sleep 0.05; done"])
    assert child.line() == b"ready\n"
    assert len(children() - there) == 1
    child.terminate()
    assert children() == there


# The child tells its id late: an interrupt before `run` holds the child reaches it through the terminal only.
INTERRUPTED = """
import sys
from osgate.io import process
process.HAS_SPAWN = {spawn}
try:
    process.run(["sh", "-c", "sleep 0.5; echo $$ > {file}; exec sleep 60"])
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_an_interrupt_ends_the_child_too(tmp_path: Path, way: str) -> None:
    file = tmp_path / "pid"
    source = INTERRUPTED.format(spawn=way == "spawn", file=file)
    ours = subprocess.Popen([sys.executable, "-c", source], start_new_session=True)
    for _ in range(500):
        if file.exists() and file.read_text().strip():
            break
        time.sleep(0.02)
    child = int(file.read_text())
    ours.send_signal(signal.SIGINT)
    assert ours.wait(20) == 130
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_closed_standard_streams_do_not_confuse(way: str) -> None:
    source = f"from osgate.io import process; process.HAS_SPAWN = {way == 'spawn'}\n"
    source += "import os\nc, o, e = process.run(['sh', '-c', 'cat; echo err >&2'], input=b'in')\n"
    source += "os._exit(0 if (c, o, e) == (0, b'in', b'err\\n') else 9)"
    done = subprocess.run(["sh", "-c", 'exec "$0" -c "$1" 0<&- 1>&- 2>&-', sys.executable, source], check=False)
    assert done.returncode == 0
