"""The branches that an institution guards, as `--branches` names them: `main,release/*`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from osgate import patterns


def parse(text: str) -> tuple[str, ...]:
    """Return the names in `text`, which stand with commas between them; none where it is empty."""
    return tuple(name for part in text.split(",") if (name := part.strip()))


def named(names: Iterable[str], branch: str) -> bool:
    """True if one of `names` means `branch`: `*` stands for any characters but a slash."""
    return any(patterns.fullmatch("[^/]*".join(map(re.escape, name.split("*"))), branch) for name in names)
