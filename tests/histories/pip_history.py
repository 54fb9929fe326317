"""A Python project whose requirements are compiled by the real uv and pip-tools, with hashes.

What a file asks for is told by pip's own parser, line and hashes included (`parse_requirements`, run in a child); names
and pins by `packaging`, the library pip judges them with. Direct is what the file it was compiled from (.in) asks for.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from histories.npm_history import run
from histories.oracle import Seen

BEFORE, LATER = "2026-03-01T00:00:00Z", "2026-06-01T00:00:00Z"
INDEX = "https://packages.example.com/simple"
APP = ("django>=5.1,<5.2", "fastapi[standard]==0.115.0", "celery[redis]==5.4.0", "pandas==2.2.2", "sqlalchemy==2.0.32",
       "boto3==1.35.0", "jupyterlab==4.2.4", "requests==2.32.3", "Jinja2>=3.1")  # fmt: skip
DEV = ("-c requirements.txt", "pytest==8.3.2", "mypy==1.11.1", "Sphinx==8.0.2", "requests")
ASK_PIP = """
import json, sys
from pip._internal.network.session import PipSession
from pip._internal.req.req_file import parse_requirements
asked = parse_requirements(sys.argv[1], session=PipSession())
print(json.dumps([[r.requirement, r.comes_from, (r.options or {}).get("hashes", {}), r.constraint] for r in asked]))
"""


class Project:
    """The project on disk. places: where each file stands now, by role. names: `-c` follows when they move."""

    def __init__(self, work: Path) -> None:
        self.root, self.tools = work / "app", work / "tools/bin"
        self.root.mkdir()
        run(sys.executable, "-m", "venv", str(work / "tools"), cwd=work)
        run(str(self.tools / "pip"), "install", "--quiet", "uv", "pip-tools", cwd=work)
        self.places = {"app.in": "requirements.in", "app": "requirements.txt"}
        self.date, self.style, self.index = BEFORE, "split", False
        self.python = {"app": "3.12", "dev": "3.12"}

    def write(self, role: str, lines: tuple[str, ...]) -> None:
        path = self.root / self.places[role]
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def lines(self, role: str) -> tuple[str, ...]:
        return tuple((self.root / self.places[role]).read_text("utf-8").splitlines())

    def uv(self, role: str, *words: str) -> None:
        words = (*words, f"--exclude-newer={self.date}", f"--annotation-style={self.style}", "--universal")
        words = (*words, f"--python-version={self.python[role]}", *(("--emit-index-url",) if self.index else ()))
        files = (self.places[f"{role}.in"], f"--output-file={self.places[role]}")
        run(str(self.tools / "uv"), "pip", "compile", "--quiet", "--generate-hashes", *words, *files, cwd=self.root)

    def pip_compile(self, role: str) -> None:
        files = (self.places[f"{role}.in"], f"--output-file={self.places[role]}")
        plain = ("--no-emit-find-links", "--no-emit-index-url", "--no-emit-trusted-host", "--strip-extras")
        run(str(self.tools / "pip-compile"), "--quiet", "--generate-hashes", *plain, *files, cwd=self.root)

    def files(self) -> dict[str, str]:
        """The files as they go into the data, the index replaced."""
        index = re.compile(r"^--index-url .*", re.MULTILINE)
        texts = {path: (self.root / path).read_text("utf-8") for path in self.places.values()}
        return {path: index.sub(f"--index-url {INDEX}", text) for path, text in texts.items()}


def first(project: Project) -> None:
    project.write("app.in", APP)
    project.uv("app")


def add_dev(project: Project) -> None:
    project.places.update({"dev.in": "requirements-dev.in", "dev": "requirements-dev.txt"})
    project.write("dev.in", DEV)
    project.uv("dev")


def add_runtime(project: Project) -> None:
    more = ("httpx[http2]==0.27.0", 'pywin32==306 ; sys_platform == "win32"')
    project.write("app.in", (*project.lines("app.in"), *more))
    project.uv("app")


def upgrade(project: Project) -> None:
    project.write("app.in", tuple(line.replace("2.0.32", "2.0.36") for line in project.lines("app.in")))
    project.uv("app", "--upgrade-package=django", "--upgrade-package=numpy")
    project.uv("dev")


def downgrade(project: Project) -> None:
    project.write("app.in", tuple(line.replace("pandas==2.2.2", "pandas<2.2") for line in project.lines("app.in")))
    project.uv("app")


def remove(project: Project) -> None:
    project.write("app.in", tuple(line for line in project.lines("app.in") if not line.startswith("jupyterlab")))
    project.uv("app")


def older_python(project: Project) -> None:
    """One file for several Pythons: some packages then stand there in two versions."""
    project.python["app"] = "3.9"
    project.write("app.in", tuple(line.replace("django>=5.1,<5.2", "django>=4.2") for line in project.lines("app.in")))
    project.uv("app")


def annotations_in_one_line(project: Project) -> None:
    project.style = "line"
    project.uv("app")
    project.uv("dev")


def name_the_index(project: Project) -> None:
    project.index = True
    project.uv("dev")


def update(project: Project) -> None:
    project.date, project.style = LATER, "split"
    project.uv("app", "--upgrade")


def pip_tools(project: Project) -> None:
    """The same pins, compiled by another tool; the index may meanwhile hold more files of a version."""
    project.pip_compile("dev")


def moved(project: Project) -> None:
    folder = project.root / "requirements"
    folder.mkdir()
    for role, path in {"app.in": "app.in", "app": "app.txt", "dev.in": "dev.in", "dev": "dev.txt"}.items():
        (project.root / project.places[role]).rename(folder / path)
        project.places[role] = f"requirements/{path}"
    project.write("dev.in", tuple(line.replace("requirements.txt", "app.txt") for line in project.lines("dev.in")))


def deleted(project: Project) -> None:
    for path in project.places.values():
        (project.root / path).unlink()
    project.places.clear()


STEPS = (first, add_dev, add_runtime, upgrade, downgrade, remove, older_python, annotations_in_one_line,
         name_the_index, update, pip_tools, moved, deleted)  # fmt: skip


def make(work: Path) -> tuple[list[dict[str, Any]], list[dict[str, list[Seen]]]]:
    """Return the states (step, files) and what pip's parser finds in each file, by the file's role."""
    project = Project(work)
    states, told = [], []
    for step in STEPS:
        step(project)
        states.append({"step": step.__name__.replace("_", "-"), "files": project.files()})
        told.append({role: seen(project, role) for role in project.places})
    return states, told


def seen(project: Project, role: str) -> list[Seen]:
    """Return what pip finds in the file of `role`: constraints pin what it asks for and ask for nothing themselves."""
    path = project.places[role]
    asked = json.loads(run(str(project.tools / "python"), "-c", ASK_PIP, path, cwd=project.root))
    held = {one.name: one for *words, constraint in asked if constraint for one in [_told(*words)]}
    direct = {_told(line, "(line 0)", {}).name for line in project.lines(f"{role[:3]}.in") if line[0] != "-"}
    source = INDEX if _names_index(project, path) else ""
    scope = "dev" if role.startswith("dev") else "runtime"
    found = []
    for *words, constraint in asked:
        one = _told(*words)
        if constraint:
            continue
        if not one.version and one.name in held:
            pin = held[one.name]
            one = one._replace(version=pin.version, purl=pin.purl, requirement="", digests=one.digests or pin.digests)
        found.append(one._replace(path=path, scope=scope, source=source, direct=one.name in direct))
    return found


def _told(asked: str, place: str, hashes: dict[str, list[str]]) -> Seen:
    """Return one requirement as `packaging` reads it, with the line and the hashes that pip tells."""
    requirement = Requirement(asked)
    name = canonicalize_name(requirement.name)
    version = next((part.version for part in requirement.specifier if part.operator == "=="), "")
    purl = f"pkg:pypi/{name}" + (f"@{version}" if version else "")
    line = int(re.findall(r"\(line (\d+)\)$", place)[0])
    digests = frozenset(value for values in hashes.values() for value in values)
    ranges = "" if version else str(requirement.specifier)
    return Seen(name, version, purl, "", line, "", "", digests, ranges)


def _names_index(project: Project, path: str) -> bool:
    """Tell whether a file, or the constraints it names, sets an index: pip then takes it for all of them."""
    files = project.files()
    folder = path.rpartition("/")[0]
    beside = [f"{folder}/{name}".lstrip("/") for name in re.findall(r"^-c (\S+)", files[path], re.MULTILINE)]
    return any(f"--index-url {INDEX}" in files[name] for name in (path, *beside))


def below(one: str, other: str) -> bool:
    """Tell whether version `one` is below `other`, as pip orders them."""
    return Version(one) < Version(other)


def versions(work: Path) -> dict[str, str]:
    """The tools that wrote the data: the newest of the day it was made."""
    asked = "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
    names = ("uv", "pip-tools", "pip")
    found: dict[str, str] = json.loads(run(str(work / "tools/bin/python"), "-c", asked, *names, cwd=work))
    return found
