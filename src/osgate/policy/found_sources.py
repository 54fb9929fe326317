"""Where packages come from today, as the package managers' own configuration says: the first draft of approved sources.

Nothing here approves anything: what was found waits in `policy/sources.toml` until a policy owner confirms it. Pure.

Sources of the formats: npm's "npmrc", Yarn's "Configuration", pip's "Configuration", uv's "Indexes", Maven's "Settings
Reference".
"""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit
from xml.etree import ElementTree

import tomli

from osgate.model.record import record

# Files below a home folder, and below the folder of a project, by the way they are read.
HOME = {
    ".npmrc": "npmrc",
    ".yarnrc.yml": "yarnrc",
    ".config/pip/pip.conf": "pip",
    ".pip/pip.conf": "pip",
    ".config/uv/uv.toml": "uv",
    ".m2/settings.xml": "maven",
}
PROJECT = {".npmrc": "npmrc", ".yarnrc.yml": "yarnrc", "uv.toml": "uv", "pyproject.toml": "pyproject"}
SYSTEM = {"/etc/pip.conf": "pip", "/etc/npmrc": "npmrc", "/etc/uv/uv.toml": "uv"}
# What a reader may stumble over in a file that is not what it is called.
_ODD = (ValueError, TypeError, AttributeError, LookupError, RecursionError, configparser.Error, ElementTree.ParseError)
# Variables that hold one address or several, with the type they are about.
VARIABLES = {
    "NPM_CONFIG_REGISTRY": "npm",
    "npm_config_registry": "npm",
    "PIP_INDEX_URL": "pypi",
    "PIP_EXTRA_INDEX_URL": "pypi",
    "UV_INDEX_URL": "pypi",
    "UV_DEFAULT_INDEX": "pypi",
    "UV_INDEX": "pypi",
}


@record
class FoundSource:
    """An address that is in use. type: purl type, `git` or `url`. found: where it is named."""

    type: str
    address: str
    found: str


def in_file(data: bytes, way: str, found: str) -> Iterator[FoundSource]:
    """Yield the addresses a configuration names. way: a value of HOME, PROJECT or SYSTEM. A file that cannot be read as
    what it is called yields nothing: it is somebody else's to judge.
    """
    type, read = _WAYS[way]
    try:
        addresses = list(read(data.decode("utf-8-sig")))
    except _ODD:
        return
    yield from _sources(type, addresses, found)


def in_environment(environment: Mapping[str, str]) -> Iterator[FoundSource]:
    """Yield the addresses that the package managers' variables name."""
    for name, type in VARIABLES.items():
        yield from _sources(type, environment.get(name, "").replace("=http", " http").split(), f"${name}")


def in_lock(type: str, urls: Iterable[str], found: str) -> Iterator[FoundSource]:
    """Yield where the artefacts of a lock come from, without the path: it differs with each of them."""
    for url in urls:
        parts = _split(url.removeprefix("git+"))
        if parts is not None and parts.scheme and parts.hostname:
            yield from _sources(type, [f"{parts.scheme}://{parts.netloc}/"], found)


def drafted(sources: Iterable[FoundSource]) -> str:
    """Return `policy/sources.toml`: every type and address once, named where it was found first."""
    once: dict[tuple[str, str], FoundSource] = {}
    for source in sources:
        once.setdefault((source.type, source.address.rstrip("/")), source)
    entries = [
        f"[[source]]\ntype = {json.dumps(s.type)}\naddress = {json.dumps(s.address)}\n"
        f'found = {json.dumps(s.found, ensure_ascii=False)}\nconfirmed_by = ""\n'
        for _, s in sorted(once.items())
    ]
    return "\n".join([_HEAD, *entries])


_HEAD = """\
# Where packages may come from. A policy owner confirms an address by writing his or her id from people.toml into
# confirmed_by; until then it approves nothing. A type is judged from its first confirmed address on.
# 依赖的获取来源。由策略负责人在 confirmed_by 填写其在 people.toml 中的编号予以确认，确认之前不作为已批准来源；
# 某一类型自有第一个确认来源起开始检查。
#
# [[source]]
# type = "npm"                   # a purl type, or git, url / purl 类型，或 git、url
# address = "https://packages.example.com/npm/"
# confirmed_by = "zhang.san"
"""


def _sources(type: str, addresses: Iterable[str], found: str) -> Iterator[FoundSource]:
    for address in addresses:
        parts = _split(address.strip())
        if (
            parts is not None
            and parts.scheme in ("http", "https", "ssh", "git")
            and parts.hostname
            and address.isprintable()
        ):
            host = parts.netloc.rpartition("@")[2]
            yield FoundSource(type, urlunsplit((parts.scheme, host, parts.path or "/", "", "")), found)


def _split(address: str) -> SplitResult | None:
    """The parts of an address, None for what is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return None


def _npmrc(text: str) -> Iterator[str]:
    """`registry=ADDRESS` and `@scope:registry=ADDRESS`; variables in an address are not known here."""
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        name = name.strip()
        if equals and (name == "registry" or (name.startswith("@") and name.endswith(":registry"))):
            yield value.strip().strip("\"'")


def _yarnrc(text: str) -> Iterator[str]:
    yield from re.findall(r"""^\s*npmRegistryServer:\s*["']?([^\s"'#]+)""", text, re.MULTILINE)


def _pip(text: str) -> Iterator[str]:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    for section in parser.sections():
        for name in ("index-url", "extra-index-url"):
            yield from parser.get(section, name, fallback="").split()


def _uv(text: str) -> Iterator[str]:
    return _uv_table(tomli.loads(text))


def _pyproject(text: str) -> Iterator[str]:
    return _uv_table(tomli.loads(text).get("tool", {}).get("uv", {}))


def _uv_table(table: dict[str, Any]) -> Iterator[str]:
    tables = [table, table.get("pip", {})]
    for one in tables:
        yield from (str(index["url"]) for index in one.get("index", ()))
        yield from (str(url) for url in (one.get("index-url", ""), *one.get("extra-index-url", ())))


def _maven(text: str) -> Iterator[str]:
    """The addresses of mirrors, and of repositories in profiles; a proxy has none."""
    for element in ElementTree.fromstring(text).iter():  # noqa: S314 - a person's own settings, no file of a change
        name = element.tag.rpartition("}")[2]
        if name in ("mirror", "repository", "pluginRepository"):
            yield from (str(child.text) for child in element if child.tag.rpartition("}")[2] == "url" and child.text)


_WAYS: dict[str, tuple[str, Callable[[str], Iterator[str]]]] = {
    "npmrc": ("npm", _npmrc),
    "yarnrc": ("npm", _yarnrc),
    "pip": ("pypi", _pip),
    "uv": ("pypi", _uv),
    "pyproject": ("pypi", _pyproject),
    "maven": ("maven", _maven),
}
