"""Cargo: config.toml of the user and the project, credentials.toml, CARGO_REGISTRIES_* variables.

Source: The Cargo Book, "Source Replacement" and "Registries": `replace-with` leads from the default source to another,
which may be replaced in turn; a registry is asked only for what names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from osgate.facts.endpoints.endpoint import Configured, Login, written_out
from osgate.facts.endpoints.reading import Collector, File, Setting, mapping, text, toml
from osgate.policy.toml_document import Document

_DEFAULT = "crates-io"
_INDEX, _TOKEN = "_INDEX", "_TOKEN"
_PREFIX = "CARGO_REGISTRIES_"

_Named = dict[str, Setting]


def read(files: Sequence[File], environment: Mapping[str, str]) -> Configured:
    """Return what Cargo would ask. files: of the way `cargo`, the weakest first."""
    collector = Collector()
    sources: dict[str, dict[str, Setting]] = {}
    registries: _Named = {}
    tokens: dict[str, str] = {}
    for file in files:
        document = toml(file, collector)
        for name, key, setting in _settings(document, "source", ("registry", "replace-with")):
            sources.setdefault(name, {})[key] = setting
        for name, key, setting in _settings(document, "registries", ("index", "token")):
            if key == "index":
                registries[_key(name)] = setting
            else:
                tokens[_key(name)] = setting.value
                _noted(setting, collector)
        token = text(mapping(document.values.get("registry")).get("token"))
        if token:
            tokens[_key(_DEFAULT)] = token
            _noted(Setting(token, f"{file.shown}:{document.line(('registry', 'token'))}"), collector)
    for name, value in sorted(environment.items()):
        if name.startswith(_PREFIX) and name.endswith(_INDEX):
            registries[name[len(_PREFIX) : -len(_INDEX)]] = Setting(value, f"environment {name}")
        elif name.startswith(_PREFIX) and name.endswith(_TOKEN):
            tokens[name[len(_PREFIX) : -len(_TOKEN)]] = value
    _tell(sources, registries, tokens, collector)
    return collector.done()


def _settings(document: Document, section: str, keys: Sequence[str]) -> Iterator[tuple[str, str, Setting]]:
    """Texts of the tables in a section: (name of the table, key, text)."""
    for name, table in mapping(document.values.get(section)).items():
        for key in keys:
            if text(mapping(table).get(key)):
                yield name, key, Setting(text(table[key]), f"{document.path}:{document.line((section, name, key))}")


def _noted(token: Setting, collector: Collector) -> None:
    if written_out(token.value):
        collector.secret(token.origin)


def _key(name: str) -> str:
    """The name of a registry as variables spell it."""
    return name.upper().replace("-", "_").replace(".", "_")


def _tell(
    sources: Mapping[str, Mapping[str, Setting]], registries: _Named, tokens: Mapping[str, str], collector: Collector
) -> None:
    for named in (*registries.values(), *(source["registry"] for source in sources.values() if "registry" in source)):
        collector.noted(_bare(named))
    name, main = _replaced(sources, registries, collector)
    if main is not None:
        collector.endpoint("cargo", _bare(main), login=_login(tokens.get(_key(name), "")))
    for key, setting in registries.items():
        if setting != main:
            collector.endpoint("cargo", _bare(setting), "", login=_login(tokens.get(key, "")))


def _replaced(
    sources: Mapping[str, Mapping[str, Setting]], registries: _Named, collector: Collector
) -> tuple[str, Setting | None]:
    """The source that stands in the end for the default one, and its name. Going round in a circle leads nowhere."""
    name, seen = _DEFAULT, {_DEFAULT}
    while "replace-with" in sources.get(name, {}):
        step = sources[name]["replace-with"]
        name = step.value
        if name in seen:
            collector.unread(step.origin, "cycle")
            return name, None
        seen.add(name)
    return name, sources.get(name, {}).get("registry") or registries.get(_key(name))


def _bare(setting: Setting) -> Setting:
    return Setting(setting.value.removeprefix("sparse+"), setting.origin)


def _login(token: str) -> Login | None:
    return Login("", token) if token else None
