"""Which public keys are looked at. What is refused here never reaches a module that counts with it.

Bounds: nothing here lets a key through that takes longer than some tens of milliseconds to count with.
"""

from __future__ import annotations

_FIELD = 2**255 - 19
# y of the eight points whose order divides eight (RFC 7748, 6.1 says why): under such a key, signatures that hold can
# be made without a private half.
_OF_EIGHT = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_SMALL_ORDER = (0, 1, _FIELD - 1, _OF_EIGHT, _FIELD - _OF_EIGHT)
# Bits of an RSA modulus: OpenSSH's least and OpenSSL's most. Exponents are short in practice (65537) and must be here.
_RSA_LEAST, _RSA_MOST, _EXPONENT_MOST = 1024, 16_384, 64
CURVES = {"nistp256": 32, "nistp384": 48, "nistp521": 66}


def ed25519(public: bytes) -> bool:
    """True for 32 bytes that are no second spelling (RFC 8032, 5.1.2) and no point of small order."""
    y = int.from_bytes(public, "little") & (1 << 255) - 1
    return len(public) == 32 and y < _FIELD and y not in _SMALL_ORDER


def ecdsa(curve: str, point: bytes) -> bool:
    """True for an uncompressed point in the length of its curve; it need not be on it."""
    return curve in CURVES and len(point) == 1 + 2 * CURVES[curve] and point[0] == 4


def rsa(n: int, e: int) -> bool:
    """True for a modulus and an exponent that are odd and within bounds."""
    return _RSA_LEAST <= n.bit_length() <= _RSA_MOST and 3 <= e < 1 << _EXPONENT_MOST and n & e & 1 == 1
