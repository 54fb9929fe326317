"""Locks of uv: made up ones, real ones, and both with something wrong in them."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import audit
from osgate import purl as purls
from osgate.formats import table, uv_lock
from osgate.formats.uv_lock import entries, names, scan
from osgate.intake import diff
from osgate.model.change import Blob, ChangedFile, ChangeSet
from osgate.model.dependency import SCOPES, Unreadable

CASES = Path(__file__).parents[1] / "formats" / "cases" / "uv-lock"
WRITTEN_BY_UV = ("project", "workspace", "forks", "conflicts", "groups-without-project", "script", "sources")
REAL = {case: next((CASES / case).rglob("*.lock")).read_bytes() for case in WRITTEN_BY_UV}
REGISTRY = {"registry": "https://registry.example.test/simple"}
NAMES = ("a", "b-c", "d", "e2", "f")
VERSIONS = ("1.0", "2.0.0rc1", "3.1+cpu")
EXTRAS = ("x", "y-z")
MARKERS = ("sys_platform == 'win32'", "python_full_version < '3.12' and extra == 'x'")

Table = dict[str, Any]


def written(value: object) -> str:
    """Write a value in one line as uv does."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {written(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def assigned(key: str, value: object) -> str:
    if isinstance(value, list) and value and key not in ("provides-extras",):
        return f"{key} = [\n" + "".join(f"    {written(inner)},\n" for inner in value) + "]\n"
    return f"{key} = {written(value)}\n"


def package(entry: Table) -> str:
    """Write one package: what is a table, in a section of its own."""
    made = "\n[[package]]\n"
    flat = {k: v for k, v in entry.items() if k in ("source", "sdist") or not isinstance(v, dict)}
    made += "".join(assigned(key, value) for key, value in flat.items())
    for key in entry.keys() - flat.keys():
        inner = entry[key]
        made += f"\n[package.{key}]\n"
        made += "".join(assigned(name, value) for name, value in inner.items() if not isinstance(value, dict))
        for name, value in inner.items():
            if isinstance(value, dict):
                made += f"\n[package.{key}.{name}]\n" + "".join(assigned(k, v) for k, v in value.items())
    return made


def lock(packages: list[Table], manifest: Table | None = None) -> bytes:
    """Write a lock as uv does."""
    head = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n'
    if manifest:
        head += "\n[manifest]\n" + "".join(assigned(key, value) for key, value in manifest.items())
    return (head + "".join(map(package, packages))).encode()


def graph(chance: Random) -> list[Table]:
    """Packages that require each other, one of them the project; some of a name stand there twice."""
    made: list[Table] = [{"name": "app", "version": "0.1", "source": {"virtual": "."}}]
    for name in chance.sample(NAMES, chance.randint(1, len(NAMES))):
        versions = chance.sample(VERSIONS, 2 if chance.random() < 0.2 else 1)
        made += [{"name": name, "version": version, "source": dict(REGISTRY)} for version in versions]
    if chance.random() < 0.2:
        made.append({"name": "lib", "version": "1", "source": {"editable": chance.choice(("lib", "../lib"))}})
    for entry in made:
        require(chance, entry, made)
    return made


def require(chance: Random, entry: Table, packages: list[Table]) -> None:
    """Give a package requirements, extras, groups and files."""
    if chance.random() < 0.8:
        entry["dependencies"] = edges(chance, packages)
    if entry["source"] == REGISTRY and chance.random() < 0.7:
        file = f"https://files.example.com/{entry['name'].replace('-', '_')}-{entry['version']}-py3-none-any.whl"
        more = {"upload-time": "2026-01-01T00:00:00Z"} if chance.random() < 0.5 else {}
        entry["wheels"] = [{"url": file, "hash": f"sha256:{chance.randbytes(4).hex()}", "size": 7, **more}]
    if chance.random() < 0.4:
        extras = chance.sample(EXTRAS, chance.randint(1, 2))
        entry["optional-dependencies"] = {extra: edges(chance, packages) for extra in extras}
    if "virtual" in entry["source"] or "editable" in entry["source"]:
        groups = {group: edges(chance, packages) for group in ("dev", "test") if chance.random() < 0.3}
        entry.update({"dev-dependencies": groups} if groups else {})
        asked = [{"name": edge["name"], "specifier": ">=1"} for edge in entry.get("dependencies", ())]
        entry.update({"metadata": {"requires-dist": asked, "requires-dev": {"dev": []}}})


def edges(chance: Random, packages: list[Table]) -> list[Table]:
    made = []
    for target in chance.sample(packages, min(len(packages), chance.randint(1, 3))):
        alone = sum(other["name"] == target["name"] for other in packages) == 1
        edge = {"name": target["name"]} if alone else {k: target[k] for k in ("name", "version", "source")}
        edge |= {"extra": chance.sample(EXTRAS, 1)} if chance.random() < 0.3 else {}
        made.append(edge | ({"marker": chance.choice(MARKERS)} if chance.random() < 0.3 else {}))
    return made


def changed(chance: Random, packages: list[Table]) -> list[Table]:
    """The same packages: some gone, of another version, moved, or requiring others."""
    made = [dict(entry) for entry in packages]
    for _ in range(chance.randint(1, 3)):
        entry = chance.choice(made)
        what = chance.randint(0, 5)
        if what == 0:
            made = [other for other in made if other is not entry] or made
        elif what == 1:
            entry["version"] = chance.choice(VERSIONS)
            entry.pop("wheels", None)
        elif what == 2:
            entry["source"] = chance.choice(({"registry": "../mirror"}, {"directory": "x"}, {"directory": "../x"}))
            entry.pop("wheels", None)
        elif what == 3:
            entry["wheels"] = []
            made.append({"name": chance.choice(NAMES), "version": "9", "source": dict(REGISTRY)})
        else:
            for key in ("dependencies", "optional-dependencies", "dev-dependencies"):
                entry.pop(key, None)
            require(chance, entry, made)
    names_now = [entry["name"] for entry in made]
    if chance.random() < 0.8:  # most changes leave no edge without a package
        for entry in made:
            mend(entry, made, names_now)
    return made


def mend(entry: Table, packages: list[Table], names_now: list[str]) -> None:
    for key, holder in [
        ("dependencies", entry),
        *((name, entry.get(k, {})) for k in NESTED for name in entry.get(k, {})),
    ]:
        kept = []
        for edge in holder.get(key, ()):
            targets = [other for other in packages if other["name"] == edge["name"]]
            if len(targets) == 1:
                kept.append({k: v for k, v in edge.items() if k not in ("version", "source")})
            elif targets:
                kept.append(edge | {"version": targets[0]["version"], "source": targets[0]["source"]})
        if key in holder:
            holder[key] = kept
    assert names_now


NESTED = ("optional-dependencies", "dev-dependencies")


def both(data: bytes) -> tuple[object, object]:
    """What the scanner and the parser say: a lock, or why there is none; the scanner's is None where it hands over."""
    said: list[object] = []
    for way in (lambda: entries.checked(*scan.document(data.decode())), lambda: entries.parsed(data)):
        try:
            said.append(way())
        except Unreadable as why:
            said.append((why.reason, why.ambiguous))
        except (scan.Strange, UnicodeDecodeError):
            said.append(None)
    return said[0], said[1]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=150)
def test_the_scanner_reads_what_the_parser_reads(seed: int) -> None:
    chance = Random(seed)
    asked = {"members": ["app"], "requirements": [{"name": "a", "specifier": ">=1"}]} if chance.random() < 0.3 else None
    scanned, parsed = both(lock(graph(chance), asked))
    assert scanned is not None
    assert scanned == parsed


@pytest.mark.parametrize("case", WRITTEN_BY_UV)
def test_the_scanner_takes_what_uv_wrote(case: str) -> None:
    scanned, parsed = both(REAL[case])
    assert scanned is not None
    assert scanned == parsed
    text = REAL[case].decode().split("\n")
    assert isinstance(scanned, entries.Lock)
    assert [text[line - 1] for line in scanned.lines] == ["[[package]]"] * len(scanned.packages)


@pytest.mark.parametrize("case", WRITTEN_BY_UV)
def test_one_changed_byte_is_handed_over_or_read_alike(case: str) -> None:
    chance, data = Random(case), REAL[case]
    likely = b"\"'\\[]{}=,#. \n\t\r\x00\x1f\x7fx0"
    taken, times = 0, 200 if case in ("project", "conflicts") else 100
    for _ in range(times):
        at = chance.randrange(len(data))
        byte = bytes([chance.choice(likely) if chance.random() < 0.8 else chance.randrange(256)])
        scanned, parsed = both(data[:at] + chance.choice((byte, b"", byte + byte)) + data[at + chance.randint(0, 1) :])
        taken += scanned is not None
        assert scanned is None or scanned == parsed
    assert taken > times // 10  # most bytes are letters of strings


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=100)
def test_scope_is_the_widest_way_from_the_project(seed: int) -> None:
    """Worked out by walking from each start on its own and looking who gets where."""
    packages = graph(Random(seed))
    found = {d.line: d for d in table.read("uv.lock", lock(packages), {}.get)}
    starts: dict[str, list[Table]] = {scope: [] for scope in ("runtime", "optional", "test", "dev")}
    ours = [entry for entry in packages if entry["source"] in ({"virtual": "."}, {"editable": "lib"})]
    for entry in ours:
        starts["runtime"] += entry.get("dependencies", [])
        starts["optional"] += [e for wanted in entry.get("optional-dependencies", {}).values() for e in wanted]
        for group, wanted in entry.get("dev-dependencies", {}).items():
            starts[group] += wanted
    reached = {scope: walked(packages, wanted) for scope, wanted in starts.items()}
    direct = [target for wanted in starts.values() for edge in wanted for target in targets(packages, edge)]
    lines = [n for n, line in enumerate(lock(packages).decode().split("\n"), 1) if line == "[[package]]"]
    for number, entry in enumerate(packages):
        if entry["name"] == "app":
            continue
        told = found[lines[number]]
        wanted = next((scope for scope in starts if number in reached[scope]), "runtime")
        assert (told.scope, told.direct) == (wanted, number in direct or entry in ours)
        above = [other for other in packages if other not in ours and number in required(packages, other)]
        assert told.parents == tuple(sorted({purl_of(other) for other in above if other is not entry}))


def purl_of(entry: Table) -> str:
    return purls.versioned(purls.component("pypi", entry["name"]), entry["version"])


def required(packages: list[Table], entry: Table) -> set[int]:
    wanted = [*entry.get("dependencies", ()), *(e for w in entry.get("optional-dependencies", {}).values() for e in w)]
    return {target for edge in wanted for target in targets(packages, edge)}


def targets(packages: list[Table], edge: Table) -> list[int]:
    keys = [key for key in ("name", "version", "source") if key in edge]
    return [n for n, entry in enumerate(packages) if all(entry[key] == edge[key] for key in keys)]


def walked(packages: list[Table], wanted: list[Table]) -> set[int]:
    found, seen, waiting = set[int](), set[tuple[int, str]](), list(wanted)
    while waiting:
        edge = waiting.pop()
        for target in targets(packages, edge):
            found.add(target)
            for extra in ("", *edge.get("extra", ())):
                if (target, extra) not in seen:
                    seen.add((target, extra))
                    entry = packages[target]
                    key = "dependencies" if not extra else None
                    waiting += entry.get(key, ()) if key else entry.get("optional-dependencies", {}).get(extra, ())
    return found


def found(before: bytes, after: bytes, change_reader: diff.ChangeReader, path: str = "uv.lock") -> tuple[object, ...]:
    """What an intake of the change finds, whole; or the reason for which the new side cannot be read."""
    files = (ChangedFile(path, Blob("file", before), Blob("file", after)),)
    nothing: dict[str, bytes] = {}
    made = diff.intake(ChangeSet("", "", files, nothing.get, nothing.get), table.read, table.match, change_reader)
    return made.introduced, made.removed, made.problems, made.gaps


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=200)
def test_reading_only_what_differs_finds_what_reading_everything_finds(seed: int) -> None:
    chance = Random(seed)
    old = graph(chance)
    new = changed(chance, old)
    asked = [{"requirements": [{"name": name} for name in chance.sample(NAMES, 2)]} for _ in range(2)]
    heads = asked if chance.random() < 0.2 else [None, None]
    before, after = lock(old, heads[0]), lock(new, heads[1])
    assert found(before, after, table.read_change) == found(before, after, diff.read_whole)


@pytest.mark.parametrize("case", WRITTEN_BY_UV)
def test_a_damaged_side_gives_what_full_reading_gives(case: str) -> None:
    chance, data = Random(case), REAL[case]
    path = "tool.py.lock" if case == "script" else "uv.lock"
    for _ in range(20):
        at = chance.randrange(len(data))
        junk = bytes([chance.choice(b"\"'\\[]{}=,#\n\tx01")])
        other = data[:at] + junk + data[at + chance.randint(0, 1) :]
        for before, after in ((data, other), (other, data)):
            assert found(before, after, table.read_change, path) == found(before, after, diff.read_whole, path)


def test_ordinary_changes_are_read_by_what_differs() -> None:
    """Without this, the property above would hold for a way that is never taken."""
    taken = 0
    for seed in range(100):
        chance = Random(seed)
        old = graph(chance)
        taken += table.read_change("uv.lock", lock(old), lock(changed(chance, old)), {}.get, {}.get) is not None
    assert taken > 50


def survives(data: bytes) -> None:
    """Hold that bytes give well-formed dependencies or Unreadable, and nothing else, from the reader itself."""
    try:
        with audit.no_io():
            read = uv_lock.read("uv.lock", data, {}.get)
    except Unreadable:
        return
    for dependency in read:
        assert dependency.purl.isprintable()
        assert dependency.purl.startswith(dependency.component)
        assert dependency.scope in SCOPES
        assert 0 <= dependency.line <= data.count(b"\n") + 1


LEAF = (
    st.none() | st.booleans() | st.integers(-1, 2) | st.sampled_from(["", "a", "1.0", "x", "../..", "https://h/x", "#"])
)
KEYS = (
    st.sampled_from(
        ["name", "version", "source", "registry", "git", "url", "path", "editable", "virtual", "dependencies", "extra"]
    )
    | st.sampled_from(
        [
            "optional-dependencies",
            "dev-dependencies",
            "dependency-groups",
            "sdist",
            "wheels",
            "hash",
            "zstd",
            "metadata",
        ]
    )
    | st.sampled_from(["requires-dist", "requires-dev", "specifier", "marker", "requirements", "filename", "x"])
)
INNER = LEAF | st.lists(LEAF, max_size=2) | st.dictionaries(KEYS, LEAF, max_size=3)
ODD = INNER | st.lists(INNER, max_size=2) | st.dictionaries(KEYS, INNER, max_size=3)
ENTRY = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b"]) | LEAF, "version": st.just("1.0") | LEAF, "source": st.just(REGISTRY) | ODD},
    optional={
        key: st.lists(st.dictionaries(KEYS, ODD, max_size=3), max_size=2) | ODD
        for key in ("dependencies", "optional-dependencies", "dev-dependencies", "wheels", "sdist", "metadata")
    },
)


@given(st.lists(ENTRY, max_size=3) | ODD, st.none() | ODD)
@settings(max_examples=200)
def test_wrong_types_anywhere_are_survived(packages: object, manifest: object) -> None:
    text = "version = 1\n" + "".join(
        f"{key} = {toml(value)}\n"
        for key, value in (("package", packages), ("manifest", manifest))
        if value is not None
    )
    survives(text.encode())


def toml(value: object) -> str:
    """Write any value in one line; none is left out or false."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value or 0).lower()


@given(st.binary(max_size=100))
@settings(max_examples=100)
def test_random_bytes_are_survived(data: bytes) -> None:
    survives(data)
    survives(b"version = 1\n" + data)


@given(st.integers(0, 10**6))
@settings(max_examples=60)
def test_no_cut_file_is_read_as_more_than_it_holds(at: int) -> None:
    data = REAL["project"]
    whole = {d.purl for d in table.read("uv.lock", data, {}.get)}
    try:
        part = table.read("uv.lock", data[: at % len(data)], {}.get)
    except Unreadable:
        return
    assert {d.purl for d in part} <= whole


@given(st.text("aB1-_.", min_size=1, max_size=12))
@settings(max_examples=200)
def test_names_are_those_of_pep_503(text: str) -> None:
    name = f"x{text}y"
    assert names.normal(name, 0) == purls.normalise_pypi(name)
    assert f"pkg:pypi/{names.normal(name, 0)}" == purls.component("pypi", name)
