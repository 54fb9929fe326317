"""Odd and hostile files through the real commands: a finding with the path, never a pass, a traceback or a flood."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli.kit import call, lockfile
from osgate.text.width import printable

if TYPE_CHECKING:
    from conftest import App

NPM, PIP, GHA = "web/package-lock.json", "api/requirements.txt", ".github/workflows/ci.yml"
PATHS = {"npm": NPM, "pip": PIP, "gha": GHA}
WORKFLOW = "jobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n"
PLAIN = {"npm": lockfile("left-pad@1.3.0"), "pip": "requests==2.31.0\n", "gha": WORKFLOW}
ESC = "\x1b[31m"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "ab" * 32 + "\nsize 12345\n"
BAD: dict[str, dict[str, bytes]] = {
    "truncated": {"npm": PLAIN["npm"][:-20].encode(), "gha": b"jobs: {a: {steps: ["},
    "nested 200,000 levels": {
        "npm": b'{"packages": ' + b"[" * 200_000,
        "pip": b"requests==1; " + b"(" * 200_000 + b"\n",
        "gha": b"jobs: " + b"[" * 200_000,
    },
    "nested 200,000 levels, closed": {
        "npm": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
        "gha": b"[" * 200_000 + b"]" * 200_000,
    },
    "a key twice": {
        "npm": b'{"lockfileVersion": 3, "packages": {}, "packages": {}}',
        "gha": b"jobs: {}\njobs: {}\n",
        "pip": b"requests==2.31.0\nrequests==2.32.0\n",
    },
    "no text": dict.fromkeys(PATHS, b"\xff\xff\x80\x81\x00\x9f"),
    "no text, no NUL": dict.fromkeys(PATHS, b"\xff\xff\x80\x81\xfe\n"),
    "NUL": {name: text.encode() + b"\0\n" for name, text in PLAIN.items()},
    "LFS pointer": dict.fromkeys(PATHS, POINTER.encode()),
    "hostile name": {
        "npm": lockfile(f"left{ESC}pad@1.3.0").encode(),
        "pip": f"requests\u202e==2.31.0{ESC}\n".encode(),
        "gha": WORKFLOW.replace("checkout", "check\u202eout").encode(),
    },
    "not what the format says": {"npm": b"[]"},
}
ALL = [
    pytest.param(PATHS[name], data, id=f"{name}-{what}") for what, files in BAD.items() for name, data in files.items()
]
GOOD = {
    "BOM": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "GB 18030": lambda text: text.encode("gb18030"),
}
CHINESE = {
    "npm": ('"name": "app"', '"name": "应用"'),
    "pip": ("requests", "# 支付网关\nrequests"),
    "gha": ("jobs:", "name: 发布\njobs:"),
}
ENFORCED = ("--staged", "--mode", "enforce-new")


def judged(app: App, path: str) -> list[str]:
    """Check what is staged and return the rules that complain about `path`; whatever is printed is fit to be seen."""
    done = app.check(*ENFORCED)
    for text in (done.out, done.err):
        assert "Traceback" not in text
        assert all(printable(line) == line for line in text.split("\n"))
    assert (done.code, done.err) == (1, "")
    assert printable(path) in done.out
    found = json.loads(app.check(*ENFORCED, "--format", "json").out)["findings"]
    return [finding["rule"] for finding in found if finding["path"] == path]


@pytest.mark.parametrize(("path", "data"), ALL)
def test_what_cannot_be_read_is_blocked_and_named(path: str, data: bytes, repository: App) -> None:
    repository.write(path, data)
    repository.write("other/requirements.txt", "flask==3.0.0\n")
    assert set(judged(repository, path)) <= {"OSG301", "OSG302"}
    assert judged(repository, "other/requirements.txt") == ["OSG101"]
    listed = call("deps", "--format", "json")
    assert listed.code == 0
    lines = [json.loads(line) for line in listed.out.splitlines()]
    assert [line["path"] for line in lines if "gap" in line] == [path]
    assert [line["purl"] for line in lines if "purl" in line] == ["pkg:pypi/flask@3.0.0"]
    told = call("deps")
    assert any(line.startswith(path + ":") for line in told.out.splitlines())


@pytest.mark.parametrize("how", GOOD)
@pytest.mark.parametrize("name", PATHS)
def test_other_encodings_and_line_ends_are_read(name: str, how: str, repository: App) -> None:
    repository.write(PATHS[name], GOOD[how](PLAIN[name].replace(*CHINESE[name])))
    assert "OSG101" in judged(repository, PATHS[name])
    lines = [json.loads(line) for line in call("deps", "--format", "json").out.splitlines()]
    assert len(lines) == 1
    assert "purl" in lines[0]


@pytest.mark.parametrize("name", PATHS)
def test_a_symbolic_link_is_not_followed(name: str, repository: App) -> None:
    path = repository.path / PATHS[name]
    path.parent.mkdir(parents=True)
    os.symlink("/etc/passwd", path)
    repository.git("add", "--all")
    assert judged(repository, PATHS[name]) == ["OSG301"]
    assert "symlink" in call("deps", "--format", "json").out


@pytest.mark.parametrize("name", PATHS)
def test_a_submodule_in_the_place_of_a_manifest_is_blocked(name: str, repository: App) -> None:
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},{PATHS[name]}")
    assert judged(repository, PATHS[name]) == ["OSG301"]


@pytest.mark.parametrize(
    "folder", ["a\nb", 'q"uo"te', "it's", "tab\there", "--all", "-", "$(touch x)", "a b ", "\\", "名称\u3000", "*", "é"]
)
@pytest.mark.parametrize("name", ["package-lock.json", "requirements.txt"])
def test_odd_paths(folder: str, name: str, repository: App) -> None:
    path = f"{folder}/{name}"
    repository.write(path, PLAIN["npm" if name.endswith("json") else "pip"])
    assert judged(repository, path) == ["OSG101"]
    (line,) = [json.loads(line) for line in call("deps", "--format", "json", ".").out.splitlines()]
    assert line["path"] == path


def test_a_path_that_is_no_text_is_told_as_git_has_it(repository: App) -> None:
    blob = repository.git("hash-object", "-w", "--stdin", input=PLAIN["npm"].encode())
    entry = f"100644 {blob}\t".encode() + b"web-\xff\xfe/package-lock.json\0"
    repository.git("update-index", "-z", "--index-info", input=entry)
    assert judged(repository, "web-\udcff\udcfe/package-lock.json") == ["OSG101"]


MEASURED = """
import resource, sys
from osgate.cli import main
code = main(sys.argv[1:])
sys.stdout.flush()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
sys.exit(code)
"""


def measured(app: App, *words: str) -> tuple[int, str, int]:
    """Run a command in a child; return exit code, output and the most memory it took, in MiB."""
    # Started by a shell: what a process takes begins with what the one that started it has, and pytest has much.
    argv = ["sh", "-c", '"$@"; exit', "sh", sys.executable, "-c", MEASURED, *words]
    done = subprocess.run(argv, cwd=app.path, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, int(done.stderr.strip())


def test_a_hundred_megabytes_are_refused_in_bounded_memory(repository: App) -> None:
    for path in PATHS.values():
        (repository.path / path).parent.mkdir(parents=True)
        with open(repository.path / path, "wb") as file:
            file.truncate(100_000_000)
    blob = repository.git("hash-object", "-w", NPM)
    for path in PATHS.values():
        repository.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    code, out, memory = measured(repository, "check", *ENFORCED)
    assert code == 1
    assert all(f"{path} cannot be read: it is too large" in out for path in PATHS.values())
    assert memory < 90
    code, out, memory = measured(repository, "deps", "--format", "json")
    assert code == 0
    assert [json.loads(line)["gap"] for line in out.splitlines()] == ["too-large"] * 3
    assert memory < 90


def test_what_is_nested_without_end_is_refused_in_bounded_memory(repository: App) -> None:
    deep = BAD["nested 200,000 levels"]
    for name, data in deep.items():
        repository.write(PATHS[name], data * 5)
    code, out, memory = measured(repository, "check", *ENFORCED)
    assert code == 1
    assert all(f"  --> {path}" in out for path in PATHS.values())
    assert memory < 400


def test_two_thousand_findings_are_told_in_bounded_time_and_memory(repository: App) -> None:
    repository.write(NPM, lockfile(*(f"package-{n}@1.0.0" for n in range(2_000))))
    code, out, memory = measured(repository, "check", *ENFORCED, "--verbose")
    assert (code, out.count("  --> ")) == (1, 2_000)
    assert memory < 200


def test_both_json_interfaces_keep_to_their_schemas(repository: App) -> None:
    import jsonschema

    import osgate

    folder = Path(osgate.__file__).parent / "reports/schemas"
    verdict, deps = (json.loads((folder / f"{name}-1.schema.json").read_text("utf-8")) for name in ("verdict", "deps"))
    for name, text in PLAIN.items():
        repository.write(PATHS[name], text)
        repository.write(f"bad/{PATHS[name]}", BAD["NUL"][name])
    jsonschema.Draft202012Validator(verdict).validate(json.loads(repository.check(*ENFORCED, "--format", "json").out))
    lines = [json.loads(line) for line in call("deps", "--format", "json").out.splitlines()]
    assert {"gap" in line for line in lines} == {True, False}
    for line in lines:
        jsonschema.Draft202012Validator(deps).validate(line)
