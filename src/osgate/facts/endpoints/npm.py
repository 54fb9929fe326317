"""npm, pnpm and Yarn 1: .npmrc and .yarnrc, `npm_config_*` variables.

Source: npm's "npmrc" and "config": a variable beats the project, that beats the user, that beats the global file;
`@scope:registry` is asked for the names of that scope alone; `//host/path/:_authToken` is for addresses below it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence

from osgate import patterns
from osgate.facts.endpoints.endpoint import Configured, Login, pattern, written_out
from osgate.facts.endpoints.reading import (
    Collector,
    File,
    Setting,
    expanded,
    json_of,
    mapping,
    pairs,
    text,
    text_of,
    unquoted,
)

_SCOPE = r"@[A-Za-z0-9~-][A-Za-z0-9._~-]*"
_SECRETS = (":_authToken", ":_auth", ":_password", "_authToken", "_auth", "_password")
_FALSE = ("false", "0", "no", "off")


def read(files: Sequence[File], environment: Mapping[str, str]) -> Configured:
    """Return what npm would ask. files: of the ways `npmrc`, `yarnrc-1` and `npm-answer`, the weakest first."""
    collector = Collector()
    settings: dict[str, Setting] = {}
    for file in files:
        for key, setting in _WAYS[file.way](file, collector):
            if key.endswith(_SECRETS) and written_out(setting.value):
                collector.secret(setting.origin)
            collector.noted(setting)
            settings[key] = Setting(expanded(setting.value, environment), setting.origin)
    settings.update(_variables(environment))
    for key, setting in settings.items():
        scope = key.removesuffix(":registry")
        if key == "registry":
            collector.endpoint("npm", setting)
        elif scope != key and patterns.fullmatch(_SCOPE, scope):
            collector.endpoint("npm", setting, pattern("npm", f"{scope}/*"))
    strict = settings.get("strict-ssl")
    if strict and strict.value.lower() in _FALSE:
        collector.risk("no-verify", strict.origin, what="strict-ssl=false")
    return collector.done(dict(_logins(settings)))


def _npmrc(file: File, collector: Collector) -> Iterator[tuple[str, Setting]]:
    for key, value, line in pairs(text_of(file, collector)):
        yield key.removesuffix("[]"), Setting(value, f"{file.shown}:{line}")


def _yarnrc(file: File, collector: Collector) -> Iterator[tuple[str, Setting]]:
    """Yarn 1: `key "value"`."""
    for number, line in enumerate(text_of(file, collector).split("\n"), 1):
        key, blank, value = line.strip().partition(" ")
        if blank and not key.startswith("#"):
            yield key.strip('"'), Setting(unquoted(value.strip()), f"{file.shown}:{number}")


def _answer(file: File, collector: Collector) -> Iterator[tuple[str, Setting]]:
    """`npm config ls --json`; npm leaves its tokens out."""
    for key, value in mapping(json_of(file, collector)).items():
        if key == "strict-ssl" and value is False:
            yield key, Setting("false", file.shown)
        elif key.endswith("registry") and text(value):
            yield key, Setting(text(value), file.shown)


def _variables(environment: Mapping[str, str]) -> Iterator[tuple[str, Setting]]:
    for name, value in sorted(environment.items()):
        if name[:11].lower() == "npm_config_" and value:
            key = name[11:]
            plain = key if key.startswith(("/", "@")) else key.lower().replace("_", "-")
            yield plain, Setting(value, f"environment {name if len(name) < 80 else name[:80]}")


def _logins(settings: Mapping[str, Setting]) -> Iterator[tuple[str, Login]]:
    """Who logs in below which address; without an address it is the main registry, as npm 6 had it."""
    registry = settings.get("registry")
    main = registry.value.partition("://")[2] if registry else ""
    for key, setting in settings.items():
        prefix, _, kind = key.removeprefix("//").rpartition(":")
        made = _login(kind, setting.value, settings.get(f"{key.rpartition(':')[0]}:username"))
        place = prefix if key.startswith("//") else main
        if made is not None and place and "${" not in setting.value:
            yield place, made


def _login(kind: str, value: str, user: Setting | None) -> Login | None:
    if kind == "_authToken":
        return Login("", value)
    if kind == "_auth":
        name, _, secret = _decoded(value).partition(":")
        return Login(name, secret) if secret else None
    return Login(user.value, _decoded(value)) if kind == "_password" and user else None


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=False).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


_WAYS = {"npmrc": _npmrc, "yarnrc-1": _yarnrc, "npm-answer": _answer}
