"""RubyGems' artefacts: a plain tar of the specification in YAML and the files in a tar of their own."""

from __future__ import annotations

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)

from osgate.facts.artefacts.archives import Damaged, unpack
from osgate.facts.artefacts.described import Described, identity, yes
from osgate.facts.artefacts.rights import is_licence, is_notice
from osgate.facts.registries.answers import listing, mapping
from osgate.facts.registries.gem import licences

METADATA, DATA = "metadata.gz", "data.tar.gz"
# Bytes of a specification (it lists every file), nodes in it, and levels.
_MOST_BYTES, _MOST_NODES, _MOST_LEVELS = 1 << 20, 200_000, 32
# The reader in C where PyYAML has it; both are loops and make no objects of what a tag names.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def wanted(path: str) -> bool:
    """Whether a member of the inner tar is read: what lies at its top."""
    return "/" not in path and (is_licence(path) or is_notice(path))


def gem(packed: bytes) -> Described:
    """Return what a gem says of itself; packed: its metadata.gz. Extensions are compiled when it is installed.

    Raises Damaged.
    """
    body = mapping(tree(unpack(packed, _MOST_BYTES)))
    version = mapping(body.get("version")).get("version")
    extra = mapping(body.get("metadata"))
    return Described(
        identity("gem", body.get("name"), version),
        *licences(body.get("licenses")),
        yes(listing(body.get("extensions"))),
        repository=extra.get("source_code_uri") or body.get("homepage"),
    )


def tree(data: bytes) -> object:
    """Return YAML as mappings, lists and texts; what a tag or an alias stands for is left out. Raises Damaged."""
    try:
        return _built(data)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise Damaged("malformed", "YAML") from None


def _built(data: bytes) -> object:
    top: list[object] = []
    opened: list[tuple[dict[str, object] | None, list[object]]] = [(None, top)]
    for count, event in enumerate(yaml.parse(data.decode("utf-8", "replace"), Loader=_Loader)):
        if count > _MOST_NODES or len(opened) > _MOST_LEVELS:
            raise Damaged("malformed", "YAML")
        if isinstance(event, CollectionStartEvent):
            opened.append(({} if isinstance(event, MappingStartEvent) else None, []))
        elif isinstance(event, CollectionEndEvent):
            pairs, items = opened.pop()
            _add(opened[-1], items if pairs is None else pairs)
        elif isinstance(event, NodeEvent):
            _add(opened[-1], _scalar(event))
    return top[0] if top else None


def _scalar(event: NodeEvent) -> str | None:
    if isinstance(event, AliasEvent) or not isinstance(event, ScalarEvent):
        return None
    return None if event.implicit[0] and event.value in ("", "~", "null") else str(event.value)


def _add(opened: tuple[dict[str, object] | None, list[object]], node: object) -> None:
    """A node of the collection that is open; keys and values of a mapping take turns."""
    pairs, items = opened
    if pairs is None or not items:
        items.append(node)
    else:
        key = items.pop()
        if isinstance(key, str):
            pairs.setdefault(key, node)
