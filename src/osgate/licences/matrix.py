"""The OSADL licence compatibility matrix: whether what is under one licence may be passed on as part of a work under
another one.

Data: OSADL e.G., matrix of 2024-11-04 with its explanations, CC-BY-4.0; repacked, unchanged in content (see NOTICE).
"""

from __future__ import annotations

import gzip
import html
import json
from functools import cache

from osgate.errors import UsageError
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

YES, NO, SAME, DEPENDS, UNKNOWN = "Yes", "No", "Same", "Check dependency", "Unknown"
_ANSWERS = (YES, NO, SAME, DEPENDS, UNKNOWN)
# A cell is one character: the place of its answer and explanation in the list of all, from this one on.
_FIRST = 0x21
_OUT, _IN = "{outbound}", "{inbound}"
MAX_UNPACKED = 16 << 20
FILE = "osadl-2024-11-04.json.gz"


@record
class Matrix:
    """A matrix as read. timestamp: of its making; cells: outbound licence -> one character for each of `licences`."""

    timestamp: str
    source: str
    licences: Mapping[str, int]
    cells: Mapping[str, str]
    answers: tuple[tuple[str, str], ...]

    def answer(self, outbound: str, inbound: str) -> tuple[str, str] | None:
        """Return answer and explanation (English, the source's words) for a component under `inbound` in a work that is
        passed on under `outbound`; None where one of them is not in the matrix."""
        place = self.licences.get(inbound)
        if place is None or outbound not in self.cells:
            return None
        answer, explanation = self.answers[ord(self.cells[outbound][place]) - _FIRST]
        return answer, explanation.replace(_OUT, outbound).replace(_IN, inbound)


@cache
def shipped() -> Matrix:
    """Return the matrix that comes with osgate."""
    from importlib.resources import files

    return read(files("osgate.licences").joinpath("data", FILE).read_bytes())


def pack(original: Mapping[str, Any]) -> bytes:
    """Return OSADL's JSON, packed: timestamp, source, explanations, matrix {outbound: {inbound: [answer, number]}}.

    The same input gives the same bytes. Raises UsageError where it has another form.
    """
    try:
        names = sorted(original["matrix"].keys())
        answers: dict[tuple[str, str], int] = {}
        cells = {}
        for outbound in names:
            row = original["matrix"][outbound]
            found = [_cell(outbound, name, row[name], original["explanations"]) for name in names]
            cells[outbound] = "".join(chr(_FIRST + answers.setdefault(pair, len(answers))) for pair in found)
        packed = {"timestamp": original["timestamp"], "source": original["source"], "licences": names}
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise UsageError("licences.matrix", cause=type(error).__name__) from None
    text = json.dumps({**packed, "answers": list(answers), "cells": cells}, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), 9, mtime=0)


def _cell(outbound: str, inbound: str, cell: list[Any], explanations: list[str]) -> tuple[str, str]:
    answer, number = cell
    if answer not in _ANSWERS:
        raise ValueError(answer)
    text = html.unescape(explanations[number])
    # The longer name first: the other one may be a part of it.
    for name, place in sorted(((outbound, _OUT), (inbound, _IN)), key=lambda pair: -len(pair[0])):
        text = text.replace(f"the {name} license", f"the {place} license")
    return answer, text


def read(packed: bytes) -> Matrix:
    """Return the matrix that `pack` has packed. Raises UsageError where it is none, or unpacks to over 16 MiB."""
    import zlib

    try:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        text = unpacker.decompress(packed, MAX_UNPACKED)
        if not unpacker.eof:
            raise ValueError("too large or cut off")
        found = json.loads(text)
        answers = tuple((str(answer), str(explanation)) for answer, explanation in found["answers"])
        made = Matrix(
            str(found["timestamp"]),
            str(found["source"]),
            {str(name): place for place, name in enumerate(found["licences"])},
            {str(name): str(row) for name, row in found["cells"].items()},
            answers,
        )
    except (zlib.error, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError("licences.matrix", cause=type(error).__name__) from None
    return _checked(made)


def _checked(matrix: Matrix) -> Matrix:
    last = _FIRST + len(matrix.answers)
    whole = all(
        len(row) == len(matrix.licences) and all(_FIRST <= ord(cell) < last for cell in row)
        for row in matrix.cells.values()
    )
    if not whole or matrix.cells.keys() != matrix.licences.keys() or any(a not in _ANSWERS for a, _ in matrix.answers):
        raise UsageError("licences.matrix", cause="ValueError")
    return matrix
