"""From written to valid: the form of each policy file, what they say together, then the records everybody uses."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from itertools import islice
from typing import Any

from osgate.errors import Mistake, Mistakes
from osgate.policy import crosschecks, schema, toml_document
from osgate.policy.build import ValidPolicy, built
from osgate.policy.shape import Complaint, complaints
from osgate.policy.toml_document import Document, Place

__all__ = ["ValidPolicy", "validate"]

REQUIRED = ("osgate.toml", "people.toml")
# Most mistakes of form that are told of one file; a person corrects these by hand.
MOST = 500


def validate(files: Mapping[str, bytes], rule_ids: Mapping[str, str]) -> ValidPolicy:
    """Read and check every policy file. files: path -> content; rule_ids: rule id -> slug, the rules that exist.

    Raises Mistakes with every Mistake found, in order of file and line.
    """
    mistakes: list[Mistake] = []
    documents: dict[str, Document] = {}
    sound: dict[str, Document] = {}
    for path in sorted(files):
        shape = schema.shape_of(path)
        if shape is None:
            continue
        read = toml_document.read(path, files[path])
        if isinstance(read, Mistake):
            mistakes.append(read)
            continue
        documents[path] = read
        found = list(islice(complaints(read.values, shape), MOST))
        mistakes += [Mistake(path, read.line(place), code, dict(params)) for place, code, params in found]
        if len(found) < MOST:
            sound[path] = _sound(read, found)
    mistakes += [Mistake(path, 0, "file-missing", {}) for path in REQUIRED if path not in files]
    mistakes += crosschecks.found(sound, documents, rule_ids)
    if mistakes:
        mistakes.sort(key=lambda mistake: (mistake.path, mistake.line, mistake.code))
        raise Mistakes(tuple(mistakes))
    return built(documents, rule_ids)


def _sound(document: Document, found: list[Complaint]) -> Document:
    """The part of a document that has the right form. A list keeps its length: what is wrong in it is None."""
    if not found:
        return document
    values = copy.deepcopy(document.values)
    for place, code, _ in found:
        if code != "missing-key":
            _drop(values, place)
    return Document(document.path, values, document.lines)


def _drop(values: Any, place: Place) -> None:
    """Take out what is at `place`, unless something around it is out already."""
    for part in place[:-1]:
        values = values.get(part) if isinstance(values, dict) else values[int(part)]
        if values is None:
            return
    if isinstance(values, list):
        values[int(place[-1])] = None
    else:
        values.pop(place[-1], None)
