"""One small valid file a format, and what an attacker makes of it; run as a script it reads the worst of them.

`python hostile.py FORMAT STEP` reads every extreme input as FORMAT with 384 MB of address space and 3 seconds of
processor time for each, then as a manifest beside its sample, and prints a line for each: its name and what came of it.
STEP: 1 for all of them, n for each nth of those that differ in a character or in what they are made for.
"""

from __future__ import annotations

import importlib
import resource
import sys
from typing import TYPE_CHECKING

from osgate.formats import table
from osgate.model.dependency import Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MEMORY = 384 * 1024 * 1024
SECONDS = 3
MEGABYTE = 1_000_000
HEX = "0f" * 32
SHA512 = "/" * 85 + "Q=="

# Each holds a package `left-pad` in version `1.3.0` among others; no other thing has this name or version.
SAMPLES = {
    "npm-lock": (
        "package-lock.json",
        f"""{{
  "name": "app", "version": "1.0.0", "lockfileVersion": 3, "requires": true,
  "packages": {{
    "": {{"name": "app", "version": "1.0.0", "dependencies": {{"left-pad": "^1", "kleur": "4"}}}},
    "node_modules/left-pad": {{
      "version": "1.3.0",
      "resolved": "https://packages.example.com/left-pad/-/left-pad.tgz", "integrity": "sha512-{SHA512}"
    }},
    "node_modules/kleur": {{
      "version": "4.1.5", "resolved": "https://packages.example.com/kleur.tgz", "integrity": "sha512-{SHA512}"
    }}
  }}
}}
""",
    ),
    "pnpm-lock": (
        "pnpm-lock.yaml",
        f"""lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

importers:

  .:
    dependencies:
      kleur:
        specifier: ^4.1.0
        version: 4.1.5
      left-pad:
        specifier: ^1
        version: 1.3.0

packages:

  kleur@4.1.5:
    resolution: {{integrity: sha512-{SHA512}}}
    engines: {{node: '>=6'}}

  left-pad@1.3.0:
    resolution: {{integrity: sha512-{SHA512}}}

snapshots:

  kleur@4.1.5: {{}}

  left-pad@1.3.0: {{}}
""",
    ),
    "uv-lock": (
        "uv.lock",
        f"""version = 1
revision = 2
requires-python = ">=3.11"

[[package]]
name = "app"
version = "0.1.0"
source = {{ virtual = "." }}
dependencies = [
    {{ name = "kleur" }},
    {{ name = "left-pad" }},
]

[package.metadata]
requires-dist = [
    {{ name = "kleur", specifier = ">=4" }},
    {{ name = "left-pad", specifier = ">=1" }},
]

[[package]]
name = "kleur"
version = "4.1.5"
source = {{ registry = "https://packages.example.com/simple" }}
sdist = {{ url = "https://packages.example.com/kleur-4.1.5.tar.gz", hash = "sha256:{HEX}", size = 1 }}

[[package]]
name = "left-pad"
version = "1.3.0"
source = {{ registry = "https://packages.example.com/simple" }}
wheels = [
    {{ url = "https://packages.example.com/left_pad-1.3.0-py3-none-any.whl", hash = "sha256:{HEX}", size = 2 }},
]
""",
    ),
    "maven-pom": (
        "pom.xml",
        """<?xml version="1.0" encoding="UTF-8"?>
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>com.example.app</groupId>
  <artifactId>app</artifactId>
  <version>1.0.0</version>
  <dependencies>
    <dependency>
      <groupId>com.example</groupId>
      <artifactId>left-pad</artifactId>
      <version>1.3.0</version>
    </dependency>
    <dependency>
      <groupId>com.example</groupId>
      <artifactId>kleur</artifactId>
      <version>4.1.5</version>
      <scope>test</scope>
    </dependency>
  </dependencies>
</project>
""",
    ),
    "dockerfile": (
        "Dockerfile",
        """# syntax=example/frontend:1
ARG TAG=4.1.5
FROM example/kleur:${TAG} AS kleur
FROM example/left-pad:1.3.0
RUN --mount=type=bind,from=kleur,target=/k \\
    make
COPY --from=kleur /a /b
""",
    ),
    "requirements": (
        "requirements.txt",
        f"""# made by hand
left-pad==1.3.0 \\
    --hash=sha256:{HEX}
    # via -r requirements.in
kleur>=4 ; python_version >= "3.11"
""",
    ),
    "github-actions": (
        ".github/workflows/ci.yml",
        """name: ci
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    container: "example/kleur:4"
    steps:
      - uses: example/left-pad@1.3.0
      - run: make
""",
    ),
}
# The same, with one thing said twice and differently.
TWICE = {
    "npm-lock": ('  "packages": {', '  "packages": {}, "packages": {'),
    "pnpm-lock": ("snapshots:\n", "packages:\n\n  left-pad@1.3.0:\n    resolution: {tarball: x}\n\nsnapshots:\n"),
    "uv-lock": ('version = "1.3.0"\n', 'version = "1.3.0"\nversion = "1.3.1"\n'),
    "maven-pom": ("<version>1.3.0</version>", "<version>1.3.0</version><version>1.3.1</version>"),
    "dockerfile": ("COPY --from=kleur", "COPY --from=kleur --from=example/other"),
    "requirements": ("kleur>=4", "left-pad==1.3.1\nkleur>=4"),
    "github-actions": ("      - uses: example/left-pad@1.3.0\n", "      - uses: a/b@v1\n        uses: c/d@v1\n"),
}

DEEP = 100_000
BOMBS = {
    "yaml aliases": "a0: &a0 [x, x]\n" + "".join(f"a{i + 1}: &a{i + 1} [{f'*a{i}, ' * 9}*a{i}]\n" for i in range(30)),
    "yaml merges": "a0: &a0 {x: y}\n" + "".join(f"a{i + 1}: &a{i + 1} {{<<: *a{i}, k{i}: *a{i}}}\n" for i in range(40)),
    "xml entities": "<!DOCTYPE project [<!ENTITY e0 'eeeeeeeeee'>"
    + "".join(f"<!ENTITY e{i + 1} '{f'&e{i};' * 10}'>" for i in range(12))
    + "]><project><artifactId>&e12;</artifactId></project>",
    "xml one entity": f"<!DOCTYPE project [<!ENTITY e '{'e' * 50_000}'>]><project>{'&e;' * 50_000}</project>",
    "xml outside entity": "<!DOCTYPE project [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><project><name>&e;</name></project>",
    "xml properties": "<project><properties><p0>xx</p0>"
    + "".join(f"<p{i + 1}>${{p{i}}}${{p{i}}}</p{i + 1}>" for i in range(60))
    + "</properties><dependencies><dependency><groupId>g</groupId><artifactId>${p60}</artifactId></dependency>"
    "</dependencies></project>",
    "docker arguments": "ARG A0=xx\n" + "".join(f"ARG A{i + 1}=$A{i}$A{i}\n" for i in range(60)) + "FROM $A60\n",
}
DEPTHS = {
    "[": "[" * DEEP,
    "[]": "[" * DEEP + "]" * DEEP,
    '{"a":': '{"a":' * DEEP,
    "json packages": '{"lockfileVersion": 3, "packages": {"": ' + '{"dependencies":' * DEEP,
    "yaml flow": "jobs: " + "[" * DEEP,
    "yaml flow in packages": "lockfileVersion: '9.0'\npackages:\n  a@1: " + "{a: " * DEEP,
    "yaml dashes": "- " * DEEP,
    "yaml questions": "? " * DEEP,
    "yaml blocks": "".join(f"{' ' * depth}a:\n" for depth in range(2_000)),
    "toml lists": "a = " + "[" * DEEP,
    "toml tables": "version = 1\n[[package]]\nname = " + "{a=" * DEEP,
    "toml dotted key": "a." * 50_000 + "a = 1",
    "toml dotted header": "version = 1\n[[" + "package." * 50_000 + "a]]",
    "toml dotted inside": "a = {" + "a." * 50_000 + "a = 1}",
    "xml": "<a>" * DEEP,
    "xml in project": "<project>" + "<dependencies><dependency>" * DEEP,
    "parentheses": "a ; " + "(" * DEEP,
    "parentheses closed": "a ; " + "(" * DEEP + "python_version<'3'" + ")" * DEEP,
    "continued lines": "\\\n" * DEEP,
    "docker substitutions": "FROM " + "${A:-" * 10_000,
    "docker triggers": "FROM a\n" + "ONBUILD " * 5_000,
    "docker flags": "FROM a\nRUN " + ("--a " * 10_000 + "\\\n") * 20,
    "docker mounts": "FROM a\nRUN --mount=" + ("," * 60_000 + "\\\n") * 15,
    "docker heredocs": "FROM a\nRUN " + "<<A " * 10_000 + "\n" + "A\n" * 10_000,
}
# What may stand in a package.json or pyproject.toml that nobody wrote for a tool.
_ODD = (
    *("", "\ufeff{}", "null", "[]", "1", '"x"', "{", "{}", "project = 1\n", "[project]\ndependencies = 1\n"),
    *(f'{{"dependencies": {value}}}' for value in ("null", "[]", "1", '"x"', '{"a": null}', '{"a": {"b": 1}}')),
    *('{"name": "\\ud800", "dependencies": {"\\u202e": "1", "a\\u0000": "\\ud800"}}', '{"a": 1, "a": 2}'),
    *('{"workspaces": [{}, 1, null, "../..", "**"]}', '{"pnpm": 1, "overrides": [], "resolutions": "x"}'),
    *(f"[project]\nname = {value}\ndependencies = [1, {value}]\n" for value in ("1", '"\\u202e"', "[]", '"a @ b"')),
    *("[dependency-groups]\na = [{include-group = 'a'}]\n", "[tool.uv]\nsources = 1\nworkspace = []\n"),
    *("[dependency-groups]\na = [{}]\n", "[project.optional-dependencies]\na = 'b'\n", "[tool]\nuv = 1\n"),
    *(f'{{"dependencies": {{"left-pad": "{"1" * 99_999}"}}}}', f'[project]\ndependencies = ["a{" " * 50_000}!"]\n'),
)
MANIFESTS = {f"{number}. {text[:40]!r}": text for number, text in enumerate(_ODD)}
# What one character makes of a file when there are millions of it, or of a name or version.
FILLERS = "a1 \n\t\r\\\"'#([{<&*-.:$@!;"


def changed(format: str, step: int = 1) -> Iterator[tuple[str, bytes]]:
    """Yield the inputs that still hold something: the sample with a part grown beyond measure."""
    text = SAMPLES[format][1]
    for filler in FILLERS[::step]:
        grown = filler * (MEGABYTE // 40)
        yield f"name of {filler!r}", text.replace("left-pad", f"left{grown}pad").encode()
        yield f"version of {filler!r}", text.replace("1.3.0", f"1{grown}0").encode()
    yield "many copies", (text * (MEGABYTE // 4 // len(text))).encode()
    yield "mostly line ends", text.encode() + b"\n" * (MEGABYTE // 4)
    yield "34 MB", text.encode() + b"#" * (34 * MEGABYTE)


def extreme(format: str, step: int = 1) -> Iterator[tuple[str, bytes]]:
    """Yield extreme inputs for `format`, by name; what begins with `changed` must not be read as nothing."""
    for name, text in (BOMBS | DEPTHS).items():
        yield name, text.encode()
    for filler in FILLERS[::step]:
        yield f"nothing but {filler!r}", filler.encode() * (MEGABYTE // 4)
    for name, data in changed(format, step):
        yield f"changed, {name}", data


def said(path: str, data: bytes) -> str:
    """Read `data` as the file `path` alone in its tree; return what came of it in words."""
    return words(lambda: table.read(path, data, lambda other: None))


def compared(format: str, manifest: bytes) -> str:
    """Hold the sample against a `manifest` in every folder, where the format knows how; return what came of it."""
    path, text = SAMPLES[format]
    row = table.match(path)
    if row is None or not row.agreement:
        return "read 0"
    agreement = importlib.import_module(row.agreement)
    return words(lambda: agreement.disagreements(path, text.encode(), lambda other: manifest))


def words(call: Callable[[], tuple[object, ...]]) -> str:
    """Say what came of a call: how much it told, or why it told nothing."""
    try:
        return f"read {len(call())}"
    except Unreadable as error:
        cause = error.params.get("cause")
        return f"stumbled over {cause}" if cause else f"refused: {error.reason}"
    except Exception as error:
        return f"raised {type(error).__name__}"


def manifests(step: int = 1) -> dict[str, str]:
    """What stands beside a sample as its manifest, by name."""
    return dict([*(BOMBS | DEPTHS).items()][::step]) | MANIFESTS


def main(format: str, step: int) -> None:
    """Read the extreme inputs as `format`, then as a manifest beside its sample; a blow-up ends this process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for name, data in extreme(format, step):
        limited(name, lambda data=data: said(SAMPLES[format][0], data))
    for name, text in manifests(step).items():
        limited(f"manifest: {name}", lambda text=text: compared(format, text.encode()))


def limited(name: str, call: Callable[[], str]) -> None:
    """Print `name` and what `call` returns within its time; the system ends the process when that is over."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + SECONDS + 1, resource.RLIM_INFINITY))
    print(f"{name}\t", end="", flush=True)
    print(call(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
