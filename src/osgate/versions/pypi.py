"""Python versions: PEP 440's order, and below it what older tools uploaded (the order of setuptools before PEP 440)."""

from __future__ import annotations

from osgate import patterns
from osgate.versions.dotted import dotted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# PEP 440, appendix B, written out by part; `post` is spelled or a bare hyphen and number.
_VERSION = (
    r"(?ia)\s*v?(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)"
    r"(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?([0-9]*))?"
    r"(?:-([0-9]+)|[-_.]?(post|rev|r)[-_.]?([0-9]*))?"
    r"(?:[-_.]?(dev)[-_.]?([0-9]*))?"
    r"(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?\s*\Z"
)
_LETTER = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
_SEPARATOR = r"[-_.]"
_LEGACY_PART = r"([0-9]+|[a-z]+|\.|-)"
_LEGACY_WORD = {"pre": "c", "preview": "c", "-": "final-", "rc": "c", "dev": "@"}


def key(version: str) -> Any:
    """Return the sort key of `version`."""
    plain = dotted(version)
    if plain is not None:
        return 1, 0, _trimmed(plain), (1,), -1, (1, 0), ()
    match = patterns.match(_VERSION, version)
    if not match:
        return 0, _legacy(version)
    epoch, release, letter, pre, bare, post_word, post, dev_word, dev, local = match.groups()
    post_number = int(bare or post or 0) if bare or post_word else -1
    if letter:
        lowered = letter.lower()
        pre_key: tuple[Any, ...] = (0, _LETTER.get(lowered, lowered), int(pre or 0))
    else:
        # A development release without anything else comes before its alphas; everything else without, after.
        pre_key = (-1,) if dev_word and post_number < 0 else (1,)
    dev_key = (0, int(dev or 0)) if dev_word else (1, 0)
    numbers = _trimmed([int(part) for part in release.split(".")])
    return 1, int(epoch or 0), numbers, pre_key, post_number, dev_key, _local(local)


def _trimmed(numbers: list[int]) -> tuple[int, ...]:
    """The release without the zeros at its end, which mean nothing."""
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _local(local: str | None) -> tuple[tuple[int, int, str], ...]:
    """Return the sort key of a local version label: absent first, words below numbers (PEP 440)."""
    parts = patterns.split(_SEPARATOR, local.lower()) if local else ()
    return tuple([(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts])


def _legacy(version: str) -> tuple[str, ...]:
    """Return the sort key of a text that is no PEP 440 version: numbers padded, words starred, zeros dropped."""
    parts: list[str] = []
    for written in patterns.split(_LEGACY_PART, version.lower()):
        piece = _LEGACY_WORD.get(written, written)
        if not piece or piece == ".":
            continue
        if piece[0] in "0123456789":
            parts.append(piece.zfill(8))
            continue
        _add_word(parts, "*" + piece)
    _add_word(parts, "*final")
    return tuple(parts)


def _add_word(parts: list[str], word: str) -> None:
    if word < "*final":
        while parts and parts[-1] == "*final-":
            parts.pop()
    while parts and parts[-1] == "00000000":
        parts.pop()
    parts.append(word)


def is_prerelease(version: str, parsed: Any) -> bool:
    """Tell whether `version` is an alpha, beta, candidate or development release."""
    return bool(parsed[3] != (1,) or parsed[5] != (1, 0))
