"""Locks and manifests of any size, laid out as their tools write them: packages in chains of five, hosts of nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Writer = Callable[[int], str]
NPM_DIGEST = "sha512-" + "A" * 86 + "=="
HOST = "https://packages.example.com"


def version(n: int) -> str:
    """The version of package `n`."""
    return f"{1 + n % 5}.{n % 17}.{n % 7}"


def pulls(n: int, count: int) -> bool:
    """True if package `n` of `count` requires the one after it."""
    return n % 5 != 4 and n + 1 < count


def npm(count: int) -> str:
    """A package-lock.json, version 3."""
    packages: dict[str, Any] = {"": {"name": "app", "version": "1.0.0", "dependencies": {}}}
    for n in range(count):
        name = f"package-{n}"
        if n % 5 == 0:
            packages[""]["dependencies"][name] = "^1.0.0"
        entry: dict[str, Any] = {
            "version": version(n),
            "resolved": f"{HOST}/{name}/-/{name}-{version(n)}.tgz",
            "integrity": NPM_DIGEST,
            "license": "MIT",
            "engines": {"node": ">=18"},
        }
        if pulls(n, count):
            entry["dependencies"] = {f"package-{n + 1}": "^1.0.0"}
        packages[f"node_modules/{name}"] = entry
    return json.dumps({"name": "app", "lockfileVersion": 3, "requires": True, "packages": packages}, indent=2) + "\n"


def pnpm(count: int) -> str:
    """A pnpm-lock.yaml, version 9."""
    lines = ["lockfileVersion: '9.0'", "", "settings:", "  autoInstallPeers: true", "  excludeLinksFromLockfile: false"]
    lines += ["", "importers:", "", "  .:", "    dependencies:"]
    for n in range(0, count, 5):
        lines += [f"      package-{n}:", "        specifier: ^1.0.0", f"        version: {version(n)}"]
    lines += ["", "packages:", ""]
    for n in range(count):
        lines += [f"  package-{n}@{version(n)}:", f"    resolution: {{integrity: {NPM_DIGEST}}}"]
        lines += ["    engines: {node: '>=18'}", ""]
    lines += ["snapshots:", ""]
    for n in range(count):
        if pulls(n, count):
            lines += [
                f"  package-{n}@{version(n)}:",
                "    dependencies:",
                f"      package-{n + 1}: {version(n + 1)}",
                "",
            ]
        else:
            lines += [f"  package-{n}@{version(n)}: {{}}", ""]
    return "\n".join(lines)


def uv(count: int) -> str:
    """A uv.lock, version 1, with a source archive and two wheels a package."""
    blocks = ['version = 1\nrevision = 3\nrequires-python = ">=3.11"\n']
    roots = "\n".join(f'    {{ name = "package-{n}" }},' for n in range(0, count, 5))
    wants = "\n".join(f'    {{ name = "package-{n}", specifier = ">=1.0.0" }},' for n in range(0, count, 5))
    blocks.append(
        f'[[package]]\nname = "app"\nversion = "1.0.0"\nsource = {{ virtual = "." }}\ndependencies = [\n{roots}\n]\n\n'
        f"[package.metadata]\nrequires-dist = [\n{wants}\n]\n"
    )
    for n in sorted(range(count), key=lambda n: f"package-{n}"):
        name = f"package_{n}-{version(n)}"
        needs = f'dependencies = [\n    {{ name = "package-{n + 1}" }},\n]\n' if pulls(n, count) else ""
        tail = f'hash = "sha256:{n:064x}", size = {1000 + n}, upload-time = "2026-01-01T00:00:00.000Z" }}'
        wheels = "\n".join(
            f'    {{ url = "{HOST}/files/{name}-{tag}.whl", {tail},'
            for tag in ("cp311-cp311-manylinux_2_17_x86_64", "py3-none-any")
        )
        blocks.append(
            f'[[package]]\nname = "package-{n}"\nversion = "{version(n)}"\nsource = {{ registry = "{HOST}/simple" }}\n'
            f'{needs}sdist = {{ url = "{HOST}/files/{name}.tar.gz", {tail}\nwheels = [\n{wheels}\n]\n'
        )
    return "\n".join(blocks)


def pom(count: int) -> str:
    """A pom.xml."""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<project>\n'
        "  <modelVersion>4.0.0</modelVersion>\n  <groupId>com.bank.app</groupId>\n  <artifactId>app</artifactId>\n"
        "  <version>1.0.0</version>\n  <dependencies>\n"
    )
    entries = (
        f"    <dependency>\n      <groupId>com.example</groupId>\n      <artifactId>package-{n}</artifactId>\n"
        f"      <version>{version(n)}</version>\n    </dependency>\n"
        for n in range(count)
    )
    return head + "".join(entries) + "  </dependencies>\n</project>\n"


def requirements(count: int) -> str:
    """A requirements.txt as pip-compile writes it, with two hashes a package."""
    entries = (
        f"package-{n}=={version(n)} \\\n    --hash=sha256:{n:064x} \\\n    --hash=sha256:{n + 1:064x}\n    # via app\n"
        for n in range(count)
    )
    return "".join(entries)


def workflow(count: int) -> str:
    """A workflow with an action in each step."""
    steps = (f"      - uses: example-org/action-{n}@{n:040x} # v{1 + n % 5}\n" for n in range(count))
    return "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n" + "".join(steps)


def dockerfile(count: int) -> str:
    """A Dockerfile with many stages."""
    stages = (
        f"FROM registry.example.test/base-{n}:1.{n % 17}@sha256:{n:064x} AS stage-{n}\n"
        "RUN --mount=type=cache,target=/c make\n"
        for n in range(count)
    )
    return "".join(stages)


FORMATS: dict[str, tuple[str, Writer]] = {
    "npm": ("package-lock.json", npm),
    "pnpm": ("pnpm-lock.yaml", pnpm),
    "uv": ("uv.lock", uv),
    "pom": ("pom.xml", pom),
}
# Read by `extraction` only: written by people, and seldom this long.
MANIFESTS: dict[str, tuple[str, Writer]] = {
    "requirements": ("requirements.txt", requirements),
    "workflow": (".github/workflows/ci.yml", workflow),
    "dockerfile": ("Dockerfile", dockerfile),
}
