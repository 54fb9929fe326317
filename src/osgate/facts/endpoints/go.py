"""Go: GOPROXY and what goes past it, from `go env`, the user's env file, and variables.

Source: Go's "Modules Reference": proxies are asked one after the other, after a comma where the one before answers 404
or 410, after a bar on any error; `direct` fetches from the version control system that the path names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from osgate import patterns
from osgate.facts.endpoints.endpoint import Configured, pattern
from osgate.facts.endpoints.reading import Collector, File, Setting, json_of, mapping, pairs, text, text_of

_NAMES = ("GOPROXY", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GONOSUMCHECK", "GOSUMDB", "GOINSECURE", "GOFLAGS")
# Patterns that mean every module: the first part of a path is a host.
_EVERYTHING = ("*", "*.*", "*/*", "*.*/*")
# What may be shown of a value: patterns of module paths.
_PLAIN = r"[A-Za-z0-9.*?\[\]/,_~-]{1,200}"


def read(files: Sequence[File], environment: Mapping[str, str]) -> Configured:
    """Return what Go would ask. files: of the ways `go-answer` (`go env -json`) and `goenv`, the weakest first."""
    collector = Collector()
    settings: dict[str, Setting] = {}
    for file in files:
        if file.way == "go-answer":
            told = {key: text(value) for key, value in mapping(json_of(file, collector)).items()}
            settings.update({key: Setting(value, file.shown) for key, value in told.items() if key in _NAMES and value})
            continue
        for key, value, line in pairs(text_of(file, collector)):
            if key in _NAMES:
                settings[key] = Setting(value, f"{file.shown}:{line}")
    settings.update({n: Setting(environment[n], f"environment {n}") for n in _NAMES if environment.get(n)})
    _proxies(settings, collector)
    _unverified(settings, collector)
    for name in ("GOPRIVATE", "GONOPROXY"):
        for one in _listed(settings, name):
            collector.own(pattern("golang", one.rstrip("/*") + "/*"))
    return collector.done()


def _listed(settings: Mapping[str, Setting], name: str) -> list[str]:
    value = settings[name].value if name in settings else ""
    return [word.strip() for word in value.split(",") if word.strip() and word.strip() != "none"]


def _proxies(settings: Mapping[str, Setting], collector: Collector) -> None:
    setting = settings.get("GOPROXY")
    if setting is None:
        return
    for word in map(str.strip, patterns.split(r"[,|]", setting.value)):
        collector.noted(Setting(word, setting.origin))
        if word == "off":
            return
        if word == "direct":
            collector.risk("direct", setting.origin)
            return
        if word:
            collector.endpoint("golang", Setting(word, setting.origin))


def _unverified(settings: Mapping[str, Setting], collector: Collector) -> None:
    """What lets modules in without the sum database, or without TLS, for all of them."""
    for name in ("GOINSECURE", "GONOSUMDB", "GONOSUMCHECK", "GOPRIVATE"):
        wide = [one for one in _listed(settings, name) if one in _EVERYTHING or (name == "GONOSUMCHECK" and one == "1")]
        if wide:
            collector.risk("no-verify", settings[name].origin, what=f"{name}={_shown(settings[name].value)}")
    if "GOSUMDB" in settings and settings["GOSUMDB"].value == "off":
        collector.risk("no-verify", settings["GOSUMDB"].origin, what="GOSUMDB=off")
    if "GOFLAGS" in settings and "-insecure" in settings["GOFLAGS"].value.split():
        collector.risk("no-verify", settings["GOFLAGS"].origin, what="GOFLAGS=-insecure")


def _shown(value: str) -> str:
    return value if patterns.fullmatch(_PLAIN, value) else "..."
