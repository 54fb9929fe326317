"""Whether a public key signed something: by the `cryptography` package, or in plain Python where there is none.

Both say the same about every key and signature; what neither should be asked (weak keys, numbers too large to count
with in bounded time) `sound` keeps from them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Crypto(Protocol):
        """What either module offers. Nothing raises; what is malformed does not hold."""

        def ed25519(self, public: bytes, made: bytes, covered: bytes) -> bool:
            """Ed25519 (RFC 8032, 5.1.7, without the cofactor). public: 32 bytes; made: 64 bytes."""

        def ecdsa(self, curve: str, point: bytes, pair: tuple[int, int], covered: bytes) -> bool:
            """ECDSA (FIPS 186-5, 6.4.2). curve: `nistp256`…; point: uncompressed (SEC 1, 2.3.3); pair: r and s."""

        def rsa(self, n: int, e: int, made: bytes, covered: bytes, hash: str) -> bool:
            """RSASSA-PKCS1-v1_5 (RFC 8017, 8.2.2). hash: `sha256` or `sha512`."""


def chosen() -> Crypto:
    """Return the `cryptography` package's own where it can be imported, else the plain one."""
    try:
        from osgate.ledger.crypto import installed
    except ImportError:
        from osgate.ledger.crypto import plain

        return plain
    return installed
