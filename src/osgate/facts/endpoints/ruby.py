"""Bundler and RubyGems: `source` lines of a Gemfile, .bundle/config, .gemrc, BUNDLE_* variables.

Source: Bundler's "bundle config" and "Gemfile": a mirror stands for one source or for all; a source with a block is
asked only for the gems in it; of several without one, any may answer for any name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from osgate import patterns
from osgate.facts.endpoints.endpoint import Configured, Login, written_out
from osgate.facts.endpoints.reading import Collector, File, Setting, outline, text_of, unquoted

_MIRROR = "BUNDLE_MIRROR__"
# Settings with a name in theirs that are no host with a password.
_NO_HOSTS = (_MIRROR, "BUNDLE_BUILD__", "BUNDLE_LOCAL__")
_SOURCE = r"""\s*source[\s(]+(["'])([^"']+)\1(.*)"""


def read(files: Sequence[File], environment: Mapping[str, str]) -> Configured:
    """Return what Bundler would ask. files: of the ways `gemrc`, `bundle` and `gemfile`, the weakest first."""
    collector = Collector()
    settings: dict[str, Setting] = {}
    sources: list[tuple[Setting, bool]] = []
    for file in files:
        if file.way == "gemfile":
            sources += _gemfile(file, collector)
            continue
        for path, value, line in outline(text_of(file, collector)):
            setting = Setting(value, f"{file.shown}:{line}")
            if path[-1:] == (":sources",) and value:
                sources.append((setting, False))
            elif len(path) == 1:
                settings[path[0]] = setting
                if _credential(path[0], value) and written_out(value):
                    collector.secret(setting.origin)
    settings.update(
        {name: Setting(value, f"environment {name}") for name, value in environment.items() if name[:7] == "BUNDLE_"}
    )
    for name, setting in settings.items():
        collector.noted(setting)
        if name.startswith(_MIRROR) and not name.endswith("__FALLBACK_TIMEOUT/"):
            collector.endpoint("gem", setting)
        if name in ("BUNDLE_SSL_VERIFY_MODE", ":ssl_verify_mode") and setting.value == "0":
            collector.risk("no-verify", setting.origin, what="ssl_verify_mode 0")
    _tell(sources, any(name.startswith(f"{_MIRROR}ALL") for name in settings), collector)
    return collector.done(dict(_logins(settings)))


def _tell(sources: Sequence[tuple[Setting, bool]], mirrored: bool, collector: Collector) -> None:
    """Sources of a Gemfile; a mirror of all of them takes their place."""
    main = False
    for setting, block in sources:
        collector.noted(setting)
        if not mirrored:
            collector.endpoint("gem", setting, "" if block else None, extra=main and not block)
            main = main or not block


def _gemfile(file: File, collector: Collector) -> Iterator[tuple[Setting, bool]]:
    for number, line in enumerate(text_of(file, collector).split("\n"), 1):
        found = patterns.match(_SOURCE, line) if "source" in line else None
        if found and "#{" not in found[2]:
            yield Setting(found[2], f"{file.shown}:{number}"), patterns.search(r"\bdo\b|\{", found[3]) is not None


def _credential(name: str, value: str) -> bool:
    """Bundler keeps `user:password` or a token under the name of a host: `BUNDLE_PACKAGES__EXAMPLE__COM`."""
    return bool(value) and "__" in name and name.startswith("BUNDLE_") and not name.startswith(_NO_HOSTS)


def _logins(settings: Mapping[str, Setting]) -> Iterator[tuple[str, Login]]:
    for name, setting in settings.items():
        if _credential(name, setting.value):
            host = name.removeprefix("BUNDLE_").replace("___", "-").replace("__", ".").lower()
            user, colon, secret = unquoted(setting.value).partition(":")
            yield host, Login(user, secret) if colon else Login("", user)
