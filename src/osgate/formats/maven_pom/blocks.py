"""The dependencies of a POM as blocks of text, so that those which a change leaves alone need no XML parser.

A block is `<dependency>…</dependency>` with nothing in it but simple fields. Where one is left out, an element
`skipped` takes its place (one for a run of them) and its lines stay: whoever parses the rest then sees where it stood,
and every other line has its number.
"""

from __future__ import annotations

from osgate.formats.maven_pom.raw import BLANK

_FIELDS = frozenset(("groupId", "artifactId", "version", "scope", "type", "classifier", "optional"))
_START, _END = "<dependency>", "</dependency>"
SKIPPED = "skipped"
# What opens and closes a place where a dependency is another one than the project's own.
_ELSEWHERE = ("dependencyManagement", "plugin", "profile")


class Blocks:
    """One side of a change, cut at its dependencies.

    bodies: what stands between the tags, one for each; it ends at the first end tag, whatever stands there.
    own: of each, whether it seems to be the project's own; the parser has the last word on that.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        head, *pieces = text.split(_START)
        parts = [piece.partition(_END) for piece in pieces]
        self._head = head
        self.bodies = [part[0] for part in parts]
        self._ends = [part[1] for part in parts]
        self._tails = [part[2] for part in parts]
        self.own = self._places()

    def _places(self) -> list[bool]:
        found, open_, before = [], dict.fromkeys(_ELSEWHERE, 0), self._head
        for tail in self._tails:
            if before and not before.isspace():
                for name in _ELSEWHERE:
                    open_[name] += before.count(f"<{name}>") - before.count(f"</{name}>")
            found.append(not any(open_.values()))
            before = tail
        return found

    def once(self) -> dict[str, str]:
        """Return the bodies of the project's own blocks by the artifactId in them, as far as only one names it."""
        bodies = [body for body, own in zip(self.bodies, self.own, strict=True) if own]
        names = [body.partition("<artifactId>")[2].partition("</artifactId>")[0].strip(BLANK) for body in bodies]
        found = dict(zip(names, bodies, strict=True))
        if len(found) < len(names):
            seen: set[str] = set()
            for name in names:
                if name in seen:
                    found.pop(name, None)
                seen.add(name)
        return found

    def without(self, bodies: set[str]) -> tuple[str, int]:
        """Return the text without the project's own blocks that have one of `bodies`, and how many runs they made."""
        made, runs, running = [self._head], 0, False
        for body, end, tail, own in zip(self.bodies, self._ends, self._tails, self.own, strict=True):
            if not own or body not in bodies:
                made += _START, body, end, tail
                running = False
                continue
            if not running:
                made.append(f"<{SKIPPED}/>")
                runs += 1
            made += "\n" * body.count("\n"), tail
            running = not tail or tail.isspace()
        return "".join(made), runs

    def lines(self) -> dict[str, int]:
        """Return the line on which each of the project's own blocks begins, by its body."""
        found, line = {}, self._head.count("\n") + 1
        for body, tail, own in zip(self.bodies, self._tails, self.own, strict=True):
            if own:
                found[body] = line
            line += body.count("\n") + tail.count("\n")
        return found


def fields(body: str) -> dict[str, str] | None:
    """Return the fields of a block by name; None unless it holds nothing else and each of them once.

    The texts themselves are not judged.
    """
    blank, *tokens = body.split("<")
    if blank.strip(BLANK) or len(tokens) % 2:
        return None
    found: dict[str, str] = {}
    for opening, closing in zip(tokens[::2], tokens[1::2], strict=True):
        name, _, text = opening.partition(">")
        end, mark, rest = closing.partition(">")
        if name not in _FIELDS or end != f"/{name}" or not mark or rest.strip(BLANK) or name in found:
            return None
        found[name] = text.strip(BLANK)
    return found if found.get("groupId") and found.get("artifactId") else None
