"""Digests as npm's family of lockfiles writes them: W3C Subresource Integrity, `sha512-<base64>`, several by blanks."""

from __future__ import annotations

from binascii import a2b_base64

from osgate.model.dependency import Unreadable


def digests(integrity: str, line: int) -> tuple[str, ...]:
    """Return the digests of an integrity text as `algorithm:hex`, sorted; options behind a `?` are left out.

    Raises Unreadable `malformed` at `line` for a part that is no algorithm with a value in base64.
    """
    made = []
    for part in integrity.split():
        algorithm, _, value = part.partition("-")
        try:
            digest = a2b_base64(value.partition("?")[0], strict_mode=True).hex()
        except ValueError:
            digest = ""
        if not digest or not (algorithm.isascii() and algorithm.isalnum()):
            raise Unreadable("malformed", line)
        made.append(f"{algorithm.lower()}:{digest}")
    return tuple(made) if len(made) == 1 else tuple(sorted(set(made)))
