"""From sealed records to a snapshot, step by step, for 10,000, 30,000 and 100,000 records with valid signatures.

One third are requests, two thirds the approvals that answer them. The step that verifies signatures is `verify
signatures`; a desk run does it only for records that are new, `osgate ledger verify` for all.
"""

from __future__ import annotations

import subprocess

SIZES = (10_000, 30_000, 100_000)
# Runs in the environment that is measured. Prints one line a step: name and seconds.
MEASURE = """
import gc, sys, tempfile, time
gc.disable()  # as every command does
from osgate.intake_desk import sealing
from osgate.intake_desk.weigh import Weighed
from osgate.ledger import codec, history, signatures, snapshot_write
from osgate.ledger.fold import Sealed, fold
from osgate.model.policy import Key
from osgate.testing.keys import SigningKey
from osgate.testing.policies import valid_policy
from osgate.testing.records import approve, request, subject

count, desk, now = int(sys.argv[1]), SigningKey("desk"), "2026-11-21T06:03:00Z"
records, seals, previous, serial = {}, {}, "", 0
keys = {name: SigningKey(name) for name in ("wang.wu", "zhang.san", "li.si")}

def steps(name, work):
    start = time.perf_counter()
    result = work()
    print(name, round(time.perf_counter() - start, 3), flush=True)
    return result

def make():
    global previous, serial
    batch = []
    for n in range(count // 3):
        asked = request("wang.wu", [subject(f"pkg:npm/package-{n}", "vers:npm/>=1.0.0|<2.0.0")])
        batch += [asked, approve(asked, "zhang.san", "tech"), approve(asked, "li.si", "legal")]
        if len(batch) >= 300 or n == count // 3 - 1:
            serial += 1
            tier = {"tier": "normal", "roles": ["tech", "legal"], "assessments": []}
            taken = tuple(
                Sealed(r, serial, now, {"key": signatures.fingerprint(keys[r["person"]].public),
                                        **(tier if r["verb"] == "request" else {})}) for r in batch)
            made = sealing.seal(serial, previous, now, Weighed(taken, (), ()), "", desk.snapshot)
            previous = codec.digest(codec.signed_bytes(made))
            seals[codec.seal_path(serial)] = codec.printed(made)
            records.update({codec.record_path(r): codec.printed(r) for r in batch})
            batch = []

steps("(make)", make)
past = steps("read and check history", lambda: history.read(records, seals, (Key(desk.public),)))
assert not past.problems and len(past.sealed) == len(records)
wrong = steps("verify signatures", lambda: list(history.check_signatures(past.sealed)))
assert not wrong
state = steps("fold", lambda: fold(past.sealed))
assert len(state.standings) == count // 3
path = tempfile.mkdtemp() + "/snapshot.sqlite"
steps("compile snapshot", lambda: snapshot_write.write(path, state, valid_policy(), past.serial, past.anchor))
"""


def main(python: str, runs: int) -> None:
    """Print seconds by step and size, and how the time grows over how the size does (1.00 is linear)."""
    taken: dict[int, dict[str, float]] = {}
    for size in SIZES:
        said = subprocess.run([python, "-c", MEASURE, str(size)], check=True, capture_output=True, text=True).stdout
        taken[size] = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in said.splitlines()}
    print(f"{'seconds':28}" + "".join(f"{size:>10,}" for size in SIZES) + f"{'growth':>10}")
    for step in taken[SIZES[0]]:
        first, last = taken[SIZES[0]][step], taken[SIZES[-1]][step]
        growth = last / first / (SIZES[-1] / SIZES[0])
        print(f"{step:28}" + "".join(f"{taken[size][step]:10.2f}" for size in SIZES) + f"{growth:10.2f}")
    print("growth: seconds over records between the smallest and the largest size; 1.00 is linear")
    print(f"{'microseconds a record':28}")
    for step in taken[SIZES[0]]:
        print(f"{step:28}" + "".join(f"{taken[size][step] / size * 1e6:10.1f}" for size in SIZES))
