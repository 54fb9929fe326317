"""A NuGet package in its registration: index, pages and catalogue entries, as one list of versions.

Source: the NuGet V3 API, "Service index" and "Package metadata". Pages lie in the index or apart from it.
"""

from __future__ import annotations

from osgate.facts.registries import answers
from osgate.facts.registries.answers import JSON, listing, mapping
from osgate.model.fact import Unknown
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from osgate.facts.registries.answers import Get

# Pages that are fetched: of 64 versions each, where the largest registry makes them.
MOST_PAGES, MOST_RESOURCES = 100, 1_000
# The kinds of registrations, the one with most versions first.
_KINDS = ("/3.6.0", "/Versioned", "/3.4.0", "/3.0.0-rc", "/3.0.0-beta", "")


@record
class Entry:
    """A version. body: its catalogue entry, as it stands in the registration. digest: of the answer it stands in."""

    version: str
    body: dict[str, Any]
    digest: str


@record
class Registration:
    """services: type -> address of what the service index names. entries: every version that could be read.

    lost: why there may be more; None where there are not. digest: of the index.
    """

    services: dict[str, str]
    entries: tuple[Entry, ...]
    lost: Unknown | None
    digest: str


def _services(get: Get) -> dict[str, str] | Unknown:
    """Type -> address of what the service index names, or why it cannot be read."""
    body = answers.json_in(get("", JSON))
    if isinstance(body, Unknown) and body.reason in ("absent", "html"):
        body = answers.json_in(get("index.json", JSON))
    if isinstance(body, Unknown):
        # A service without an index does not lack a package: it is no service.
        return answers.malformed("no service index") if body == answers.ABSENT else body
    found: dict[str, str] = {}
    for one in listing(mapping(body).get("resources"), MOST_RESOURCES):
        address, kinds = mapping(one).get("@id"), mapping(one).get("@type")
        for kind in listing(kinds, 20) if isinstance(kinds, list) else [kinds]:
            if isinstance(kind, str) and is_web(address):
                found.setdefault(kind, str(address))
    return found


def is_web(address: object) -> bool:
    """Tell whether `address` is an absolute one of the web that can be asked."""
    if not isinstance(address, str) or len(address) > answers.ADDRESS:
        return False
    return address.startswith(("https://", "http://")) and address.isascii() and address.isprintable()


def read(name: str, get: Get) -> Registration | Unknown:
    """Return the registration of package `name` (any case), or why there is none."""
    services = _services(get)
    if isinstance(services, Unknown):
        return services
    base = next(filter(None, (services.get(f"RegistrationsBaseUrl{kind}") for kind in _KINDS)), "")
    path = answers.path(name.lower())
    if not base or not path:
        return answers.malformed("no registrations in the service index" if path else "the name of the component")
    answer = get(f"{base.rstrip('/')}/{path}/index.json", JSON)
    body = answers.json_in(answer)
    if isinstance(body, Unknown):
        return body
    pages = mapping(body).get("items")
    if not isinstance(pages, list):
        return answers.malformed("no registration index")
    return _pages(services, pages, answers.digest_in(answer), get)


def _pages(services: dict[str, str], pages: list[Any], index: str, get: Get) -> Registration:
    entries = list[Entry]()
    lost = Unknown("too-large") if len(pages) > MOST_PAGES else None
    for page in pages[:MOST_PAGES]:
        items, digest = mapping(page).get("items"), index
        if items is None:
            items, digest = _page(mapping(page).get("@id"), get)
        if not isinstance(items, list):
            lost = lost or (items if isinstance(items, Unknown) else answers.malformed("a page without items"))
            continue
        entries += filter(None, (_entry(item, digest) for item in items))
    return Registration(services, tuple(entries), lost, index)


def _page(address: object, get: Get) -> tuple[list[Any] | Unknown, str]:
    if not is_web(address):
        return answers.malformed("a page without an address"), ""
    answer = get(str(address), JSON)
    body = answers.json_in(answer)
    if isinstance(body, Unknown):
        return answers.malformed("a page is missing") if body == answers.ABSENT else body, ""
    return listing(mapping(body).get("items")), answers.digest_in(answer)


def _entry(item: object, digest: str) -> Entry | None:
    body = mapping(mapping(item).get("catalogEntry"))
    version = answers.version_text(body.get("version"))
    return Entry(version, body, digest) if version else None
