"""Poetry: `[[tool.poetry.source]]` of pyproject.toml.

Source: Poetry's "Repositories": of several primary sources none comes first, the default one is asked only where no
primary is named; a supplemental one is asked where those have nothing that fits, an explicit one only for what names
it. `default` and `secondary` are the words of earlier versions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from osgate.facts.endpoints.endpoint import Configured, Login
from osgate.facts.endpoints.reading import Collector, File, Setting, mapping, tables, text, toml
from osgate.purl import component

# Poetry knows the default index by this name; it has no address in a file.
_BUILT_IN = "pypi"


def read(files: Sequence[File], environment: Mapping[str, str]) -> Configured:
    """Return what Poetry would ask. files: of the way `pyproject`."""
    collector = Collector()
    for file in files:
        document = toml(file, collector)
        poetry = mapping(mapping(document.values.get("tool")).get("poetry"))
        named: dict[str, list[str]] = {}
        for package, index in _sources(poetry):
            named.setdefault(index.lower(), []).append(component("pypi", package))
        primary = False
        for number, source in enumerate(tables(poetry.get("source"))):
            name, role = text(source.get("name")), _role(source)
            line = document.line(("tool", "poetry", "source", number, "url"))
            setting = Setting(text(source.get("url")), f"{file.shown}:{line}")
            collector.noted(setting)
            beside = role == "supplemental" or (role == "primary" and primary)
            primary = primary or role == "primary"
            if name.lower() == _BUILT_IN and not setting.value:
                continue
            for applies in (named.get(name.lower()) or [""]) if role == "explicit" else [None]:
                collector.endpoint("pypi", setting, applies, extra=beside, login=_login(name, environment))
    return collector.done()


def _role(source: Mapping[str, Any]) -> str:
    if source.get("default") is True:
        return "primary"
    told = text(source.get("priority")) or ("secondary" if source.get("secondary") is True else "primary")
    return {"default": "primary", "secondary": "supplemental"}.get(told.lower(), told.lower())


def _sources(poetry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Which package names which source, in the dependencies and their groups."""
    groups = mapping(poetry.get("group")).values()
    for table in (poetry, *map(mapping, groups)):
        for package, told in mapping(table.get("dependencies")).items():
            for one in tables(told) if isinstance(told, list) else [mapping(told)]:
                if text(one.get("source")):
                    yield package, text(one["source"])


def _login(name: str, environment: Mapping[str, str]) -> Login | None:
    key = "POETRY_HTTP_BASIC_" + name.upper().replace("-", "_").replace(".", "_")
    secret = environment.get(f"{key}_PASSWORD", "")
    return Login(environment.get(f"{key}_USERNAME", ""), secret) if secret else None
