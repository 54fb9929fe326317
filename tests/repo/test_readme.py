"""READMEs and docs say what is so: the demo's own output, commands that work when pasted, examples that are valid."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cli.kit import call
from osgate.intake_desk.desk import lint
from osgate.ledger import lock
from osgate.model.finding import SLUGS
from osgate.policy import fact_shapes, local_config, schema
from osgate.policy.shape import Field
from osgate.text.translator import Translator

ROOT = Path(__file__).resolve().parents[2]
READMES = (("README.md", "en"), ("README.zh-CN.md", "zh_CN"))
POLICY_DOCS = ("docs/policy-repository.md", "docs/policy-repository.zh-CN.md")
FENCE = r"```{kind}\n(.*?)```"
SHELL = r"<!-- shell: {name} -->\n```sh\n(.*?)```"
COMMENT = re.compile(r"(?<=<!-- comment -->\n).*?(?=<!-- /comment -->)", re.DOTALL)
DEMO = re.compile(r"(?<=<!-- demo: blocked -->\n```text\n).*?(?=```)", re.DOTALL)
# Told to bash before the commands: every command that fails is named, also inside functions and subshells.
TELL_FAILURES = "set -E\ntrap 'echo \"failed: $BASH_COMMAND\" >&2' ERR\n"
# The commands are the same in both (see below), so that one of them is enough wherever time is short.
RUN = (READMES[0], pytest.param(*READMES[1], marks=pytest.mark.real))


def read(name: str) -> str:
    """The text of a file of this repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def shell(name: str, part: str) -> str:
    """The commands of the blocks marked `part` in a README, in order."""
    return "".join(re.findall(SHELL.format(name=part), read(name), re.DOTALL))


def fresh(home: Path, **more: str) -> dict[str, str]:
    """The environment of a machine on which nobody has set anything up: an empty home, no git identity."""
    home.mkdir()
    kept = {name: os.environ[name] for name in ("PIP_CONFIG_FILE", "SSL_CERT_FILE") if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        **more,
    }


def pasted(commands: str, where: Path, environment: dict[str, str]) -> tuple[list[str], str]:
    """Run commands as they would run when pasted; return those that failed and everything printed."""
    argv = ["bash", "--noprofile", "--norc", "-c", TELL_FAILURES + commands]
    done = subprocess.run(argv, cwd=where, env=environment, stdout=-1, stderr=subprocess.STDOUT, check=False)
    said = done.stdout.decode("utf-8")
    return re.findall(r"^failed: (.*)$", said, re.MULTILINE), said


def blocked_in_demo(locale: str) -> str:
    """What the demo prints between its second and its third step."""
    argv = [sys.executable, "-m", "osgate", "demo", "--language", locale]
    done = subprocess.run(argv, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    t = Translator(locale)
    said = done.stdout.partition(t("demo.blocked"))[2].partition(t("demo.request"))[0].strip("\n") + "\n"
    # Keys are made anew each time, and so the anchor is another one.
    return re.sub(r"\b1:[0-9a-f]{12}\b", "1:9f3ac1d2e4b0", said)


@pytest.mark.parametrize(("name", "locale"), RUN)
def test_the_blocked_commit_is_what_the_demo_prints(name, locale, pytestconfig):
    said = blocked_in_demo(locale)
    assert "OSG101" in said
    if pytestconfig.getoption("--update-expected"):
        (ROOT / name).write_text(DEMO.sub(lambda _: said, read(name)), encoding="utf-8", newline="\n")
    assert DEMO.findall(read(name)) == [said]


def beginning_of_comment(locale: str) -> str:
    """Heading, table and next step of the comment that the tests of comments expect, links as their words."""
    whole = read(f"tests/forge_desk/expected/comment.{locale}.md").splitlines()
    (first,) = [at for at, line in enumerate(whole) if line.startswith("### ")]
    step = next(at for at, line in enumerate(whole) if at > first and line.startswith("**"))
    shown = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line).rstrip() for line in whole[first : step + 1])
    return "".join(f"> {line}".rstrip() + "\n" for line in shown)


@pytest.mark.parametrize(("name", "locale"), READMES)
def test_the_comment_begins_as_the_desk_writes_it(name, locale, pytestconfig):
    shown = beginning_of_comment(locale)
    assert "OSG101" in shown
    if pytestconfig.getoption("--update-expected"):
        (ROOT / name).write_text(COMMENT.sub(lambda _: shown, read(name)), encoding="utf-8", newline="\n")
    assert COMMENT.findall(read(name)) == [shown]


@pytest.mark.real
@pytest.mark.parametrize(("name", "locale"), READMES)
def test_the_five_minutes_work_when_pasted_on_a_fresh_machine(name, locale, tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    launcher = programs / "osgate"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m osgate "$@"\n', encoding="utf-8")
    launcher.chmod(0o755)
    environment = fresh(tmp_path / "home")
    environment["PATH"] = f"{programs}{os.pathsep}{environment['PATH']}"
    commands = shell(name, "five-minutes")
    commits = [line for line in commands.splitlines() if line.startswith("git commit -m")]
    assert len(commits) == 2
    assert commits[0] == commits[1], "the same commit is tried twice"

    failed, said = pasted(commands, tmp_path, environment)

    assert failed == [commits[0]], said
    assert said.count("OSG101 unapproved") == 1
    assert Translator(locale)("clears.decided") in said
    app = tmp_path / "home/osgate-trial/my-app"
    git = ["git", "-c", "safe.directory=*", "-C", str(app)]
    log = subprocess.run([*git, "log", "--format=%s"], capture_output=True, encoding="utf-8", check=True).stdout
    assert log.splitlines()[0] == commits[0].split('"')[1]
    assert len(log.splitlines()) == 3
    done = subprocess.run([*git, "show", "HEAD:requirements.txt"], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines() == ["packaging==24.2", "six==1.17.0"]


def test_every_command_of_the_five_minutes_and_every_flag_of_it_is_known():
    """What is left of them where time is short; the journeys of tests/flow go the same way, in this process."""
    lines = shell("README.md", "five-minutes").replace("\\\n", " ").splitlines()
    calls = [shlex.split(line)[1:] for line in lines if line.startswith("osgate ")]
    assert {verb for verb, *_ in calls} == {"init", "desk", "request", "approve", "check", "explain", "ledger"}
    for verb, *rest in calls:
        helped = call(verb, "--help")
        assert helped.code == 0
        flags = {word for word in rest if word.startswith("--")}
        assert flags - set(re.findall(r"--[a-z][a-z-]*", helped.out)) == set(), verb


def without_words(commands: str) -> str:
    """Commands without what people would say in their own language, and without the choice of it."""
    words = r'((?:--reason|--institution|-m) )"[^"]*"'
    return re.sub(words, r"\1", commands).replace(" --language zh_CN", "").replace("export OSGATE_LANG=zh_CN\n", "")


@pytest.mark.parametrize("part", ["five-minutes", "install"])
def test_both_readmes_show_the_same_commands(part):
    one, other = (without_words(shell(name, part)) for name, _ in READMES)
    assert one == other != ""


@pytest.mark.real
def test_the_installation_works_as_shown(tmp_path):
    failed, said = pasted(shell("README.md", "install") + "osgate --help\n", ROOT, fresh(tmp_path / "home"))
    assert failed == [], said
    assert (tmp_path / "home/osgate-venv/bin/osgate").exists()


@pytest.mark.parametrize(("name", "locale"), READMES)
def test_every_rule_is_in_the_table_with_a_link_to_its_text(name, locale):
    linked = dict(re.findall(r"^\| \[(OSG\d+ [a-z-]+)\]\(([^)]+)\)", read(name), re.MULTILINE))
    assert linked == {f"{rule} {slug}": f"src/osgate/text/rules/{rule}.{locale}.md" for rule, slug in SLUGS.items()}


def documents() -> list[Path]:
    """All Markdown files that people read first."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])


def test_every_link_inside_the_repository_leads_somewhere():
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in documents()
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_every_page_of_docs_is_there_in_both_languages():
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"schemas.md"}
    english = {name for name in pages if not name.endswith(".zh-CN.md")}
    assert english
    assert pages - english == {name.replace(".md", ".zh-CN.md") for name in english}


def locks_in(text: str) -> list[dict[str, object]]:
    """Every trust root that a page or workflow shows."""
    read_one = json.JSONDecoder().raw_decode
    return [read_one(text, found.start())[0] for found in re.finditer(r'\{"schema": "osgate\.lock/1"', text)]


def test_every_lock_that_is_shown_is_whole_as_osgate_prints_it():
    flows = [path for path in (ROOT / "examples").rglob("*.yml") if ".github" in path.parts]
    shown = {path: locks_in(path.read_text(encoding="utf-8")) for path in [*documents(), *flows]}
    names = {path.name for path, found in shown.items() if found}
    assert {"osgate-gate.yml", "osgate.yml", "osgate-comment.yml", "osgate-tree.yml", "gitlab.md", "ci.md"} <= names
    for path, found in shown.items():
        for one in found:
            parsed = lock.parse(json.dumps(one).encode(), str(path))
            assert json.loads(lock.printed(parsed)) == one, path


def files_in(name: str) -> dict[str, bytes]:
    """The policy files a page shows: the comment in the first line of each TOML block names its file."""
    blocks = re.findall(FENCE.format(kind="toml"), read(name), re.DOTALL)
    return {block.partition("\n")[0].removeprefix("# "): block.encode("utf-8") for block in blocks}


def keys_of(shape: object) -> set[str]:
    """All keys that a shape names, at any depth."""
    if isinstance(shape, Field):
        return keys_of(shape.of) if shape.of is not None else set()
    assert isinstance(shape, dict)
    return set(shape).union(*(keys_of(inner) for inner in shape.values()))


FACT_TABLES = frozenset(fact_shapes.shapes(lambda text: None, lambda text: None))


def _without_facts(shape):
    """A shape without the tables that have pages of their own (`docs/facts.md`, `docs/licences.md`)."""
    return {name: inner for name, inner in shape.items() if name not in FACT_TABLES}


def keys_in(value: object) -> set[str]:
    """All keys that TOML data uses, at any depth."""
    if isinstance(value, dict):
        return set(value).union(*map(keys_in, value.values()))
    return set().union(*map(keys_in, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("name", POLICY_DOCS)
def test_the_policy_files_of_the_docs_are_valid_and_show_every_key(name):
    files = files_in(name)
    local = files.pop(local_config.PATH)
    assert local_config.parse(local).project != ""
    assert set(files) == {"osgate.toml", "policy/base.toml", "people.toml", "projects.toml"}
    assert lint(files) == ()
    for path, data in files.items():
        shape = schema.shape_of(path)
        assert shape is not None
        assert keys_of(_without_facts(shape)) - keys_in(tomllib.loads(data.decode())) == set(), path
    assert keys_in(tomllib.loads(local.decode())) == set(local_config.to_json(local_config.LocalConfig()))


def test_the_example_policy_is_valid():
    argv = [sys.executable, "-m", "osgate", "policy", "lint", "examples/policy"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert lint({}) != (), "lint says nothing about anything"
