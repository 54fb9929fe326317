"""From the bytes of a lock to its documents: the scanner first, the YAML loader for whatever pnpm does not write."""

from __future__ import annotations

from osgate.formats.guards import decode
from osgate.formats.pnpm_lock.document import Document
from osgate.formats.pnpm_lock.scan import Scanner
from osgate.model.dependency import Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def documents(data: bytes) -> tuple[Document, ...]:
    """Return the documents of the lock `data`: the one on the projects last, the one on pnpm itself before it, if any.

    Raises Unreadable: what `guards.decode` and `yaml_text.load_all` refuse, `empty`, `unknown-version`, `malformed`,
    and `several-documents` (ambiguous).
    """
    text = decode(data, required=True).text
    return ordered(Scanner().scan(text) or parsed(text))


def ordered(found: tuple[Document, ...]) -> tuple[Document, ...]:
    """Return documents that stand together as pnpm writes them. Raises Unreadable: `empty`, `several-documents`."""
    if not found:
        raise Unreadable("empty")
    if len(found) > 2 or (len(found) == 2 and (found[1].is_environment or not found[0].is_environment)):
        raise Unreadable("several-documents", found[1].line("lockfileVersion"), ambiguous=True)
    return found


def parsed(text: str) -> tuple[Document, ...]:
    """Return the documents of `text` as the YAML loader reads them."""
    from osgate.formats import yaml_text

    return tuple([_located(node) for node in yaml_text.load_all(text)])


def _located(node: Any) -> Document:
    """A document of nodes that know their lines."""
    if not isinstance(node, dict):
        raise Unreadable("malformed", getattr(node, "line", 0))
    _refuse_tags(node)
    known: dict[int, dict[str, Any]] = {}

    def line(*path: str) -> int:
        here: Any = node
        found = 0
        for name in path:
            if not isinstance(here, dict) or name not in here:
                return 0
            if id(here) not in known:
                known[id(here)] = {key: key for key in here}
            found = known[id(here)][name].line
            here = here[name]
        return found

    return Document(node, line)


def _refuse_tags(root: Any) -> None:
    """Refuse types stated by hand: to pnpm a tagged scalar may be bytes, a number or a date; to others it is text."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.tag is not None:
            raise Unreadable("malformed", node.line, ambiguous=True)
        if isinstance(node, dict):
            waiting += [*node, *node.values()]
        elif isinstance(node, list):
            waiting += node
