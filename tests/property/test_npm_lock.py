from __future__ import annotations

import json
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

import audit
from osgate.formats import npm_lock, table
from osgate.intake import diff
from osgate.model.change import Blob, ChangedFile, ChangeSet
from osgate.model.dependency import SCOPES, Dependency, Unreadable

NAMES = ("a", "b", "JSONStream", "@s/d", "node_modules-x")
VERSIONS = ("1.0.0", "2.0.0-rc.1", "3.0.0+x")
FLAGS = ("dev", "optional", "devOptional", "peer")
FIELDS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")


class Package:
    """One installed package: what its node_modules holds and what it requires."""

    def __init__(self, version: str, flags: list[str], requires: list[str], inside: dict[str, Package]) -> None:
        self.version, self.flags, self.requires, self.inside = version, flags, requires, inside


def trees(depth: int) -> st.SearchStrategy[dict[str, Package]]:
    inside = trees(depth - 1) if depth else st.just({})
    names = st.lists(st.sampled_from(NAMES), max_size=3, unique=True)
    flags = st.lists(st.sampled_from(FLAGS), max_size=1)
    package = st.builds(Package, st.sampled_from(VERSIONS), flags, names, inside)
    return st.dictionaries(st.sampled_from(NAMES), package, max_size=3)


TREES = trees(2)
ROOTS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(FIELDS), max_size=4)


def manifest(root: dict[str, str]) -> dict[str, dict[str, str]]:
    """Write what the root declares as package.json does."""
    return {field: {name: f"^{i}" for i, name in enumerate(root) if root[name] == field} for field in FIELDS}


def fields(package: Package) -> dict[str, object]:
    return {"version": package.version, **dict.fromkeys(package.flags, True)}


def nested(tree: dict[str, Package]) -> dict[str, object]:
    """Write a tree as version 1 does."""
    return {
        name: {
            **fields(package),
            "requires": dict.fromkeys(package.requires, "*"),
            **({"dependencies": nested(package.inside)} if package.inside else {}),
        }
        for name, package in tree.items()
    }


def flat(tree: dict[str, Package], base: str = "") -> dict[str, object]:
    """Write a tree as versions 2 and 3 do."""
    made = {}
    for name, package in tree.items():
        place = f"{base}node_modules/{name}"
        made[place] = {**fields(package), "dependencies": dict.fromkeys(package.requires, "*")}
        made |= flat(package.inside, f"{place}/")
    return made


def purl(name: str, version: str) -> str:
    return f"pkg:npm/{name.replace('@', '%40')}@{version.replace('+', '%2B')}"


def expected(tree: dict[str, Package], root: dict[str, str]) -> list[tuple[str, str, bool, tuple[str, ...]]]:
    """Work out scope, directness and parents from the tree itself, by asking each package what it sees."""
    parents: dict[int, set[str]] = {}
    found: list[tuple[str, Package]] = []

    def walk(level: dict[str, Package], above: list[dict[str, Package]]) -> None:
        for name, package in level.items():
            found.append((name, package))
            seen = [package.inside, level, *above]
            for wanted in package.requires:
                answer = next((inner[wanted] for inner in seen if wanted in inner), None)
                if answer is not None and answer is not package:
                    parents.setdefault(id(answer), set()).add(purl(name, package.version))
            walk(package.inside, [level, *above])

    walk(tree, [])
    made = []
    for name, package in found:
        direct = name in root and tree.get(name) is package
        flag = package.flags[0] if package.flags else "runtime"
        scope = "optional" if flag == "devOptional" else flag
        scope = "runtime" if direct and root[name] == "dependencies" else scope
        made.append((purl(name, package.version), scope, direct, tuple(sorted(parents.get(id(package), ())))))
    return sorted(made)


def read(lock: object, package_json: object = None) -> tuple[Dependency, ...]:
    files = {"package.json": json.dumps(package_json).encode()}
    with audit.no_io():
        return table.read("package-lock.json", json.dumps(lock, indent=2).encode(), files.get)


@given(TREES, ROOTS)
@settings(max_examples=100)
def test_all_three_versions_say_the_same(tree: dict[str, Package], root: dict[str, str]) -> None:
    packages, declared = {"": manifest(root), **flat(tree)}, manifest(root)
    readings = [
        read({"lockfileVersion": 1, "dependencies": nested(tree)}, declared),
        read({"lockfileVersion": 2, "packages": packages, "dependencies": nested(tree)}),
        read({"lockfileVersion": 3, "packages": packages}),
    ]
    for reading in readings:
        assert sorted((d.purl, d.scope, d.direct, d.parents) for d in reading) == expected(tree, root)
    assert all(d.requirement == dict(pairs(declared)).get(d.alias or name(d)) for d in readings[2] if d.direct)


def pairs(declared: dict[str, dict[str, str]]) -> list[tuple[str, str]]:
    return [pair for field in declared.values() for pair in field.items()]


def name(dependency: Dependency) -> str:
    return dependency.component.removeprefix("pkg:npm/").replace("%40", "@")


@given(TREES)
@settings(max_examples=50)
def test_the_line_is_that_of_the_key(tree: dict[str, Package]) -> None:
    lock = {"lockfileVersion": 3, "packages": flat(tree)}
    text = json.dumps(lock, indent=2).split("\n")
    found = read(lock)
    assert [text[d.line - 1] for d in found] == [f'    "{place}": {{' for place in lock["packages"]]


@given(TREES, st.data())
@settings(max_examples=50)
def test_a_changed_half_is_ambiguous_and_a_missing_one_is_filled(tree: dict[str, Package], data: st.DataObject) -> None:
    packages = flat(tree)
    if not packages:
        return
    place = data.draw(st.sampled_from(sorted(packages)))
    shorter = {key: entry for key, entry in packages.items() if key != place}
    whole = read({"lockfileVersion": 2, "packages": shorter, "dependencies": nested(tree)})
    assert len(whole) == len(packages)
    packages[place]["version"] = "9.9.9"
    refusal = None
    try:
        read({"lockfileVersion": 2, "packages": packages, "dependencies": nested(tree)})
    except Unreadable as error:
        refusal = error
    assert refusal is not None
    assert (refusal.reason, refusal.ambiguous, refusal.params) == ("disagreement", True, {"folder": place})


COMMIT = "0123456789abcdef0123456789abcdef01234567"
SAMPLE = {
    "lockfileVersion": 2,
    "packages": {
        "": {"dependencies": {"a": "^1", "ws": "*"}, "workspaces": ["ws"]},
        "ws": {"version": "1.0.0", "devDependencies": {"b": "npm:c@1"}},
        "node_modules/ws": {"resolved": "ws", "link": True},
        "node_modules/a": {"version": "1.0.0", "integrity": "sha512-qqqqqqqq", "dependencies": {"b": "2"}},
        "node_modules/a/node_modules/b": {"version": "2.0.0", "inBundle": True, "dev": True},
        "node_modules/b": {"name": "c", "version": "1.0.0", "resolved": f"git+ssh://git@h.example.com/c#{COMMIT}"},
    },
    "dependencies": {
        "ws": {"version": "file:ws", "requires": {"b": "npm:c@1"}},
        "a": {"version": "1.0.0", "requires": {"b": "2"}, "dependencies": {"b": {"version": "2.0.0", "bundled": True}}},
        "b": {"version": f"git+ssh://git@h.example.com/c#{COMMIT}", "from": "b@h"},
    },
}
OLD = {"lockfileVersion": 1, "requires": True, "dependencies": SAMPLE["dependencies"]}
FILES = st.sampled_from(
    [json.dumps(sample, indent=indent).encode() for sample in (SAMPLE, OLD) for indent in (None, 2)]
)


def survives(data: bytes) -> None:
    """Hold that bytes give well-formed dependencies or Unreadable, and nothing else, from the reader itself."""
    try:
        with audit.no_io():
            found = npm_lock.read("package-lock.json", data, {"package.json": data}.get)
    except Unreadable:
        return
    for dependency in found:
        assert dependency.purl.startswith(dependency.component.partition("?")[0])
        assert dependency.purl.isprintable()
        assert dependency.scope in SCOPES
        assert 0 <= dependency.line <= data.count(b"\n") + 1


def test_the_samples_are_read() -> None:
    assert len(read(SAMPLE)) == len(read(OLD)) == 4


@given(FILES, st.integers(0, 5000), st.integers(0, 255))
@settings(max_examples=300)
def test_any_changed_byte_is_survived(data: bytes, at: int, byte: int) -> None:
    at %= len(data)
    survives(data[:at] + bytes([byte]) + data[at + 1 :])


@given(FILES, st.integers(0, 5000))
@settings(max_examples=100)
def test_any_truncation_is_refused(data: bytes, at: int) -> None:
    refused = False
    try:
        table.read("package-lock.json", data[: at % len(data)], lambda path: None)
    except Unreadable as error:
        refused = error.reason in {"empty", "truncated", "syntax"}
    assert refused


@given(st.binary(max_size=100))
@settings(max_examples=100)
def test_random_bytes_are_survived(data: bytes) -> None:
    survives(data)


PLACES = ["", "a", "@s/a", "node_modules/a", "node_modules/a/node_modules/b", "ws", "../x", "..", "/x", "node_modules/"]
VALUES = [
    "1.0.0",
    "npm:b@1",
    "npm:",
    "file:",
    "file:x",
    "file:../..",
    "git+ssh://h#x",
    "https://h/x",
    "sha512-",
    "o/r#x",
]
WORDS = st.sampled_from([*PLACES, *VALUES])
KEYS = WORDS | st.sampled_from(
    ["name", "version", "resolved", "integrity", "link", "dev", "requires", "bundled", *FIELDS]
)
LEAF = st.none() | st.booleans() | st.integers(-1, 4) | st.floats(allow_nan=False, allow_infinity=False) | WORDS
INNER = LEAF | st.lists(LEAF, max_size=2) | st.dictionaries(KEYS, LEAF, max_size=4)
ODD = INNER | st.lists(INNER, max_size=2) | st.dictionaries(KEYS, INNER, max_size=4)
ENTRIES = st.dictionaries(KEYS, st.dictionaries(KEYS, ODD, max_size=4) | ODD, max_size=4)


@given(st.sampled_from([1, 2, 3]), st.none() | ENTRIES | ODD, st.none() | ENTRIES | ODD)
@settings(max_examples=300)
def test_wrong_types_anywhere_are_survived(version: int, packages: object, dependencies: object) -> None:
    lock = {"lockfileVersion": version, "packages": packages, "dependencies": dependencies}
    survives(json.dumps({key: value for key, value in lock.items() if value is not None}).encode())


ARTEFACTS = (
    "https://packages.example.com/x.tgz",
    "https://mirror.example.com/x.tgz",
    "git+https://git.example.com/x.git",
)
ODDITIES = (
    *({"version": version} for version in ("8.0.0", "9.0.0", "9.0.0")),
    *({"resolved": url} for url in ARTEFACTS[1:]),
    *({"name": name} for name in NAMES),
    *({"dependencies": {name: address}} for name in NAMES for address in ("*", ARTEFACTS[0], "npm:other@1")),
)
Locked = dict[str, dict[str, object]]


def grown(chance: Random, depth: int) -> dict[str, Package]:
    """A tree in which most packages require some others."""
    return {
        name: Package(
            chance.choice(VERSIONS),
            chance.choices(FLAGS) if chance.random() < 0.3 else [],
            chance.sample(NAMES, chance.randint(0, 3)),
            grown(chance, depth - 1) if depth and chance.random() < 0.3 else {},
        )
        for name in chance.sample(NAMES, chance.randint(1, 4))
    }


def declared(chance: Random) -> dict[str, object]:
    return dict(manifest({name: chance.choice(FIELDS) for name in chance.sample(NAMES, chance.randint(0, 3))}))


def touched(chance: Random, packages: Locked, times: int) -> Locked:
    """The same entries, some of them gone, come back elsewhere or odd; seldom a linked folder."""
    made = {place: dict(entry) for place, entry in packages.items()}
    for _ in range(times):
        place = chance.choice([place for place in made if place] or ["node_modules/a"])
        if chance.random() < 0.2:
            made.pop(place, None)
        else:
            made.setdefault(place, {"version": "1.0.0"}).update(chance.choice(ODDITIES))
    if chance.random() < 0.05:
        made["libs/a"] = {"name": "a", "version": "1.0.0", "dependencies": {"JSONStream": "*"}}
        made["node_modules/a"] = {"resolved": "libs/a", "link": True}
    return made


def two_locks(seed: int) -> tuple[dict[str, object], dict[str, object]]:
    """Two versions of one lock, made from a number: drawn part by part, nearly all would be empty or all different."""
    chance = Random(seed)
    packages: Locked = {"": declared(chance)}
    packages |= {place: {**entry, "resolved": ARTEFACTS[0]} for place, entry in flat(grown(chance, 2)).items()}
    old = touched(chance, packages, chance.randint(0, 2))
    new = touched(chance, old, chance.randint(1, 2))
    if chance.random() < 0.2:
        new[""] = declared(chance)
    return {"lockfileVersion": 3, "packages": old}, {"lockfileVersion": 3, "packages": new}


def found(before: bytes, after: bytes, change_reader: diff.ChangeReader) -> tuple[object, ...]:
    """What an intake of the change finds, whole; or the reason for which the new side cannot be read."""
    files = (ChangedFile("package-lock.json", Blob("file", before), Blob("file", after)),)
    nothing: dict[str, bytes] = {}
    change = ChangeSet("", "", files, nothing.get, nothing.get)
    made = diff.intake(change, table.read, table.match, change_reader)
    return made.introduced, made.removed, made.problems, made.gaps


@given(st.integers(0, 2**24 - 1), st.sampled_from((2, 2, 2, 2, None, 4)))
@settings(max_examples=400)
def test_reading_only_what_differs_finds_what_reading_everything_finds(seed: int, indent: int | None) -> None:
    before, after = (json.dumps(lock, indent=indent).encode() for lock in two_locks(seed))
    assert found(before, after, table.read_change) == found(before, after, diff.read_whole)


def test_an_ordinary_lock_is_read_by_what_differs() -> None:
    """Without this, the property above would hold for a way that is never taken."""
    old = {
        "a": Package("1.0.0", [], ["b"], {}),
        "b": Package("1.0.0", [], [], {}),
        "@s/d": Package("1.0.0", [], [], {}),
    }
    new = {**old, "b": Package("2.0.0-rc.1", ["dev"], [], {})}
    before, after = (
        json.dumps(
            {"lockfileVersion": 3, "packages": {"": manifest({"a": "dependencies"}), **flat(t)}}, indent=2
        ).encode()
        for t in (old, new)
    )
    nothing: dict[str, bytes] = {}
    read_both = table.read_change("package-lock.json", before, after, nothing.get, nothing.get)
    assert read_both is not None
    assert [d.purl for d in read_both[0]] == ["pkg:npm/a@1.0.0", "pkg:npm/b@1.0.0"]
    assert [(d.purl, d.line) for d in read_both[1]] == [
        (d.purl, d.line) for d in table.read("package-lock.json", after, nothing.get) if d.component != "pkg:npm/%40s/d"
    ]


@given(st.binary(max_size=60), st.integers(0, 400))
@settings(max_examples=100)
def test_any_damage_gives_what_full_reading_gives(junk: bytes, at: int) -> None:
    tree = {"a": Package("1.0.0", [], ["b"], {}), "b": Package("1.0.0", [], [], {})}
    lock = json.dumps({"lockfileVersion": 3, "packages": {"": manifest({"a": "dependencies"}), **flat(tree)}}, indent=2)
    before = lock.encode()
    after = before[:at] + junk + before[at:]
    assert found(before, after, table.read_change) == found(before, after, diff.read_whole)
