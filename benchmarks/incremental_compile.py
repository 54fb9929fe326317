"""A desk run over 10,000, 30,000 and 100,000 sealed records: all of them read, and built on what the last run kept.

One third are requests, two thirds the approvals that answer them. `ten requests`: ten new records in groups of their
own; `ten approvals`: ten that answer old requests; `nothing new`: the run a timer starts; `the same from the kept`:
what another run sealed is compiled. Both ways publish the same bytes, or the benchmark ends with an error. Signing by
ssh-keygen is left out: the desk's key signs in process.
"""

from __future__ import annotations

import subprocess

SIZES = (10_000, 30_000, 100_000)
# Runs in the environment that is measured. Prints one line a run: name, seconds, record files read, bytes kept.
MEASURE = """
import gc, json, os, sys, tempfile, time
gc.disable()  # as every command does
from osgate.intake_desk import desk, sealing
from osgate.intake_desk.weigh import Weighed
from osgate.io.git_write import Repository, init_bare
from osgate.io.process import run
from osgate.ledger import codec, signatures
from osgate.ledger.fold import Sealed
from osgate.testing.clock import Clock
from osgate.testing.keys import SigningKey
from osgate.testing.policies import policy_files
from osgate.testing.records import approve, request, subject

count, key, clock = int(sys.argv[1]), SigningKey("desk"), Clock()
root = tempfile.mkdtemp()
bare, folders = f"{root}/policy.git", {True: f"{root}/published", False: f"{root}/published-whole"}
keys = {name: signatures.fingerprint(SigningKey(name).public) for name in ("wang.wu", "zhang.san", "li.si")}
tier = {"tier": "normal", "roles": ["tech", "legal"], "assessments": []}

def asked(name):
    return request("wang.wu", [subject(f"pkg:npm/{name}", "vers:npm/>=1.0.0|<2.0.0")])

def sealed(batch, serial, previous):
    taken = tuple(Sealed(r, serial, clock.now, {"key": keys[r["person"]], **(tier if "subjects" in r else {})})
                  for r in batch)
    return sealing.seal(serial, previous, clock.now, Weighed(taken, (), ()), "", key.snapshot)

def history():
    files, batch, previous, serial, open_requests = policy_files(), [], "", 0, []
    for n in range(count // 3):
        one = asked(f"package-{n}")
        batch += [one, approve(one, "zhang.san", "tech")]
        open_requests += [one] if n < 20 else []
        batch += [] if n < 20 else [approve(one, "li.si", "legal")]
        if len(batch) >= 300 or n == count // 3 - 1:
            serial += 1
            made = sealed(batch, serial, previous)
            previous = codec.digest(codec.signed_bytes(made))
            files[codec.seal_path(serial)] = codec.printed(made)
            files.update({codec.record_path(r): codec.printed(r) for r in batch})
            batch = []
    return files, open_requests

def imported(files):
    init_bare(bare).close()
    stream = [b"commit refs/heads/main\\ncommitter a <a@example.com> 0 +0000\\ndata 0\\n\\n"]
    stream += [b"M 100644 inline %s\\ndata %d\\n%s\\n" % (p.encode(), len(d), d) for p, d in files.items()]
    code, _, errors = run(["git", "-C", bare, "fast-import", "--quiet"], input=b"".join(stream))
    assert code == 0, errors

def push(repository, name, made):
    tip = repository.resolve("main")
    files = {codec.record_path(r): codec.printed(r) for r in made}
    commit = repository.commit(files, [tip], "records", ("a", "a@example.com"), clock.now)
    repository.update_ref(f"refs/heads/osgate/{name}", commit, None)

def measured(name, keeping, made=()):
    clock.forward(seconds=60)
    with Repository(bare) as repository:
        if made:
            push(repository, name.replace(" ", "-"), made)
        start = time.perf_counter()
        done = desk.run(repository, "refs/heads/main", folders[keeping], key.snapshot, key.public, clock.now, keeping)
        seconds = time.perf_counter() - start
    assert len(done.sealed) == len(made) and not done.not_kept.replace("off", ""), done
    kept = sum(os.path.getsize(f"{bare}/osgate-kept/{n}") for n in os.listdir(f"{bare}/osgate-kept"))
    print(name, "|", round(seconds, 3), done.files, kept, flush=True)

def newest(folder):
    with open(f"{folder}/manifest.json", "rb") as file:
        return json.load(file)["digest"]

files, open_requests = history()
imported(files)
measured("first run, which keeps", True)
measured("ten requests", True, [asked(f"new-{n}") for n in range(10)])
measured("ten approvals", True, [approve(one, "li.si", "legal") for one in open_requests[:10]])
measured("nothing new", True)
measured("all read, ten requests", False, [asked(f"newer-{n}") for n in range(10)])
measured("the same from the kept", True)
assert newest(folders[True]) == newest(folders[False])
"""


def main(python: str, runs: int) -> None:
    """Print seconds by run and size, the record files each one read, and what building on the kept saves."""
    taken: dict[int, dict[str, tuple[float, int, int]]] = {}
    for size in SIZES:
        said = subprocess.run([python, "-c", MEASURE, str(size)], check=True, capture_output=True, text=True).stdout
        rows = (line.partition(" | ") for line in said.splitlines())
        taken[size] = {name: _numbers(rest) for name, _, rest in rows}
    print(f"{'seconds (record files read)':28}" + "".join(f"{size:>20,}" for size in SIZES))
    for name in taken[SIZES[0]]:
        cells = (f"{taken[size][name][0]:.2f} ({taken[size][name][1]:,})" for size in SIZES)
        print(f"{name:28}" + "".join(f"{cell:>20}" for cell in cells))
    for name in ("ten requests", "ten approvals"):
        ratios = (taken[size]["all read, ten requests"][0] / taken[size][name][0] for size in SIZES)
        print(f"{'all read / ' + name:28}" + "".join(f"{ratio:>20.1f}" for ratio in ratios))
    print(f"{'MB kept':28}" + "".join(f"{taken[size]['nothing new'][2] / 1e6:>20.1f}" for size in SIZES))


def _numbers(text: str) -> tuple[float, int, int]:
    seconds, files, kept = text.split()
    return float(seconds), int(files), int(kept)
