"""Yarn 2 and later: .yarnrc.yml, YARN_* variables.

Source: Yarn's "Configuration": `npmRegistryServer`, `npmScopes.NAME.npmRegistryServer`, `npmRegistries`; a variable
beats the project, that beats the user.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from osgate import patterns
from osgate.facts.endpoints.endpoint import Configured, Login, pattern, written_out
from osgate.facts.endpoints.reading import Collector, File, Setting, expanded, outline, text_of

_SERVER = "npmRegistryServer"
_SECRETS = ("npmAuthToken", "npmAuthIdent")
_SCOPE = r"[A-Za-z0-9~-][A-Za-z0-9._~-]*"
_Path = tuple[str, ...]


def read(files: Sequence[File], environment: Mapping[str, str]) -> Configured:
    """Return what Yarn would ask. files: of the way `yarnrc`, the weakest first."""
    collector = Collector()
    settings: dict[_Path, Setting] = {}
    for file in files:
        for path, value, line in outline(text_of(file, collector)):
            setting = Setting(value, f"{file.shown}:{line}")
            collector.noted(setting)
            if path[-1:] and path[-1] in _SECRETS and written_out(value):
                collector.secret(setting.origin)
            settings[path] = Setting(expanded(value, environment), setting.origin)
            if path == ("unsafeHttpWhitelist",) and value:
                host = value if patterns.fullmatch(r"[A-Za-z0-9.*_-]+", value) else "-"
                collector.risk("no-verify", setting.origin, what=f"unsafeHttpWhitelist {host}")
    if "YARN_NPM_REGISTRY_SERVER" in environment:
        setting = Setting(environment["YARN_NPM_REGISTRY_SERVER"], "environment YARN_NPM_REGISTRY_SERVER")
        settings[(_SERVER,)] = setting
    for path, setting in settings.items():
        scope = path[1] if len(path) == 3 and path[0] == "npmScopes" else ""
        if path == (_SERVER,):
            collector.endpoint("npm", setting)
        elif path[-1:] == (_SERVER,) and patterns.fullmatch(_SCOPE, scope):
            collector.endpoint("npm", setting, pattern("npm", f"@{scope}/*"))
    strict = settings.get(("enableStrictSsl",))
    if strict and strict.value == "false":
        collector.risk("no-verify", strict.origin, what="enableStrictSsl: false")
    return collector.done(dict(_logins(settings, environment)))


def _logins(settings: Mapping[_Path, Setting], environment: Mapping[str, str]) -> Iterator[tuple[str, Login]]:
    """Who logs in below which address: at the main server, at that of a scope, at one that is named."""
    token = environment.get("YARN_NPM_AUTH_TOKEN", "")
    main = settings.get((_SERVER,))
    if token and main:
        yield main.value.partition("://")[2], Login("", token)
    for path, setting in settings.items():
        if not path or path[-1] not in _SECRETS or "${" in setting.value:
            continue
        user, colon, secret = setting.value.partition(":")
        made = Login(user, secret) if colon and path[-1] == "npmAuthIdent" else Login("", setting.value)
        server = settings.get((*path[:-1], _SERVER))
        if path[0] == "npmRegistries" and len(path) == 3:
            yield path[1].partition("//")[2], made
        elif server is not None:
            yield server.value.partition("://")[2], made
