"""A JavaScript project through the steps of its life, each taken by the real npm.

What npm installed is asked of npm itself (`npm query`, which walks npm's own tree); the line of a package is found by a
plain search: the lines of a lock are indented by two blanks a level, so that the text of a line names the entry.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from histories.oracle import Seen

BEFORE, LATER = "2026-03-01", "2026-06-01"
HOSTS = ("packages.example.com", "mirror.example.com")
PLAIN = (
    "--package-lock-only",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--omit-lockfile-registry-resolved=false",
)
RUNTIME = ("next@15.0.3", "react@18.3.1", "react-dom@18.3.1", "express@4.19.2", "lodash@4.17.20")
DEV = ("eslint@9.10.0", "jest@29.7.0", "vite@5.4.0", "typescript@5.6.2", "@tailwindcss/vite@4.0.0")
IDENTITY = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in
            (("NAME", "zhang.san"), ("EMAIL", "zhang.san@example.com"), ("DATE", "2026-01-01T00:00:00Z"))}  # fmt: skip


class Project:
    """The project on disk. date: npm sees nothing published later. host: what stands for the registry in the data."""

    def __init__(self, work: Path) -> None:
        self.root, self.home = work / "app", work
        self.date, self.host, self.folder, self.lock = BEFORE, HOSTS[0], "", "package-lock.json"
        self.write("package.json", {"name": "app", "version": "1.0.0", "private": True})

    def write(self, path: str, content: dict[str, Any]) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def npm(self, *words: str) -> None:
        run("npm", words[0], *PLAIN, f"--before={self.date}", *words[1:], cwd=self.root)

    def paths(self) -> list[str]:
        """The files that are kept: every package.json and the lock, relative to the project."""
        names = ("package.json", self.lock)
        return sorted(p.relative_to(self.root).as_posix() for p in self.root.rglob("*.json") if p.name in names)

    def files(self) -> dict[str, str]:
        """The files as they go into the data: in their folder, hosts and paths of this machine replaced."""
        prefix = f"{self.folder}/" if self.folder else ""
        return {prefix + path: self.plain((self.root / path).read_text("utf-8")) for path in self.paths()}

    def plain(self, text: str) -> str:
        text = text.replace(f"git+file://{self.home}/", "git+https://git.example.com/team/")
        return re.sub(rf"[\w.-]*\b{registry_label()}\.(?:com|org|net|cn|io)\b", self.host, text)


def run(*words: str, cwd: Path, **environment: str) -> str:
    """Return what a command printed; raises CalledProcessError where it fails."""
    done = subprocess.run(words, cwd=cwd, env={**os.environ, **environment}, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


@cache
def registry_label() -> str:
    """The name under which the registry of this machine is known, without the ending: it has several hosts."""
    host = urlsplit(run("npm", "config", "get", "registry", cwd=Path.cwd()).strip()).hostname or ""
    return re.escape(host.split(".")[-2])


def versions(work: Path) -> dict[str, str]:
    """The tools that wrote the data."""
    return {tool: run(tool, "--version", cwd=work).strip() for tool in ("npm", "node")}


def first(project: Project) -> None:
    project.npm("install", "--save-exact", *RUNTIME)
    project.npm("install", "--save-exact", "--save-dev", *DEV)


def add_dev(project: Project) -> None:
    project.npm("install", "--save-dev", "prettier@3.3.3", "semver@7.6.0")


def add_runtime(project: Project) -> None:
    project.npm("install", "axios@1.7.2", "pino@9.3.2")


def upgrade(project: Project) -> None:
    project.npm("install", "--save-exact", "express@5.1.0")


def downgrade(project: Project) -> None:
    project.npm("install", "--save-exact", "lodash@4.17.15")


def dev_to_runtime(project: Project) -> None:
    project.npm("install", "--save-prod", "semver@7.6.0", "ajv@6")


def alias(project: Project) -> None:
    project.npm("install", "older-lodash@npm:lodash@3.10.1", "pad@npm:left-pad@1.3.0")


def remove(project: Project) -> None:
    project.npm("uninstall", "jest", "axios")


def workspaces(project: Project) -> None:
    manifest = json.loads((project.root / "package.json").read_text("utf-8"))
    project.write("package.json", {**manifest, "workspaces": ["packages/*"]})
    project.write("packages/ui/package.json", {"name": "@app/ui", "version": "1.0.0", "dependencies": {"ms": "2.0.0"}})
    own = {"name": "tools", "version": "1.0.0", "devDependencies": {"kleur": "4.1.5"}, "dependencies": {"@app/ui": "*"}}
    project.write("packages/tools/package.json", own)
    project.npm("install")


def local(project: Project) -> None:
    """A repository, an archive and a folder, none of them from the registry."""
    for name in ("helper", "packed"):
        manifest = {"name": f"team-{name}", "version": "1.2.0", "dependencies": {"is-odd": "3.0.1"}}
        project.write(f"lib/{name}/package.json" if name == "helper" else "../packed/package.json", manifest)
    run("npm", "pack", f"--pack-destination={project.root}", cwd=project.home / "packed")
    source = project.home / "tool.git"
    source.mkdir()
    (source / "package.json").write_text('{"name": "team-tool", "version": "0.3.0"}\n', encoding="utf-8")
    run("git", "init", "--quiet", cwd=source)
    run("git", "add", ".", cwd=source)
    run("git", "commit", "--quiet", "--message=first", cwd=source, **IDENTITY)
    project.npm("install", "./team-packed-1.2.0.tgz", "./lib/helper", f"git+file://{source}")


def repacked(project: Project) -> None:
    """The archive anew, other bytes under the same version."""
    (project.home / "packed/index.js").write_text("module.exports = 1\n", encoding="utf-8")
    run("npm", "pack", f"--pack-destination={project.root}", cwd=project.home / "packed")
    project.npm("install", "./team-packed-1.2.0.tgz")


def lock_version_2(project: Project) -> None:
    project.npm("install", "--lockfile-version=2")


def lock_version_1(project: Project) -> None:
    project.npm("install", "--lockfile-version=1")


def lock_version_3(project: Project) -> None:
    project.npm("install", "--lockfile-version=3")


def mirror(project: Project) -> None:
    """Another registry in front of the same packages: only the host in the lock changes."""
    project.host = HOSTS[1]


def update(project: Project) -> None:
    project.date = LATER
    project.npm("update")


def moved(project: Project) -> None:
    project.folder = "services/web"


def shrinkwrap(project: Project) -> None:
    (project.root / project.lock).rename(project.root / "npm-shrinkwrap.json")
    project.lock = "npm-shrinkwrap.json"


def deleted(project: Project) -> None:
    (project.root / project.lock).unlink()


STEPS = (first, add_dev, add_runtime, upgrade, downgrade, dev_to_runtime, alias, remove, workspaces, local, repacked,
         lock_version_2, lock_version_1, lock_version_3, mirror, update, moved, shrinkwrap, deleted)  # fmt: skip


def make(work: Path) -> tuple[list[dict[str, Any]], list[dict[str, list[Seen]]]]:
    """Return the states (step, files) and what npm says each holds, by the role of the file (here only `lock`)."""
    project = Project(work)
    states, told = [], []
    for step in STEPS:
        step(project)
        states.append({"step": step.__name__.replace("_", "-"), "files": project.files()})
        told.append({"lock": seen(project)} if (project.root / project.lock).exists() else {})
    return states, told


def seen(project: Project) -> list[Seen]:
    """Return what npm says the lock installs, without the repository's own folders and the links to them."""
    path = f"{project.folder}/{project.lock}".lstrip("/")
    lock = project.files()[path]
    lines, (direct, runtime) = lines_of(lock), _declared(project)
    found = []
    for item in json.loads(run("npm", "query", "*", "--package-lock-only", cwd=project.root)):
        place = item["location"]
        hollow = not item.get("version") and not item["resolved"]  # versions 1 and 2: optional, for other platforms
        if "node_modules/" not in place or hollow:
            continue
        said, source = _entry(lock, lines[place]), project.plain(item["resolved"] or "")
        version = item.get("version", "")
        if not re.search(rf'[@"]{re.escape(version)}",?$', said, re.MULTILINE):  # npm looked into an archive for it
            version = ""
        version = version or source.partition("#")[2]
        purl = f"pkg:npm/{quote(item['name'])}" + (f"@{quote(version)}" if version else "")
        digests = frozenset((item.get("integrity") or "").split())
        host = source if source.startswith(("git", "file")) else urlsplit(source).netloc
        scope = "runtime" if place in runtime else _scope(said)
        found.append(Seen(item["name"], version, purl, path, lines[place], scope, host, digests, "", place in direct))
    return found


def _entry(lock: str, line: int) -> str:
    """Return the lines of the entry that begins at `line`, without those of anything nested in it."""
    first, *rest = lock.splitlines()[line - 1 :]
    blanks = " " * (len(first) - len(first.lstrip()))
    inner = rest[: rest.index(next(text for text in rest if text.startswith(blanks + "}")))]
    return "\n".join(text.strip() for text in inner if re.match(rf"{blanks}  \S", text))


def _declared(project: Project) -> tuple[set[str], set[str]]:
    """Return the folders the project's own manifests ask for, and those among them asked for at run time."""
    direct, runtime = set(), set()
    for path in project.paths():
        if not path.endswith("package.json"):
            continue
        manifest = json.loads((project.root / path).read_text("utf-8"))
        folder = path.removesuffix("package.json")
        for field in ("dependencies", "devDependencies"):
            for name in manifest.get(field, {}):
                place = f"{folder}node_modules/{name}"
                place = place if place in _folders(project) else f"node_modules/{name}"
                direct.add(place)
                if field == "dependencies":
                    runtime.add(place)
    return direct, runtime


def _folders(project: Project) -> set[str]:
    return set(lines_of((project.root / project.lock).read_text("utf-8")))


def _scope(said: str) -> str:
    """Return the scope by npm's flags; npm does not show all of them, so they are read where it wrote them."""
    flags = set(re.findall(r'^"(\w+)": true,?$', said, re.MULTILINE))
    if "dev" in flags:
        return "dev"
    if flags & {"optional", "devOptional"}:
        return "optional"
    return "peer" if "peer" in flags else "runtime"


def lines_of(lock: str) -> dict[str, int]:
    """Return the line of each folder: `    "node_modules/a": {`; in version 1 names at every fourth level of blanks."""
    if '\n  "packages": {' in lock:
        found = re.finditer(r'^    "(.*node_modules/.*)": \{$', lock, re.MULTILINE)
        return {match[1]: lock.count("\n", 0, match.start()) + 1 for match in found}
    lines, places = {}, [""]
    for number, line in enumerate(lock.splitlines(), 1):
        entry = re.fullmatch(r'((?:    )+)"(.*)": \{', line)
        if entry:
            depth = len(entry[1]) // 4
            place = f"{places[depth - 1]}/node_modules/{entry[2]}".lstrip("/")
            places[depth:] = [place]
            lines[place] = number
        linked = re.fullmatch(r' +"version": "file:(.*)(?<!\.tgz)",', line)
        if linked:  # what is nested in a link lies in the folder it leads to
            places[-1] = linked[1]
    return lines


@cache
def below(one: str, other: str) -> bool:
    """Tell whether version `one` is below `other`, by the library npm itself uses; a commit is below nothing."""
    npm = Path(shutil.which("npm") or "npm").resolve().parents[1]
    program = "const [lib, a, b] = process.argv.slice(1), s = require(lib)"
    program += "; console.log(!!(s.valid(a, true) && s.valid(b, true)) && s.lt(a, b, true))"
    answer = run("node", "-e", program, str(npm / "node_modules/semver"), one, other, cwd=Path.cwd())
    return answer.strip() == "true"
