"""The curve edwards25519 (RFC 7748, 4.1), extended coordinates; the formulas of RFC 8032, 5.1.4 have no exceptions."""

from __future__ import annotations

from osgate.ledger.crypto import straus

# X, Y, Z, T with x = X/Z, y = Y/Z, x·y = T/Z.
Point = tuple[int, int, int, int]

ORDER = 2**252 + 27742317777372353535851937790883648493
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)
_ZERO: Point = (0, 1, 1, 0)


def _add(first: Point, second: Point) -> Point:
    x1, y1, z1, t1 = first
    x2, y2, z2, t2 = second
    a, b = (y1 - x1) * (y2 - x2) % _P, (y1 + x1) * (y2 + x2) % _P
    c, d = 2 * t1 * t2 * _D % _P, 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _double(point: Point) -> Point:
    x, y, z, _ = point
    a, b = x * x % _P, y * y % _P
    h, g = a + b, a - b
    e, f = h - (x + y) * (x + y) % _P, 2 * z * z % _P + g
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def decoded(data: bytes) -> Point | None:
    """Read a point of 32 bytes (RFC 8032, 5.1.3). None where it is none, or is not in its one spelling."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    if len(data) != 32 or y >= _P:
        return None
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if v * x * x % _P != u:
        x = x * _ROOT_OF_MINUS_1 % _P
    if v * x * x % _P != u or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def encoded(point: Point) -> bytes:
    """Write a point as 32 bytes (RFC 8032, 5.1.2)."""
    x, y, z, _ = point
    inverse = pow(z, -1, _P)
    return (y * inverse % _P | (x * inverse % _P & 1) << 255).to_bytes(32, "little")


_BASE = decoded((4 * pow(5, -1, _P) % _P).to_bytes(32, "little")) or _ZERO
_OF_BASE = straus.multiples(_ZERO, _BASE, _add)


def combined(s: int, k: int, key: Point) -> Point:
    """Return [s]B - [k]A, where B is the curve's base point and A the key."""
    x, y, z, t = key
    minus = straus.multiples(_ZERO, (_P - x, y, z, _P - t), _add)
    return straus.combined((s, k), (_OF_BASE, minus), _add, _double)
