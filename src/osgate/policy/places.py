"""Whether an address lies at or below another one, as a policy names the places that packages come from. Pure."""

from __future__ import annotations


def holds(address: str, url: str) -> bool:
    """True if `url` lies at or below `address`: same scheme and host in any case of letters, path by whole steps.

    What git puts before an address, who logs in, the port everybody means, a query and a fragment do not matter; git's
    `user@host:path` is an address of ssh. A path that a client or server may take for one with `..` lies nowhere.
    """
    wanted, found = _parts(address), _parts(url)
    below = found[1].startswith(wanted[1].rstrip("/") + "/") or found[1].rstrip("/") == wanted[1].rstrip("/")
    return wanted[0] == found[0] and below and not _climbs(url)


def _climbs(url: str) -> bool:
    """True for a backslash, which some clients take for a slash, and for a step upwards, also one that is escaped."""
    plain = url.lower().replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\")
    return "\\" in plain or ".." in plain.partition("#")[0].partition("?")[0].split("/")


def _parts(url: str) -> tuple[str, str]:
    """The origin, lower case, without what git puts before it, who logs in, or the port everybody means; the path."""
    scheme, mark, rest = url.partition("#")[0].partition("?")[0].removeprefix("git+").partition("://")
    if not mark and ":" in scheme.partition("/")[0]:
        host, _, path = scheme.partition(":")
        scheme, rest = "ssh", f"{host}/{path.lstrip('/')}"
    host, slash, path = rest.partition("/")
    port = {"https": ":443", "http": ":80", "ssh": ":22"}.get(scheme.lower(), ":")
    return f"{scheme}://{host.rpartition('@')[2]}".lower().removesuffix(port), slash + path
