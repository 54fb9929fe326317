"""Signatures checked by the `cryptography` package; importing this module raises ImportError where there is none."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

_CURVES: dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
    "nistp256": (ec.SECP256R1(), hashes.SHA256()),
    "nistp384": (ec.SECP384R1(), hashes.SHA384()),
    "nistp521": (ec.SECP521R1(), hashes.SHA512()),
}
_HASHES: dict[str, hashes.HashAlgorithm] = {"sha256": hashes.SHA256(), "sha512": hashes.SHA512()}


def ed25519(public: bytes, made: bytes, covered: bytes) -> bool:
    """See `Crypto`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(made, covered)
    except (InvalidSignature, ValueError):
        return False
    return True


def ecdsa(curve: str, point: bytes, pair: tuple[int, int], covered: bytes) -> bool:
    """See `Crypto`."""
    shape, hash = _CURVES[curve]
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(shape, point)
        key.verify(utils.encode_dss_signature(*pair), covered, ec.ECDSA(hash))
    except (InvalidSignature, ValueError):
        return False
    return True


def rsa(n: int, e: int, made: bytes, covered: bytes, hash: str) -> bool:
    """See `Crypto`."""
    try:
        RSAPublicNumbers(e, n).public_key().verify(made, covered, padding.PKCS1v15(), _HASHES[hash])
    except (InvalidSignature, ValueError):
        return False
    return True
