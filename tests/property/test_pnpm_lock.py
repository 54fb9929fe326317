from __future__ import annotations

import string
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

import audit
from osgate.formats import pnpm_lock, table
from osgate.formats.pnpm_lock.document import Document
from osgate.formats.pnpm_lock.load import documents, ordered, parsed
from osgate.formats.pnpm_lock.scan import Scanner
from osgate.formats.pnpm_lock.tree import Tree
from osgate.intake import diff
from osgate.model.change import Blob, ChangedFile, ChangeSet
from osgate.model.dependency import Dependency, Unreadable

NAMES = ("a", "b", "JSONStream", "@s/d", "e.f")
VERSIONS = ("1.0.0", "2.0.0-rc.1", "3.0.0+x")
PEERS = ("", "p@1.0.0", "@q/p@2.0.0")
FIELDS = {"dependencies": "runtime", "optionalDependencies": "optional", "devDependencies": "dev"}
ORDER = ("runtime", "optional", "dev")
GENERATIONS = ("5.1", "5.4", "6.0", "9.0")
DIGESTS = ("sha512-AAAA", "sha512-BBBB", "sha1-CCCC")

# A node of the graph: name, version, peer.
Node = tuple[str, str, str]


class Model:
    """What a lock says, whoever writes it: nodes, which of them each requires (strongly, weakly), who wants what."""

    def __init__(self, seed: int) -> None:
        chance = Random(seed)
        self.nodes: dict[Node, tuple[dict[str, Node], dict[str, Node]]] = {}
        for name in chance.sample(NAMES, chance.randint(1, 5)):
            for version in chance.sample(VERSIONS, chance.choice((1, 1, 2))):
                self.nodes |= {(name, version, p): ({}, {}) for p in chance.sample(PEERS, chance.choice((1, 1, 1, 2)))}
        every = sorted(self.nodes)
        for node, (strong, weak) in self.nodes.items():
            for other in chance.sample(every, min(len(every), chance.choice((0, 1, 1, 2, 3)))):
                if other != node:
                    alias = chance.choice((other[0], other[0], other[0], "renamed"))
                    (weak if chance.random() < 0.2 and alias not in strong else strong)[alias] = other
        self.digests = {(name, version): chance.choice(DIGESTS) for name, version, _ in every}
        self.builds = {(name, version) for name, version, _ in every if chance.random() < 0.2}
        folders = (".", "apps/web")[: chance.choice((1, 2))]
        self.projects = {folder: wishes(chance, every) for folder in folders}
        self.extra = chance.choice(("", "", "deprecated", "folded"))

    def changed(self, seed: int) -> Model:
        """A model that differs a little."""
        chance, other = Random(seed), Model.__new__(Model)
        other.nodes = {node: (dict(strong), dict(weak)) for node, (strong, weak) in self.nodes.items()}
        other.digests, other.builds, other.extra = dict(self.digests), set(self.builds), self.extra
        other.projects = {f: {field: dict(w) for field, w in fs.items()} for f, fs in self.projects.items()}
        for _ in range(chance.randint(1, 3)):
            other.change(chance, chance.choice(sorted(other.nodes)))
        return other

    def change(self, chance: Random, node: Node) -> None:
        """Do something to a node or to what projects want of it."""
        kind = chance.choice(("digest", "add", "edge", "cut", "project", "wish", "unwish", "widen"))
        if kind == "digest":
            self.digests[node[:2]] = chance.choice(DIGESTS)
        elif kind in ("add", "edge"):
            new = (chance.choice(NAMES), chance.choice(VERSIONS), chance.choice(PEERS))
            target = new if kind == "add" else chance.choice(sorted(self.nodes))
            self.nodes.setdefault(target, ({}, {}))
            self.digests.setdefault(target[:2], chance.choice(DIGESTS))
            if target != node:
                strong, weak = self.nodes[node]
                weak.pop(target[0], None)
                (weak if target[0] not in strong and chance.random() < 0.2 else strong)[target[0]] = target
        elif kind == "cut":
            self.nodes[node] = ({}, {})
        elif kind == "project":
            self.projects.setdefault("libs/new", {field: {} for field in FIELDS})["dependencies"][node[0]] = node
        else:
            fields = self.projects["."]
            for wanted in fields.values():
                wanted.pop(node[0], None)
            if kind != "unwish":
                fields["dependencies" if kind == "widen" else chance.choice(list(FIELDS))][node[0]] = node

    def expected(self) -> list[tuple[str, str, bool, tuple[str, ...]]]:
        """Purl, scope, directness and parents of each package, worked out from the model."""
        reached: dict[Node, str] = {}
        starts = {scope: [n for p in self.projects.values() for n in p[f].values()] for f, scope in FIELDS.items()}
        for scope in ORDER:
            waiting = list(starts[scope])
            while waiting:
                node = waiting.pop()
                if node not in reached:
                    reached[node] = scope
                    strong, weak = self.nodes[node]
                    waiting += strong.values()
                    (starts["optional"] if scope == "runtime" else waiting).extend(weak.values())
        wanted = {n for p in self.projects.values() for w in p.values() for n in w.values()}
        made = []
        for package in {node[:2] for node in self.nodes}:
            same = [node for node in self.nodes if node[:2] == package]
            parents = {n[:2] for n, parts in self.nodes.items() for part in parts if {*part.values()} & {*same}}
            scope = min((reached.get(node, "runtime") for node in same), key=ORDER.index)
            direct = any(node in wanted for node in same)
            made.append((purl(package), scope, direct, tuple(sorted(map(purl, parents - {package})))))
        return sorted(made)


def wishes(chance: Random, every: list[Node]) -> dict[str, dict[str, Node]]:
    """What a project wants: each name in one field only."""
    wanted: dict[str, dict[str, Node]] = {}
    taken: set[str] = set()
    for field in FIELDS:
        picked = chance.sample(every, min(len(every), chance.choice((0, 1, 1, 2))))
        wanted[field] = {node[0]: node for node in picked if node[0] not in taken}
        taken.update(wanted[field])
    return wanted


def purl(package: tuple[str, ...]) -> str:
    return f"pkg:npm/{package[0].replace('@', '%40')}@{package[1].replace('+', '%2B')}"


def quoted(text: str) -> str:
    return f"'{text}'" if text[0] in "@>*" else text


def key(node: Node, generation: str) -> str:
    name, version, peer = node
    if generation == "9.0":
        return f"{name}@{version}" + (f"({peer})" if peer else "")
    if generation == "6.0":
        return f"/{name}@{version}" + (f"({peer})" if peer else "")
    return f"/{name}/{version}" + (f"_{peer.replace('/', '+')}" if peer else "")


def reference(alias: str, node: Node, generation: str) -> str:
    """How a requirement names the node."""
    whole = key(node, generation)
    start = {"9.0": f"{alias}@", "6.0": f"/{alias}@"}.get(generation, f"/{alias}/")
    return whole.removeprefix(start)


def required(model: Model, node: Node, generation: str) -> str:
    made = ""
    for field, part in zip(("dependencies", "optionalDependencies"), model.nodes[node], strict=True):
        if part:
            made += f"    {field}:\n"
            for alias, other in sorted(part.items()):
                made += f"      {quoted(alias)}: {quoted(reference(alias, other, generation))}\n"
    return made


def described(model: Model, node: Node, generation: str) -> str:
    """What an entry says of the package itself."""
    digest = model.digests[node[:2]]
    if generation == "5.1":
        made = f"    engines:\n      node: '>=6'\n    resolution:\n      integrity: {digest}\n"
    else:
        made = f"    resolution: {{integrity: {digest}}}\n    engines: {{node: '>=6'}}\n"
    if model.extra:
        made += (
            "    deprecated: |-\n      old: it's\n\n      gone\n"
            if model.extra == "folded"
            else "    deprecated: 'a: it''s'\n"
        )
    return made + ("    requiresBuild: true\n" if node[:2] in model.builds and generation != "9.0" else "")


def projects(model: Model, generation: str) -> str:
    single, inline = list(model.projects) == ["."] and generation != "9.0", generation in ("6.0", "9.0")
    made = "" if single else "\nimporters:\n"
    for folder, fields in model.projects.items():
        body = ""
        if not inline:
            stated = {n: w[n][1] for w in fields.values() for n in w}
            body += (
                "  specifiers:\n" + "".join(f"    {quoted(n)}: ^{v}\n" for n, v in sorted(stated.items()))
                if stated
                else ""
            )
        for field, wanted in fields.items():
            if wanted:
                body += f"  {field}:\n"
                for name, node in sorted(wanted.items()):
                    version = quoted(reference(name, node, generation))
                    body += f"    {quoted(name)}:"
                    body += f"\n      specifier: ^{node[1]}\n      version: {version}\n" if inline else f" {version}\n"
        if single:
            made += "\n".join(line.removeprefix("  ") for line in body.split("\n"))
        else:
            made += f"\n  {folder}:" + (
                "\n" + "".join(f"  {line}\n" for line in body.split("\n")[:-1]) if body else " {}\n"
            )
    return made


def written(model: Model, generation: str) -> str:
    """The lock as pnpm writes it."""
    blank = "" if generation == "5.1" else "\n"
    made = f"lockfileVersion: {generation if generation[0] == '5' else repr(generation)}\n" + projects(
        model, generation
    )
    made += f"{blank}packages:\n"
    nodes = sorted(model.nodes, key=lambda node: key(node, generation))
    if generation != "9.0":
        for node in nodes:
            entry = described(model, node, generation) + required(model, node, generation)
            made += f"{blank}  {quoted(key(node, generation))}:\n{entry}"
        return made
    for package in sorted({node[:2] for node in nodes}):
        made += f"\n  {quoted('@'.join(package))}:\n{described(model, (*package, ''), generation)}"
    made += "\nsnapshots:\n"
    for node in nodes:
        body = required(model, node, generation)
        made += f"\n  {quoted(key(node, generation))}:" + (f"\n{body}" if body else " {}\n")
    return made


def plain(node: object) -> object:
    """What a document says, without the text that the scanner may leave out."""
    if isinstance(node, dict):
        return {str(name): plain(value) for name, value in node.items() if name != "deprecated"}
    return [plain(item) for item in node] if isinstance(node, list) else str(node)


def told(found: tuple[Document, ...]) -> object:
    try:
        trees = [Tree("pnpm-lock.yaml", document) for document in ordered(found)]
        return [tree.dependencies(tree.graph.nodes) for tree in trees]
    except Unreadable:
        return "refused"


def read(text: str) -> tuple[Dependency, ...]:
    with audit.no_io():
        return table.read("pnpm-lock.yaml", text.encode(), {}.get)


SEEDS = st.integers(0, 2**24 - 1)


@given(SEEDS, st.sampled_from(GENERATIONS))
@settings(max_examples=150)
def test_every_generation_says_what_it_was_made_from(seed: int, generation: str) -> None:
    model = Model(seed)
    found = read(written(model, generation))
    assert sorted((d.purl, d.scope, d.direct, d.parents) for d in found) == model.expected()
    builds = {purl(package): package in model.builds if generation != "9.0" else None for package in model.digests}
    assert {d.purl: d.install_code for d in found} == builds
    stated = {purl(n): f"^{n[1]}" for p in model.projects.values() for w in p.values() for n in w.values()}
    assert {d.purl: d.requirement for d in found} == {d.purl: stated.get(d.purl) for d in found}


@given(SEEDS, st.sampled_from(GENERATIONS))
@settings(max_examples=50)
def test_the_line_is_that_of_the_key(seed: int, generation: str) -> None:
    model = Model(seed)
    text = written(model, generation)
    lines = text.split("\n")
    for d in read(text):
        name = d.component.removeprefix("pkg:npm/").replace("%40", "@")
        whole = key((name, d.version, ""), generation)
        assert lines[d.line - 1].lstrip(" '").startswith(whole)
        assert d.line > lines.index("packages:")


@given(SEEDS, st.sampled_from(GENERATIONS))
@settings(max_examples=100)
def test_the_scanner_reads_what_pnpm_writes_as_the_yaml_loader_does(seed: int, generation: str) -> None:
    text = written(Model(seed), generation)
    scanned = Scanner().scan(text)
    assert scanned is not None
    assert [plain(d.root) for d in scanned] == [plain(d.root) for d in parsed(text)]
    assert told(scanned) == told(parsed(text))


ODD = [*"abz019 :'\"{}[],#&*!|>-%@`~?\n\t/.()_^=<\\é\u2028\x85", "null", "---", "- ", "  ", ": ", " #", "\n\n", "<<"]


@given(SEEDS, st.sampled_from(GENERATIONS), st.sampled_from(ODD), st.integers(0, 1))
@settings(max_examples=400)
def test_damage_is_handed_over_or_read_alike(seed: int, generation: str, odd: str, taken: int) -> None:
    text = written(Model(seed >> 12), generation)
    at = seed % len(text)
    text = text[:at] + odd + text[at + taken :]
    try:
        scanned = Scanner().scan(text)
    except Unreadable:
        scanned = ()
    if scanned is None:
        return
    try:
        loaded = parsed(text)
    except Unreadable:
        loaded = ()
    assert [plain(d.root) for d in scanned] == [plain(d.root) for d in loaded]
    assert told(scanned) == told(loaded)


@given(st.text(alphabet=string.printable + "é\u202e", max_size=80))
@settings(max_examples=200)
def test_any_text_is_read_or_refused(text: str) -> None:
    data = f"lockfileVersion: '9.0'\npackages:\n  {text}".encode()
    try:
        found = documents(data)
    except Unreadable:
        found = ()
    assert all(isinstance(document.root, dict) for document in found)
    refusal = None
    try:
        pnpm_lock.read("pnpm-lock.yaml", data, {}.get)
    except Unreadable as why:
        refusal = why
    assert refusal is None or refusal.line <= data.count(b"\n") + 1


def taken_in(before: str, after: str, change_reader: diff.ChangeReader) -> tuple[object, ...]:
    files = (ChangedFile("pnpm-lock.yaml", Blob("file", before.encode()), Blob("file", after.encode())),)
    nothing: dict[str, bytes] = {}
    change = ChangeSet("", "", files, nothing.get, nothing.get)
    made = diff.intake(change, table.read, table.match, change_reader)
    return made.introduced, made.removed, made.problems, made.gaps


@given(SEEDS, st.sampled_from(GENERATIONS), st.sampled_from((*[None] * 6, *GENERATIONS)))
@settings(max_examples=400)
def test_reading_only_what_differs_finds_what_reading_everything_finds(
    seed: int, generation: str, other: str | None
) -> None:
    model = Model(seed >> 8)
    before, after = written(model, generation), written(model.changed(seed), other or generation)
    assert taken_in(before, after, table.read_change) == taken_in(before, after, diff.read_whole)


@given(SEEDS, st.sampled_from(GENERATIONS), st.sampled_from(ODD), st.integers(0, 1))
@settings(max_examples=200)
def test_any_damage_gives_what_full_reading_gives(seed: int, generation: str, odd: str, taken: int) -> None:
    before = written(Model(seed >> 12), generation)
    at = seed % len(before)
    after = before[:at] + odd + before[at + taken :]
    assert taken_in(before, after, table.read_change) == taken_in(before, after, diff.read_whole)


def test_an_ordinary_lock_is_read_by_what_differs() -> None:
    """Without this, the properties above would hold for a way that is never taken."""
    taken = 0
    for seed in range(40):
        model = Model(seed)
        sides = [written(side, GENERATIONS[seed % 4]).encode() for side in (model, model.changed(seed))]
        found = table.read_change("pnpm-lock.yaml", *sides, {}.get, {}.get)
        taken += found is not None and len(found[1]) < len(model.digests)
    assert taken > 15
