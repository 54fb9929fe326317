"""uv: uv.toml, `[tool.uv]` of pyproject.toml, UV_* variables.

Source: uv's "Package indexes" and "Configuration files": a variable beats a project, that beats the user and the
system; lists are joined; the first index that is `default` is the main one, an `explicit` one is asked only for what
names it, any other is asked before the main one for every name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from osgate.facts.endpoints.endpoint import Configured, Login
from osgate.facts.endpoints.reading import Collector, File, Setting, mapping, tables, text, texts, toml
from osgate.model.record import record
from osgate.policy.toml_document import Document, Place
from osgate.purl import component

_DEFAULT = ("UV_DEFAULT_INDEX", "UV_INDEX_URL")
_EXTRA = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")


@record
class Index:
    """An index as it is written. role: `main`, `extra` or `explicit`."""

    setting: Setting
    role: str
    name: str = ""


def read(files: Sequence[File], environment: Mapping[str, str]) -> Configured:
    """Return what uv would ask. files: of the ways `uv` and `pyproject`, the weakest first; where a folder has both, uv
    reads uv.toml alone, and so only that is handed in."""
    collector = Collector()
    found = list(_variables(environment))
    named: dict[str, list[str]] = {}
    for host in environment.get("UV_INSECURE_HOST", "").split():
        collector.risk("no-verify", "environment UV_INSECURE_HOST", what=f"allow-insecure-host {_plain(host)}")
    for file in reversed(files):
        document = toml(file, collector)
        place: Place = () if file.way == "uv" else ("tool", "uv")
        table = mapping(mapping(document.values.get("tool")).get("uv")) if place else document.values
        found += _indexes(document, table, place)
        for package, name in _sources(table):
            named.setdefault(name, []).append(package)
        for host in texts(table.get("allow-insecure-host")):
            origin = f"{file.shown}:{document.line((*place, 'allow-insecure-host'))}"
            collector.risk("no-verify", origin, what=f"allow-insecure-host {_plain(host)}")
    for index in found:
        collector.noted(index.setting)
    _tell(found, named, environment, collector)
    return collector.done()


def _tell(
    found: Sequence[Index], named: Mapping[str, list[str]], environment: Mapping[str, str], collector: Collector
) -> None:
    main = [index for index in found if index.role == "main"][:1]
    for index in [*main, *(index for index in found if index.role == "extra")]:
        collector.endpoint("pypi", index.setting, extra=index.role == "extra", login=_login(index.name, environment))
    for index in (index for index in found if index.role == "explicit"):
        for applies in [component("pypi", name) for name in named.get(index.name, ())] or [""]:
            collector.endpoint("pypi", index.setting, applies, login=_login(index.name, environment))


def _plain(host: str) -> str:
    """A host as it may be shown; anything else than a host is not."""
    return host if host.replace(".", "").replace("-", "").replace(":", "").isalnum() and host.isascii() else "-"


def _login(name: str, environment: Mapping[str, str]) -> Login | None:
    key = "".join(letter if letter.isalnum() else "_" for letter in name).upper()
    secret = environment.get(f"UV_INDEX_{key}_PASSWORD", "")
    return Login(environment.get(f"UV_INDEX_{key}_USERNAME", ""), secret) if name and secret else None


def _variables(environment: Mapping[str, str]) -> Iterator[Index]:
    for names, role in ((_DEFAULT, "main"), (_EXTRA, "extra")):
        for name in names:
            for word in environment.get(name, "").split():
                label, equals, address = word.partition("=")
                given = bool(equals) and "/" not in label
                setting = Setting(address if given else word, f"environment {name}")
                yield Index(setting, role, label if given else "")


def _indexes(document: Document, table: Mapping[str, Any], place: Place) -> Iterator[Index]:
    for number, index in enumerate(tables(table.get("index"))):
        line = document.line((*place, "index", number, "url"))
        role = "explicit" if index.get("explicit") is True else "main" if index.get("default") is True else "extra"
        yield Index(Setting(text(index.get("url")), f"{document.path}:{line}"), role, text(index.get("name")))
    for inner, more in ((place, table), ((*place, "pip"), mapping(table.get("pip")))):
        for key, role in (("index-url", "main"), ("extra-index-url", "extra"), ("find-links", "extra")):
            origin = f"{document.path}:{document.line((*inner, key))}"
            for address in texts(more.get(key)):
                yield Index(Setting(address, origin), role)


def _sources(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Which package names which index: a table, or several of them with markers."""
    for package, told in mapping(table.get("sources")).items():
        for one in tables(told) if isinstance(told, list) else [mapping(told)]:
            if text(one.get("index")):
                yield package, text(one["index"])
