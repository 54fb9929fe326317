"""NuGet: nuget.config of the machine, the user and the folders down to the project.

Source: NuGet's "nuget.config reference" and "Package Source Mapping": a nearer file adds to what a farther one says,
`<clear/>` forgets it; with a mapping, a package comes from the sources of its longest pattern alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from osgate.facts.endpoints.endpoint import Configured, Login, pattern, written_out
from osgate.facts.endpoints.reading import Collector, File, Node, Setting, expanded, xml

_TRUE = "true"
# How a blank is written in the name of an element.
_BLANK = "_x0020_"


class _Known:
    """What the files so far say: sources by name, which of them are off, patterns and passwords by source."""

    def __init__(self) -> None:
        self.sources: dict[str, Setting] = {}
        self.off: set[str] = set()
        self.mapped: dict[str, list[str]] = {}
        self.logins: dict[str, Login] = {}


def read(files: Sequence[File], environment: Mapping[str, str]) -> Configured:
    """Return what NuGet would ask. files: of the way `nuget`, the farthest first."""
    collector = Collector()
    known = _Known()
    for file in files:
        top = xml(file, collector)
        _sources(top, file, known, collector)
        for node in _added(top.all("configuration", "disabledpackagesources"), known.off):
            if node.attributes.get("value", "").lower() == _TRUE:
                known.off.add(_key(node))
        for node in _added(top.all("configuration", "packagesourcemapping"), known.mapped):
            patterns = [child.attributes.get("pattern", "") for child in node.all("package")]
            known.mapped.setdefault(_key(node), []).extend(one for one in patterns if one)
        for node in top.all("configuration", "packagesourcecredentials"):
            _credentials(node, file, environment, known, collector)
    used = {key: setting for key, setting in known.sources.items() if key not in known.off}
    for number, (key, setting) in enumerate(used.items()):
        names = known.mapped.get(key, [])
        # Unmapped where others are: NuGet takes nothing from there.
        applies = [pattern("nuget", one) for one in names] if known.mapped else [None]
        for one in applies or [""]:
            extra = not known.mapped and number > 0
            collector.endpoint("nuget", setting, one, extra=extra, login=known.logins.get(key))
    if len(used) > 1 and not known.mapped:
        collector.risk("several-sources-unmapped", next(reversed(used.values())).origin, count=str(len(used)))
    return collector.done()


def _key(node: Node) -> str:
    return node.attributes.get("key", "").lower()


def _added(sections: list[Node], known: set[str] | dict[str, list[str]]) -> list[Node]:
    """The entries of a section from its last `<clear/>` on, which takes what is known away."""
    found: list[Node] = []
    for node in (child for section in sections for child in section.children):
        if node.name == "clear":
            known.clear()
            found = []
        else:
            found.append(node)
    return found


def _sources(top: Node, file: File, known: _Known, collector: Collector) -> None:
    for section in top.all("configuration", "packagesources"):
        for node in section.children:
            if node.name == "clear":
                known.sources.clear()
            elif _key(node):
                setting = Setting(node.attributes.get("value", ""), f"{file.shown}:{node.line}")
                collector.noted(setting)
                known.sources[_key(node)] = setting


def _credentials(
    section: Node, file: File, environment: Mapping[str, str], known: _Known, collector: Collector
) -> None:
    """User and password of each source. `Password` is encrypted for one user of one machine: of no use elsewhere."""
    for node in section.children:
        values = {_key(child): child.attributes.get("value", "") for child in node.children}
        written = values.get("cleartextpassword", "")
        if written_out(written):
            collector.secret(f"{file.shown}:{node.line}")
        secret = expanded(_from_percent(written), environment)
        if secret and "${" not in secret:
            known.logins[node.name.replace(_BLANK, " ")] = Login(values.get("username", ""), secret)


def _from_percent(written: str) -> str:
    """NuGet's `%NAME%` as the variable that it is."""
    return f"${{{written[1:-1]}}}" if len(written) > 2 and written[0] == written[-1] == "%" else written
