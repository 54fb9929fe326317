"""The house keeps its own rules: rooms and layers, sizes, who may touch the world, what stands in tracked files."""

from __future__ import annotations

import ast
import os
import pwd
import re
import tomllib
from pathlib import Path

from osgate import surfaces
from osgate.formats import table
from repo.source import MODULES, PACKAGE, nodes, nodes_of, text_of, trees

ROOT = Path(__file__).resolve().parents[2]
LINES = 400

# Rooms where a file may be opened. Those of text and policy read what our own package holds.
OPENING = (
    "io/",
    "cli/",
    "wiring.py",
    "ledger/snapshot",
    "facts/osv/archives.py",
    "facts/artefacts/folders.py",
    "server_hook/program.py",
    "server_hook/trusting.py",
    "text/translator.py",
    "policy/defaults/",
    "testing/",
)

# In two parts each, so that no host stands here either.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("npmmirror", "com"),
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("maven", "org"),
        ("maven.apache", "org"),
        ("sonatype", "org"),
        ("sonatype", "com"),
        ("rubygems", "org"),
        ("golang", "org"),
        ("nuget", "org"),
        ("packagist", "org"),
        ("goproxy", "cn"),
        ("goproxy", "io"),
        ("aliyun", "com"),
        ("tsinghua.edu", "cn"),
    )
]


def layers() -> list[str]:
    """The lines of the import contract, from the top of the house down."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    (contract,) = [c for c in tools["importlinter"]["contracts"] if c["id"] == "layers"]
    assert contract["exhaustive"] is True
    return list(contract["layers"])


def test_every_room_stands_in_the_import_contract_and_every_line_of_it_has_its_rooms():
    named = {room.strip() for line in layers() for room in line.split("|")}
    to_come = {room.strip("()") for room in named if room.startswith("(")}
    built = {room for room in named if not room.startswith("(")}
    on_disk = {
        path.stem
        for path in PACKAGE.iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or any(path.glob("*.py"))
    }
    assert on_disk - built - to_come == set(), "a new room: give it a line in the contract"
    assert built - on_disk == set(), "a room of the contract that does not exist"


def opened(found: list[ast.AST]) -> list[int]:
    """Lines of a module, given as its nodes, that call the builtin open()."""
    calls = [node for node in found if isinstance(node, ast.Call)]
    return [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "open"]


def test_the_search_for_open_finds_it():
    assert opened(nodes(ast.parse("def f():\n    with open('x') as g:\n        return g.open()\n"))) == [2]


def test_only_the_rooms_that_may_open_files():
    found = []
    for path in MODULES:
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith(OPENING) and "open" in text_of(path):
            found += [f"{name}:{line}" for line in opened(nodes_of(path))]
    assert found == []


def test_no_module_is_longer_than_a_reader_can_hold():
    sizes = {path.relative_to(ROOT).as_posix(): len(text_of(path).splitlines()) for path in MODULES}
    assert {name: size for name, size in sizes.items() if size > LINES} == {}


def test_every_module_has_postponed_annotations_and_says_what_it_is():
    bare = []
    for path in MODULES:
        text, tree = text_of(path), trees()[path]
        defines = any(isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AnnAssign) for node in tree.body)
        postponed = "\nfrom __future__ import annotations\n" in text
        if (defines and not postponed) or (tree.body and ast.get_docstring(tree) is None):
            bare.append(path.relative_to(ROOT).as_posix())
    assert bare == []


def hosts_in(text: str) -> set[str]:
    """The public registries whose host name stands in `text`."""
    return {host for host in REGISTRIES if host in text and re.search(rf"(?<![\w-]){re.escape(host)}(?![\w-])", text)}


def test_the_search_for_hosts_finds_them_and_nothing_else():
    assert hosts_in(f"https://files.{REGISTRIES[5]}/x") == {REGISTRIES[5]}
    assert hosts_in(f"https://packages.example.com/my{REGISTRIES[4]}-mirror {REGISTRIES[0]}anic") == set()


def test_no_tracked_file_names_a_public_registry(texts):
    assert {name: hosts for name, text in texts.items() if (hosts := hosts_in(text))} == {}


def test_no_tracked_file_names_a_path_of_this_machine(texts):
    places = [ROOT.as_posix(), pwd.getpwuid(os.getuid()).pw_dir]
    places = [place for place in places if len(Path(place).parts) > 2] + ["/root/", "/home/runner/"]
    pattern = re.compile(r"(?<![\w.}-])(?:" + "|".join(map(re.escape, places)) + r")(?![\w-])|(?<![\w.])/root/\.")
    named = {name: text for name, text in texts.items() if any(place in text for place in places)}
    found = {name for name, text in named.items() if name != "tests/repo/test_house.py" and pattern.search(text)}
    assert found == set()


def test_our_own_workflows_pin_every_action_and_start_without_rights(texts):
    workflows = {name: text for name, text in texts.items() if re.fullmatch(r"\.github/workflows/.*\.ya?ml", name)}
    assert workflows, "no workflow was found"
    for name, text in workflows.items():
        used = table.read(name, text.encode(), lambda path: None)
        assert len(used) == len(re.findall(r"^\s*(?:- )?uses:\s*[^.\s]", text, re.MULTILINE))
        assert [dependency.purl for dependency in used if dependency.mutable] == []
        assert re.search(r"^permissions: \{\}$", text, re.MULTILINE)
        assert not re.search(r"pull_request_target|workflow_run", text)


def test_every_rule_has_its_texts_in_both_languages():
    rules = {
        rule for path in (PACKAGE / "rules").glob("*.py") for rule in re.findall(r"OSG\d{3}", path.read_text("utf-8"))
    }
    assert rules, "no rule was found"
    texts = PACKAGE / "text/rules"
    wanted = {f"{rule}.{locale}.md" for rule in rules for locale in ("en", "zh_CN")}
    assert wanted - {path.name for path in texts.glob("*.md")} == set()


def entry(path: Path) -> bool:
    """Whether the module has a function `run(argv)` at its top; helpers of commands may have another `run`."""
    functions = [node for node in trees()[path].body if isinstance(node, ast.FunctionDef) and node.name == "run"]
    return any([argument.arg for argument in function.args.args] == ["argv"] for function in functions)


def test_every_command_has_a_row_and_every_row_a_command():
    modules = {path.stem for path in (PACKAGE / "cli").glob("*.py") if not path.stem.startswith("_") and entry(path)}
    assert modules == {command.name.replace("-", "_") for command in surfaces.COMMANDS}
