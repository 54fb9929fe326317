"""`osgate why PURL`: the shortest path that pulls a package in, in every manifest that holds it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from osgate.changes import tree
from osgate.cli import console, flags
from osgate.cli.deps import dependencies
from osgate.errors import BLOCKED, PASS
from osgate.formats import table
from osgate.intake.graph import shortest_paths
from osgate.ledger.families import around, decided
from osgate.model.dependency import Dependency, Unreadable
from osgate.model.record import record
from osgate.purl import Purl, parse
from osgate.reports.detail import named
from osgate.text.translator import Translator
from osgate.text.width import printable

FORMATS = ("terminal", "json")


@record
class Way:
    """One occurrence and how it comes in. steps: purls from a direct dependency down to its parent; empty for a direct
    one and where the manifest does not tell.
    """

    dependency: Dependency
    steps: tuple[str, ...]


def run(argv: list[str]) -> int:
    """Print every way of PURL into the manifests of PATH… (default: here); exit 1 where nothing holds it."""
    asked = flags.read("why", argv, ("help",), ("format", "language"))
    t = console.speak(asked.get("language", ""))
    words = asked[""].split("\0") if asked[""] else []
    if "help" in asked:
        console.say(t("help.why"))
        return PASS
    if not words:
        raise console.usage("why", t("usage.missing", what="PURL"))
    wanted = asked.get("format", "terminal")
    if wanted not in FORMATS:
        detail = t("usage.choice", flag="format", choices=", ".join(FORMATS), found=wanted)
        raise console.usage("why", detail)
    purl = parse(words[0])
    found = False
    for manifest in tree.files(words[1:] or ["."], table.match):
        read = dependencies(manifest)
        if isinstance(read, Unreadable):
            if wanted == "terminal":
                said = t(f"unreadable.{read.reason}", **{k: str(v) for k, v in read.params.items()})
                console.say(printable(t("terminal.line", label=manifest.path, text=said)))
            continue
        for way in ways(purl, read):
            found = True
            console.say(_json(way) if wanted == "json" else _line(way, t))
    if not found and wanted == "terminal":
        console.say(t("why.not-here", purl=words[0]))
    return PASS if found else BLOCKED


def ways(purl: Purl, held: tuple[Dependency, ...]) -> Iterator[Way]:
    """Yield each occurrence of `purl` (of any version, where it names none) in one manifest, with its shortest way.

    A family (`pkg:npm/@img/sharp-*`) stands for each of its members.
    """
    hits = [d for d in held if decided(purl) in around(d.component) and purl.version in ("", d.version)]
    paths = shortest_paths(held, {d.purl for d in hits}) if hits else {}
    for d in hits:
        yield Way(d, () if d.direct else paths[d.purl])


def _line(way: Way, t: Translator) -> str:
    d = way.dependency
    place = f"{d.path}:{d.line}" if d.line else d.path
    kind = {True: "why.direct", False: "why.transitive", None: "why.not-told"}[d.direct]
    names = " > ".join(named(purl) for purl in (*way.steps, d.purl))
    return printable(f"{place}: {names}   {t(f'scope.{d.scope}')}   {t(kind)}")


def _json(way: Way) -> str:
    d = way.dependency
    said = {"purl": d.purl, "path": d.path, "line": d.line, "scope": d.scope, "direct": d.direct, "via": way.steps}
    return json.dumps(said)
