"""An address that packages come from, who may log in there, and what a configuration tells beside addresses."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit, urlunsplit

from osgate import patterns
from osgate.model.gap import Gap
from osgate.model.record import record
from osgate.purl import quote

# Characters of an address; a longer one is none.
LONGEST = 2_000
_SCHEMES = ("http", "https")
# What stands for a value that is found elsewhere when the file is used.
_ELSEWHERE = r"\$\{|^\$\w+$|^%\w+%$|^\{.*\}$"


class Login:
    """How to log in at an endpoint. Only `reveal` tells; no text, comparison or copy of it shows anything."""

    __slots__ = ("_secret", "_user")

    def __init__(self, user: str, secret: str) -> None:
        self._user, self._secret = user, secret

    def reveal(self) -> tuple[str, str]:
        """Return user and password; of a token alone the user is empty."""
        return self._user, self._secret

    def __repr__(self) -> str:
        return "Login(hidden)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Login) and other.reveal() == self.reveal()

    def __hash__(self) -> int:
        return hash(self.reveal())

    def __reduce__(self) -> str:
        raise TypeError("a login is not written down")


@record
class Endpoint:
    """A registry, index or proxy that is in use.

    type: purl type. address: http or https, without credentials, query and fragment. applies: the purls that are asked
    for here, with `*` for any text; empty where only what names it is. origin: where it is written, for people:
    `~/.npmrc:3`, `environment PIP_INDEX_URL`, or the client that said so. extra: asked for any name beside the main
    one, and so whoever has the higher version wins.
    """

    type: str
    address: str
    applies: str
    origin: str
    extra: bool = False
    login: Login | None = None


@record
class Risk:
    """Something dangerous in a configuration. code: key below `mirror.risk.`; params: what its words name."""

    code: str
    params: tuple[tuple[str, str], ...]
    origin: str


@record
class Configured:
    """What configurations say.

    risks: those that a file states by itself. own: purl patterns of names that have a way of their own without an
    endpoint (GOPRIVATE). secrets: origins of secrets that are written out. unread: what could not be understood; the
    subject is the origin, the reason a key below `mirror.unread.`.
    """

    endpoints: tuple[Endpoint, ...] = ()
    risks: tuple[Risk, ...] = ()
    own: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    unread: tuple[Gap, ...] = ()


def joined(parts: Iterable[Configured]) -> Configured:
    """Return what several readers found, in their order, nothing twice."""
    found = list(parts)
    return Configured(
        tuple(dict.fromkeys([e for one in found for e in one.endpoints])),
        tuple(dict.fromkeys([r for one in found for r in one.risks])),
        tuple(dict.fromkeys([o for one in found for o in one.own])),
        tuple(dict.fromkeys([s for one in found for s in one.secrets])),
        tuple(dict.fromkeys([u for one in found for u in one.unread])),
    )


def whole(type: str) -> str:
    """Return the pattern of every package of a type."""
    return f"pkg:{type}/*"


def pattern(type: str, written: str) -> str:
    """Return the purl pattern of package names as a configuration writes them, with `/` between namespace and name and
    `*` for any text: `Bank.*` of NuGet is `pkg:nuget/Bank.*`."""
    name = written.lower() if type in ("composer", "pypi") else written
    return f"pkg:{type}/" + "/".join([quote(part).replace("%2A", "*") for part in name.split("/") if part])


def cleaned(written: str) -> tuple[str, Login | None] | None:
    """Return an address without credentials, query and fragment, and the login it held; None for what is no address.

    A query is left behind because tokens stand there; an address with an `@` behind its authority is refused, for that
    is what a password with a slash or a mark in it looks like (RFC 3986, section 3.2).
    """
    if len(written) > LONGEST or not written.isprintable() or "\\" in written or " " in written:
        return None
    try:
        parts = urlsplit(written)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES or not host or "@" in parts.path + parts.query + parts.fragment:
        return None
    name = f"[{host}]" if ":" in host else host
    address = urlunsplit((parts.scheme, f"{name}:{port}" if port else name, parts.path or "/", "", ""))
    user, secret = unquote(parts.username or ""), unquote(parts.password or "")
    if not user and not secret:
        return address, None
    return address, Login(user, secret) if secret else Login("", user)


def written_out(secret: str) -> bool:
    """True for a secret that stands there itself, not as the name of a variable or encrypted in braces (Maven)."""
    return bool(secret) and not patterns.search(_ELSEWHERE, secret)


def host_of(address: str) -> str:
    """Return host and port of a cleaned address."""
    return urlsplit(address).netloc


def below(address: str, prefix: str) -> bool:
    """True if a cleaned address lies at or below `prefix`, both without their scheme."""
    place = address.partition("://")[2].rstrip("/") + "/"
    return place.startswith(prefix.rstrip("/") + "/")
