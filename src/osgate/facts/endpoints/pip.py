"""pip: pip.conf (global, user, site), PIP_* variables, and the options in requirements files.

Source: pip's "Configuration" and "Requirements File Format": a variable beats a command's section, that beats
`[global]`; in each section a later file beats an earlier one; `find-links` are asked as the index is.
"""

from __future__ import annotations

import ast
import shlex
from collections.abc import Iterator, Mapping, Sequence

from osgate import patterns
from osgate.facts.endpoints.endpoint import Configured, cleaned, joined, written_out
from osgate.facts.endpoints.reading import Collector, File, Setting, expanded, ini, text_of

# What says where packages come from, and what takes the care away.
_KEYS = ("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "proxy")
_SECTIONS = ("global", "install", "download")
# Of the options in a requirements file those that we are after, with the letters that are enough for pip to know them.
_OPTIONS = {
    "--index-url": 3,
    "--pypi-url": 4,
    "--extra-index-url": 4,
    "--find-links": 3,
    "--no-index": 6,
    "--trusted-host": 3,
}
_SHORT = {"-i": "--index-url", "-f": "--find-links"}
_TRUE = ("1", "true", "yes", "on", "y", "t")
_HOST = r"[A-Za-z0-9._\[\]-]+(?::\d+)?"

_Settings = dict[str, dict[str, list[Setting]]]


def read(files: Sequence[File], environment: Mapping[str, str]) -> Configured:
    """Return what pip would ask. files: of the ways `pip`, `requirements` and `answer`, the weakest first."""
    collector = Collector()
    by_section: _Settings = {name: {} for name in (*_SECTIONS, "environment", "options")}
    for file in files:
        told: _Settings = {}
        for section, key, setting in _WAYS[file.way](file, collector):
            told.setdefault(section, {}).setdefault(key, []).append(setting)
        for section, found in told.items():
            by_section.setdefault(section, {}).update(found)
    for key in _KEYS:
        name = f"PIP_{key.upper().replace('-', '_')}"
        if name in environment:
            origin = f"environment {name}"
            by_section["environment"][key] = [Setting(word, origin) for word in environment[name].split()]
    for merged in _merged(by_section, environment):
        _tell(merged, collector)
    return joined([collector.done()])


def _merged(by_section: _Settings, environment: Mapping[str, str]) -> Iterator[dict[str, list[Setting]]]:
    """Yield what counts for each command: `pip download` has a section of its own, and what it says says nothing of
    `pip install`."""
    for command in ("install", "download")[: 2 if by_section["download"] else 1]:
        merged: dict[str, list[Setting]] = {}
        for section in ("global", command, "environment"):
            merged.update(by_section[section])
        # Options of a requirements file are taken beside the configuration, but for the index, which they replace.
        for key, listed in by_section["options"].items():
            known = [Setting(expanded(one.value, environment), one.origin) for one in listed]
            merged[key] = known if key == "index-url" else [*merged.get(key, []), *known]
        yield merged


def _tell(merged: Mapping[str, list[Setting]], collector: Collector) -> None:
    for setting in merged.get("trusted-host", []):
        host = setting.value if patterns.fullmatch(_HOST, setting.value) else "-"
        collector.risk("no-verify", setting.origin, what=f"trusted-host {host}")
    none = merged.get("no-index", [])
    if not (none and none[-1].value.lower() in _TRUE):
        for setting in merged.get("index-url", [])[-1:]:
            collector.endpoint("pypi", setting)
        for setting in merged.get("extra-index-url", []):
            collector.endpoint("pypi", setting, extra=True)
    for setting in merged.get("find-links", []):
        collector.endpoint("pypi", setting, extra=True)


def _conf(file: File, collector: Collector) -> Iterator[tuple[str, str, Setting]]:
    for section, key, value, line in ini(text_of(file, collector)):
        if key in _KEYS:
            for word in value.split():
                setting = Setting(word, f"{file.shown}:{line}")
                _noted(key, setting, collector)
                yield section, key, setting


def _noted(key: str, setting: Setting, collector: Collector) -> None:
    """A secret that is written out, in whatever section it stands."""
    if key == "proxy":
        found = cleaned(setting.value if "://" in setting.value else f"http://{setting.value}")
        if found and found[1] and written_out(found[1].reveal()[1]):
            collector.secret(setting.origin)
    else:
        collector.noted(setting)


def _answer(file: File, collector: Collector) -> Iterator[tuple[str, str, Setting]]:
    """`pip config list`: a line each, `global.index-url='...'`."""
    for line in text_of(file, collector).split("\n"):
        name, _, value = line.partition("=")
        section, _, key = name.strip().rpartition(".")
        if key in _KEYS:
            for word in _literal(value).split():
                yield section.replace(":env:", "global"), key, Setting(word, file.shown)


def _literal(value: str) -> str:
    try:
        return str(ast.literal_eval(value.strip()))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return ""


def _default(file: File, collector: Collector) -> Iterator[tuple[str, str, Setting]]:
    """One address alone: what pip asks where nothing is configured."""
    yield "global", "index-url", Setting(text_of(file, collector).strip(), file.shown)


def _requirements(file: File, collector: Collector) -> Iterator[tuple[str, str, Setting]]:
    for line, number in _joined(text_of(file, collector)):
        if not line.lstrip().startswith("-"):
            continue
        for option, value in _options(line):
            setting = Setting(value, f"{file.shown}:{number}")
            collector.noted(setting)
            yield "options", option.removeprefix("--").replace("pypi-url", "index-url"), setting


def _joined(text: str) -> Iterator[tuple[str, int]]:
    """Lines without comments, those that end in a backslash joined with the next, each with its first number."""
    held: list[str] = []
    first = 0
    for number, line in enumerate(text.splitlines(), 1):
        first = first if held else number
        held.append(line[:-1] if line.endswith("\\") else line)
        if not line.endswith("\\"):
            yield patterns.split(r"(?:^|\s)#", "".join(held))[0], first
            held = []
    if held:
        yield patterns.split(r"(?:^|\s)#", "".join(held))[0], first


def _options(line: str) -> Iterator[tuple[str, str]]:
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    while words:
        word = words.pop(0)
        name, equals, value = word.partition("=")
        option = _option(name)
        if not option and word[:2] in _SHORT:
            option, value, equals = _SHORT[word[:2]], word[2:].removeprefix("="), word[2:]
        if option == "--no-index":
            yield option, "true"
        elif option and (equals or words):
            yield option, value if equals else words.pop(0)


def _option(name: str) -> str:
    return next((full for full, least in _OPTIONS.items() if full.startswith(name) and len(name) >= least), "")


_WAYS = {"pip": _conf, "requirements": _requirements, "pip-answer": _answer, "pip-default": _default}
