"""The curves P-256, P-384 and P-521 (SP 800-186, 3.2.1) in Jacobian coordinates.

All three are y² = x³ - 3x + b of prime order. Formulas: dbl-2001-b and add-2007-bl of the Explicit-Formulas Database,
with the cases those leave out (neutral element, equal and opposite points).
"""

from __future__ import annotations

from osgate.ledger.crypto import straus
from osgate.model.record import record

# X, Y, Z with x = X/Z², y = Y/Z³; Z is 0 in the neutral element.
Point = tuple[int, int, int]

_ZERO: Point = (1, 1, 0)


@record
class Curve:
    """p: the field; b: of the equation; order: of the base point; base: its x and y; hash: what ECDSA hashes with."""

    p: int
    b: int
    order: int
    base: tuple[int, int]
    hash: str

    def decoded(self, data: bytes) -> Point | None:
        """Read an uncompressed point (SEC 1, 2.3.4). None where it is none, or is not on the curve."""
        half = (self.p.bit_length() + 7) // 8
        x, y = int.from_bytes(data[1 : 1 + half], "big"), int.from_bytes(data[1 + half :], "big")
        if len(data) != 1 + 2 * half or data[0] != 4 or max(x, y) >= self.p:
            return None
        return (x, y, 1) if (y * y - x * x * x + 3 * x - self.b) % self.p == 0 else None

    def x_of_sum(self, a: int, b: int, point: Point) -> int | None:
        """Return x of a·G + b·P, where G is the base point; None for the neutral element."""
        tables = tuple([straus.multiples(_ZERO, each, self._add) for each in ((*self.base, 1), point)])
        x, _, z = straus.combined((a, b), (tables[0], tables[1]), self._add, self._double)
        return x * pow(z, -2, self.p) % self.p if z else None

    def _double(self, point: Point) -> Point:
        x, y, z = point
        p = self.p
        delta, gamma = z * z % p, y * y % p
        beta = x * gamma % p
        alpha = 3 * (x - delta) * (x + delta) % p
        new = (alpha * alpha - 8 * beta) % p
        return new, (alpha * (4 * beta - new) - 8 * gamma * gamma) % p, 2 * y * z % p

    def _add(self, first: Point, second: Point) -> Point:
        (x1, y1, z1), (x2, y2, z2) = first, second
        if not z1 or not z2:
            return second if not z1 else first
        p = self.p
        q1, q2 = z1 * z1 % p, z2 * z2 % p
        u1, u2 = x1 * q2 % p, x2 * q1 % p
        s1, s2 = y1 * z2 * q2 % p, y2 * z1 * q1 % p
        if u1 == u2:
            return self._double(first) if s1 == s2 else _ZERO
        h, r = (u2 - u1) % p, (s2 - s1) % p
        hh = h * h % p
        hhh, v = h * hh % p, u1 * hh % p
        x = (r * r - hhh - 2 * v) % p
        return x, (r * (v - x) - s1 * hhh) % p, z1 * z2 * h % p


CURVES = {
    "nistp256": Curve(
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        (
            0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
            0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
        ),
        "sha256",
    ),
    "nistp384": Curve(
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
        (
            0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
            0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
        ),
        "sha384",
    ),
    "nistp521": Curve(
        2**521 - 1,
        0x051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
        0x01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409,
        (
            0x0C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5BD66,
            0x11839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD16650,
        ),
        "sha512",
    ),
}
