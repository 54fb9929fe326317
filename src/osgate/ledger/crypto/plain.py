"""Signatures checked in plain Python: for servers where nothing can be installed.

Everything in here is public, so nothing needs to take the same time for every input.
"""

from __future__ import annotations

import hashlib
import hmac

from osgate.ledger.crypto import edwards, weierstrass

# How PKCS #1 names a hash in front of it (RFC 8017, 9.2, note 1).
_NAMED = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


def ed25519(public: bytes, made: bytes, covered: bytes) -> bool:
    """See `Crypto`. Holds where R is, byte for byte, the encoding of [S]B - [k]A."""
    key = edwards.decoded(public)
    half, s = made[:32], int.from_bytes(made[32:], "little")
    if key is None or len(made) != 64 or s >= edwards.ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(half + public + covered).digest(), "little") % edwards.ORDER
    return edwards.encoded(edwards.combined(s, k, key)) == half


def ecdsa(curve: str, point: bytes, pair: tuple[int, int], covered: bytes) -> bool:
    """See `Crypto`."""
    shape = weierstrass.CURVES[curve]
    key, (r, s), n = shape.decoded(point), pair, shape.order
    if key is None or not (0 < r < n and 0 < s < n):
        return False
    # No hash here has more bits than the order of its curve, so none is cut.
    digest = int.from_bytes(hashlib.new(shape.hash, covered).digest(), "big")
    inverse = pow(s, -1, n)
    x = shape.x_of_sum(digest * inverse % n, r * inverse % n, key)
    return x is not None and x % n == r


def rsa(n: int, e: int, made: bytes, covered: bytes, hash: str) -> bool:
    """See `Crypto`. The whole padded message is compared, so that nothing can hide in it."""
    length = (n.bit_length() + 7) // 8
    number = int.from_bytes(made, "big")
    if len(made) != length or number >= n:
        return False
    told = _NAMED[hash] + hashlib.new(hash, covered).digest()
    wanted = b"\0\1" + b"\xff" * (length - len(told) - 3) + b"\0" + told
    return hmac.compare_digest(pow(number, e, n).to_bytes(length, "big"), wanted)
