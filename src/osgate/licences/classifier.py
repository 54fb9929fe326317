"""licenseclassifier as an engine of `text`: without its habit of taking along what stands behind a `copyright`.

licenseclassifier (like licensecheck, which it follows) counts everything from a `copyright` up to fifty words before a
licence as part of it: right for notices, and a hiding place for terms. So the word a region begins with is blanked and
the text looked at again, until no region begins with one; what was taken along stands between the regions then, where
`text` judges it line by line.
"""

from __future__ import annotations

import re

from osgate.errors import UsageError
from osgate.licences.text import Region

LIBRARY = "licenseclassifier"
# What licenseclassifier takes along at most (its MAX_COPYRIGHT_WORDS).
_TAKEN = 50
# How often a text is looked at again: fifty words are a dozen notices. Long texts are looked at less often.
_ROUNDS, _WORK = 12, 400_000
_MARK = re.compile(r"[^\w©(&]*(copyright\w*|\(c\)|©|&copy;)", re.I)
_WORD = re.compile(r"\S+")


def licenseclassifier(text: str) -> list[Region]:
    """Return the licences in a text. Raises UsageError where the library is not installed."""
    try:
        from licenseclassifier import identify_license
    except ImportError:
        raise UsageError("licences.extra", library=LIBRARY) from None
    bare = text
    for _ in range(max(2, min(_ROUNDS, _WORK // (len(text) + 1)))):
        found = [Region(match.id, match.start, match.end) for match in identify_license(bare, 0.0)]
        marks = [mark for region in found if (mark := _MARK.match(bare, region.start))]
        if not marks:
            return found
        for mark in marks:
            bare = bare[: mark.start(1)] + " " * len(mark[1]) + bare[mark.end() :]
    return [_cut(region, bare) for region in found]


def _cut(region: Region, text: str) -> Region:
    """The region without all that may have been taken along."""
    if not _MARK.match(text, region.start):
        return region
    words = list(_WORD.finditer(text, region.start, region.end))[:_TAKEN]
    return Region(region.id, words[-1].end(), region.end)
