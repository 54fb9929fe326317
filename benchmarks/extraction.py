"""How fast files are read: each reader beside general parsers on the same text, and whole commands beside a scanner.

`deps` reads one side, as a scanner does; `base and head` is the command that reads both sides of a change, as a gate
must. The scanner is `trivy`, where one is on PATH or named in TRIVY; its time is for the head alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import locks
import timing

PACKAGES, NEW, REPEATS = 3000, 20, 5
# Runs in the environment that is measured. Prints name -> [seconds, packages found or 0].
READ = """
import json, sys, time
path, name, kind, repeats = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
data = open(path, "rb").read()

def best(read):
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        found = read()
        taken.append(time.perf_counter() - start)
    return min(taken), found

from osgate.formats import table
said = {}
seconds, found = best(lambda: table.read(name, data, {}.get))
said["osgate reader"] = [seconds, len(found)]
before = open(path + ".before", "rb").read()
seconds, found = best(lambda: table.read_change(name, before, data, {}.get, {}.get))
if found is not None:
    said["osgate, both sides of a change"] = [seconds, 0]
others = {}
if kind == "npm":
    others["json"] = lambda: json.loads(data)
if kind == "pnpm":
    import yaml
    others["PyYAML CSafeLoader"] = lambda: yaml.load(data, yaml.CSafeLoader)
    from osgate.formats import yaml_text
    others["event loader"] = lambda: yaml_text.load(data.decode())
if kind == "uv":
    import tomllib, tomli
    others["tomli"] = lambda: tomli.loads(data.decode())
    others["tomllib"] = lambda: tomllib.loads(data.decode())
if kind == "requirements":
    from packaging.requirements import Requirement
    entries = [line.partition(" ")[0] for line in data.decode().splitlines() if line[:1] != " "]
    others["packaging, names only"] = lambda: [Requirement(entry) for entry in entries]
if kind == "workflow":
    import yaml
    others["PyYAML CSafeLoader"] = lambda: yaml.load(data, yaml.CSafeLoader)
if kind == "pom":
    from xml.etree import ElementTree
    others["ElementTree"] = lambda: ElementTree.fromstring(data)
for other, read in others.items():
    said[other] = [best(read)[0], 0]
print(json.dumps(said))
"""


def main(python: str, runs: int) -> None:
    """Print MB/s and packages/s of each reader, then the commands side by side."""
    trivy = os.environ.get("TRIVY") or shutil.which("trivy")
    with tempfile.TemporaryDirectory(prefix="osgate-bench-") as name:
        for kind, (path, write) in {**locks.FORMATS, **locks.MANIFESTS}.items():
            folder = Path(name) / kind
            (folder / path).parent.mkdir(parents=True)
            (folder / path).write_text(write(PACKAGES))
            (folder / f"{path}.before").write_text(write(PACKAGES - NEW))
            _readers(python, kind, path, folder / path)
            (folder / f"{path}.before").rename(Path(name) / f"{kind}.before")
            _commands(python, kind, path, folder, (Path(name) / f"{kind}.before").read_text(), trivy, max(3, runs // 5))
    if trivy is None:
        print("no trivy on PATH and none named in TRIVY: the scanner's column is missing")


def _readers(python: str, kind: str, path: str, file: Path) -> None:
    asked = [python, "-c", READ, str(file), path, kind, str(REPEATS)]
    said = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
    size = file.stat().st_size / 1e6
    floor = said["osgate reader"][0]
    print(f"-- {kind}: {size:.2f} MB, {PACKAGES} packages\n{'':36}{'ms':>9}{'MB/s':>9}{'packages/s':>12}{'ratio':>8}")
    for name, (seconds, _) in said.items():
        print(f"{name:36}{seconds * 1000:9.1f}{size / seconds:9.1f}{PACKAGES / seconds:12.0f}{seconds / floor:8.2f}")


def _commands(python: str, kind: str, path: str, folder: Path, before: str, trivy: str | None, runs: int) -> None:
    """`osgate deps` on the head, `osgate check` over base and head, and the scanner on the head."""
    head = (folder / path).read_text()
    identity = ("-c", "user.name=Bench", "-c", "user.email=bench@example.com")
    for message, text in (("before", before), ("after", head)):
        (folder / path).write_text(text)
        for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "-m", message)):
            subprocess.run(["git", *identity, *words], cwd=folder, check=True)
    osgate = str(Path(python).with_name("osgate"))
    commands = {
        "osgate deps, head": [osgate, "deps", "--format", "purls", path],
        "osgate check, base and head": [osgate, "check", "--base", "HEAD~1", "--head", "HEAD", "--format", "json"],
    }
    # It reads no images of a Dockerfile and no actions of a workflow.
    trivy = None if kind in ("workflow", "dockerfile") else trivy
    if trivy is not None:
        quiet = ("fs", "--quiet", "--offline-scan", "--skip-db-update", "--skip-java-db-update", "--list-all-pkgs")
        cache = ("--cache-dir", str(folder.parent / "trivy"), "--format", "cyclonedx", "--include-dev-deps")
        commands["trivy, head"] = [trivy, *quiet, *cache, path]
    taken = timing.interleaved(commands, folder, runs, dict(os.environ))
    print(timing.table(taken, "trivy, head" if trivy is not None else "osgate deps, head"), flush=True)
