"""Maven: settings.xml (mirrors, repositories of profiles, servers) and the repositories of a pom.xml.

Source: Maven's "Settings Reference" and "Using Mirrors for Repositories": a mirror of exactly this id comes before one
whose pattern fits (`*`, `external:*`, `external:http:*`, `!id`), and of those the first. The central repository has no
address here, so it is told where a mirror stands for it, or where a configuration gives it one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from osgate.facts.endpoints.endpoint import Configured, Login, written_out
from osgate.facts.endpoints.reading import Collector, File, Node, Setting, expanded, xml
from osgate.model.record import record

CENTRAL = "central"
_LOCAL = ("localhost", "127.0.0.1", "::1")
_KINDS = (("repositories", "repository"), ("pluginrepositories", "pluginrepository"))


@record
class Place:
    """A repository or mirror. of: what a mirror stands for, its words between commas; empty for a repository."""

    id: str
    setting: Setting
    of: tuple[str, ...] = ()


def read(files: Sequence[File], environment: Mapping[str, str]) -> Configured:
    """Return what Maven would ask. files: of the ways `maven` (settings, the weakest first) and `pom`."""
    collector = Collector()
    mirrors: list[Place] = []
    places: list[Place] = []
    logins: dict[str, Login] = {}
    for file in files:
        top = xml(file, collector)
        for node in top.all("settings", "servers", "server"):
            logins.update(_server(node, file, environment, collector))
        # A setting of the user comes before those of the machine.
        mirrors = [*_mirrors(top, file, environment), *mirrors]
        places += _repositories(top, file, environment)
    for place in (*mirrors, *places):
        collector.noted(place.setting)
    _tell(mirrors, places, logins, collector)
    return collector.done()


def _tell(mirrors: Sequence[Place], places: list[Place], logins: Mapping[str, Login], collector: Collector) -> None:
    everywhere = mirror_of(Place(CENTRAL, Setting("https://central.invalid/", "")), mirrors)
    given = [place for place in places if place.id == CENTRAL]
    main = everywhere or next(iter(given), None)
    told = set()
    for place in [main] if main else []:
        told.add(place.setting.value)
        collector.endpoint("maven", place.setting, login=logins.get(place.id))
    for place in places:
        asked = mirror_of(place, mirrors) or place
        if asked.setting.value not in told:
            told.add(asked.setting.value)
            collector.endpoint("maven", asked.setting, extra=True, login=logins.get(asked.id))
    for mirror in mirrors:
        if mirror.setting.value not in told:
            collector.endpoint("maven", mirror.setting, "", login=logins.get(mirror.id))


def mirror_of(place: Place, mirrors: Iterable[Place]) -> Place | None:
    """Return the mirror that is asked instead of a repository, None where it is asked itself."""
    listed = list(mirrors)
    exact = [mirror for mirror in listed if mirror.of == (place.id,)]
    return next(iter(exact or [mirror for mirror in listed if _fits(place, mirror.of)]), None)


def _fits(place: Place, words: tuple[str, ...]) -> bool:
    if f"!{place.id}" in words:
        return False
    return any(word == place.id or _wild(word, place.setting.value) for word in words)


def _wild(word: str, address: str) -> bool:
    try:
        parts = urlsplit(address)
        external = parts.scheme != "file" and parts.hostname not in _LOCAL
    except ValueError:
        return word == "*"
    plain = external and parts.scheme == "http"
    return word == "*" or (word == "external:*" and external) or (word == "external:http:*" and plain)


def _setting(node: Node, file: File, environment: Mapping[str, str]) -> Setting:
    written = node.of("url").replace("${env.", "${")
    return Setting(expanded(written, environment), f"{file.shown}:{node.line}")


def _mirrors(top: Node, file: File, environment: Mapping[str, str]) -> Iterator[Place]:
    for node in top.all("settings", "mirrors", "mirror"):
        if node.of("blocked") != "true":
            words = tuple(word.strip() for word in node.of("mirrorof").split(",") if word.strip())
            yield Place(node.of("id"), _setting(node, file, environment), words)


def _repositories(top: Node, file: File, environment: Mapping[str, str]) -> Iterator[Place]:
    for root in ("settings", "project"):
        for path in ((root,), (root, "profiles", "profile")):
            for kind in _KINDS:
                for node in top.all(*path, *kind):
                    yield Place(node.of("id"), _setting(node, file, environment))


def _server(
    node: Node, file: File, environment: Mapping[str, str], collector: Collector
) -> Iterator[tuple[str, Login]]:
    """A password in braces is encrypted (Maven's "Password Encryption"), so it is of no use here, and no secret."""
    written = node.of("password").replace("${env.", "${")
    secret = expanded(written, environment)
    if written_out(written):
        collector.secret(f"{file.shown}:{node.line}")
    if secret and "{" not in secret:
        yield node.of("id"), Login(node.of("username"), secret)
