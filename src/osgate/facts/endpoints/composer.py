"""Composer: `repositories` of composer.json and config.json, auth.json, COMPOSER_AUTH.

Source: Composer's "Repositories" and "Authentication": a repository that is named comes before the default one and,
unless it is not canonical, hides what that has of the same name; `only` gives it names of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from osgate.facts.endpoints.endpoint import Configured, Login, pattern, written_out
from osgate.facts.endpoints.reading import Collector, File, Setting, json_of, line_of, mapping, text, texts

_LOOSE = {"secure-http": False, "disable-tls": True}


def read(files: Sequence[File], environment: Mapping[str, str]) -> Configured:
    """Return what Composer would ask. files: of the ways `composer` and `composer-auth`, the weakest first."""
    collector = Collector()
    logins: dict[str, Login] = {}
    variable = File("composer-auth", "environment COMPOSER_AUTH", environment.get("COMPOSER_AUTH", "").encode())
    for file in (*files, variable):
        document = mapping(json_of(file, collector))
        config = mapping(document.get("config"))
        for host, login in (*_logins(document), *_logins(config)):
            logins[host] = login
            if file is not variable and written_out(login.reveal()[1]):
                collector.secret(line_of(file, login.reveal()[1]))
        for key, loose in _LOOSE.items():
            if config.get(key) is loose:
                collector.risk("no-verify", line_of(file, key), what=f"{key}={str(loose).lower()}")
        for repository in _repositories(document.get("repositories")):
            setting = Setting(text(repository.get("url")), line_of(file, text(repository.get("url"))))
            collector.noted(setting)
            names: list[str | None] = [pattern("composer", one) for one in texts(repository.get("only"))]
            for applies in names or [None]:
                collector.endpoint("composer", setting, applies, extra=repository.get("canonical") is False)
    return collector.done(logins)


def _repositories(listed: object) -> Iterator[Mapping[str, Any]]:
    """Those that are registries, not a single package's repository, path or archive."""
    entries = listed.values() if isinstance(listed, dict) else listed if isinstance(listed, list) else ()
    for entry in entries:
        if mapping(entry).get("type") == "composer":
            yield mapping(entry)


def _logins(document: Mapping[str, Any]) -> Iterator[tuple[str, Login]]:
    for host, told in mapping(document.get("http-basic")).items():
        if text(mapping(told).get("password")):
            yield host, Login(text(told.get("username")), text(told["password"]))
    for host, told in mapping(document.get("bearer")).items():
        if text(told):
            yield host, Login("", text(told))
