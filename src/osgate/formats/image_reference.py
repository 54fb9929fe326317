"""References to container images, and the one component each of them means.

`nginx`, `library/nginx` and the two addresses of the default registry before either are one image, so they get one
key, `pkg:docker/nginx`. An image of any other registry carries that registry's host as `repository_url`, which is part
of the key. A digest is the version where there is one, and the tag before it only says what somebody meant.
Source: the reference grammar and normalisation of the distribution project (github.com/distribution/reference).
"""

from __future__ import annotations

from osgate.formats.guards import check_name
from osgate.model.dependency import Dependency, Source, Unreadable
from osgate.model.record import record
from osgate.purl import Purl, versioned

# Sets of characters and no regular expressions: a commit that touches a Dockerfile then need not load any.
_DIGITS = frozenset("0123456789")
_HEX = _DIGITS | frozenset("abcdefABCDEF")
_SMALL = _DIGITS | frozenset("abcdefghijklmnopqrstuvwxyz")
_STEP = _SMALL | frozenset("._-")
_TAG = _STEP | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_ALGORITHM = _SMALL | frozenset("+._-")
# Longer than any name the grammar allows with the longest tag and digest.
_LONGEST = 1024
_LONGEST_TAG = 128
# Hexadecimal digits of the registered algorithms, and of any other at least; a shorter value pins nothing.
_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
_SHORTEST = 32
# The registry an image without a host comes from, under its name and its older one. Not an address to fetch from:
# nothing here connects to it. Put together, since no public registry's address stands in this tree.
DEFAULT_REGISTRY = ".".join(("docker", "io"))
_DEFAULT = frozenset({DEFAULT_REGISTRY, f"index.{DEFAULT_REGISTRY}"})


@record
class Image:
    """One image. host: of its registry, None for the default one. tag, digest: empty where absent."""

    component: str
    host: str | None
    tag: str
    digest: str


def parse(text: str) -> Image | None:
    """Return the image that the reference `text` means, None where `text` is none."""
    name, pinned, digest = text.partition("@")
    host, path = _split(name)
    path, tagged, tag = path.partition(":")
    if len(text) > _LONGEST or (host and not _is_host(host)) or not all(map(_is_step, path.split("/"))):
        return None
    if (tagged and not _is_tag(tag)) or (pinned and not _is_digest(digest)):
        return None
    host = "" if host.lower() in _DEFAULT else host.lower()
    namespace, _, name = path.rpartition("/")
    if not host and namespace == "library":
        namespace = ""
    key = Purl("docker", namespace, name, qualifiers=(("repository_url", host),) if host else ()).component
    return Image(key, host or None, tag, digest)


def _split(name: str) -> tuple[str, str]:
    """Cut off the host: a first part that holds a dot, a port or a capital letter, or is `localhost`."""
    first, slash, rest = name.partition("/")
    is_host = slash and ("." in first or ":" in first or first == "localhost" or first != first.lower())
    return (first, rest) if is_host else ("", name)


def _is_host(host: str) -> bool:
    if host.startswith("["):  # an address of IPv6
        name, _, behind = host[1:].partition("]")
        colon, port = behind[:1], behind[1:]
        valid = ":" in name and (_HEX | {":"}).issuperset(name) and colon in ("", ":")
    else:
        name, colon, port = host.partition(":")
        valid = "_" not in name and host.isascii() and all(map(_is_step, name.lower().split(".")))
    return valid and _DIGITS.issuperset(port) and bool(port) == bool(colon)


def _is_step(text: str) -> bool:
    """True for one part of a path: small letters and digits, with separators between them."""
    return bool(text) and _STEP.issuperset(text) and text[0] in _SMALL and text[-1] in _SMALL


def _is_tag(tag: str) -> bool:
    return 0 < len(tag) <= _LONGEST_TAG and _TAG.issuperset(tag) and tag[0] not in ".-"


def _is_digest(digest: str) -> bool:
    algorithm, _, value = digest.partition(":")
    long_enough = len(value) == _LENGTHS.get(algorithm, max(len(value), _SHORTEST))
    return long_enough and _HEX.issuperset(value) and bool(algorithm) and _ALGORITHM.issuperset(algorithm)


def dependency(text: str, path: str, line: int, requirement: str | None = None) -> Dependency:
    """Return the image that `text` means as a dependency of the file `path`, named in `line`.

    requirement: what is written where that is not `text`; without it, the tag that stands before a digest.
    Raises Unreadable: `hostile-name`, and `malformed` for what is no reference to an image.
    """
    check_name(text, line)
    check_name(requirement or "", line)
    image = parse(text)
    if image is None:
        raise Unreadable("malformed", line)
    version = image.digest or image.tag
    return Dependency(
        component=image.component,
        version=version,
        purl=versioned(image.component, version),
        path=path,
        line=line,
        scope="image",
        direct=True,
        source=Source("registry", image.host),
        digests=(image.digest.lower(),) if image.digest else (),
        requirement=requirement or ((image.tag or None) if image.digest else None),
        mutable=not image.digest,
    )
