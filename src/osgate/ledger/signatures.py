"""SSH signatures (SSHSIG), checked in process.

The format is OpenSSH's PROTOCOL.sshsig: a blob that names the public key, a namespace and a hash; the signature covers
`SSHSIG`, namespace, reserved, hash algorithm and the hash of the message. Made by `ssh-keygen -Y sign` or an agent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from typing import Any

from osgate.errors import Refused
from osgate.model.record import record

DECISION = "osgate-decision"
SNAPSHOT = "osgate-snapshot"
_MAGIC = b"SSHSIG"
_ARMOUR = ("-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----")
# Largest blob that is looked at, in bytes: an RSA key of 16384 bits with its signature has 5 kB.
_LARGEST = 16_384
# Hardware keys sign like the plain ones below them (OpenSSH's PROTOCOL.u2f).
_SECURITY_KEYS = {
    b"sk-ssh-ed25519@openssh.com": b"ssh-ed25519",
    b"sk-ecdsa-sha2-nistp256@openssh.com": b"ecdsa-sha2-nistp256",
}
_HASHES = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}


@record
class Signature:
    """A parsed SSHSIG blob. key: `type base64` as in an authorized_keys file; namespace and hash as text."""

    key: str
    namespace: str
    hash: str
    blob: bytes


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    if at + 4 > len(data):
        raise Refused("signature.malformed")
    (length,) = struct.unpack_from(">I", data, at)
    if at + 4 + length > len(data):
        raise Refused("signature.malformed")
    return data[at + 4 : at + 4 + length], at + 4 + length


def parse(value: str) -> Signature:
    """Read a base64 SSHSIG blob, with or without its armour. Raises Refused("signature.malformed").

    One blob has one spelling, so that no byte of a sealed signature can be changed unnoticed.
    """
    lines = value.strip("\n").split("\n")
    body = "".join(lines[1:-1] if (lines[0], lines[-1]) == _ARMOUR else lines)
    try:
        data = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("signature.malformed") from error
    if data[:10] != _MAGIC + b"\0\0\0\1" or len(data) > _LARGEST or base64.b64encode(data).decode() != body:
        raise Refused("signature.malformed")
    public, at = _string(data, 10)
    namespace, at = _string(data, at)
    reserved, at = _string(data, at)
    hash, at = _string(data, at)
    blob, at = _string(data, at)
    if at != len(data) or reserved or hash not in _HASHES:
        raise Refused("signature.malformed")
    kind = _string(public, 0)[0].decode("ascii", "replace")
    if not kind or not kind.isascii() or not kind.isprintable() or " " in kind:
        raise Refused("signature.malformed")
    key = f"{kind} {base64.b64encode(public).decode()}"
    return Signature(key, namespace.decode("utf-8", "replace"), hash.decode(), blob)


def verify(value: str, message: bytes, namespace: str) -> str:
    """Check a signature over `message`; return the public key (`type base64`) that made it.

    Raises Refused: `signature.malformed`, `signature.namespace` (made for something else), `signature.wrong`.
    """
    parsed = parse(value)
    if parsed.namespace != namespace:
        raise Refused("signature.namespace", wanted=namespace, found=parsed.namespace)
    hashed = _HASHES[parsed.hash.encode()](message).digest()
    covered = _MAGIC + b"".join(_pack(p) for p in (namespace.encode(), b"", parsed.hash.encode(), hashed))
    if not _holds(parsed, covered):
        raise Refused("signature.wrong")
    return parsed.key


def _pack(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _holds(parsed: Signature, covered: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_ssh_public_key

    public = base64.b64decode(parsed.key.split()[1])
    kind, _ = _string(public, 0)
    algorithm, at = _string(parsed.blob, 0)
    made, at = _string(parsed.blob, at)
    if kind in _SECURITY_KEYS and algorithm == kind:
        public, covered = _security_key(public, parsed.blob[at:], covered)
        kind = algorithm = _SECURITY_KEYS[kind]
    elif at != len(parsed.blob):
        raise Refused("signature.malformed")
    try:
        key = load_ssh_public_key(kind + b" " + base64.b64encode(public))
        _check(key, kind, algorithm, made, covered)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _security_key(public: bytes, tail: bytes, covered: bytes) -> tuple[bytes, bytes]:
    """Turn a hardware key and what it signed into the plain ones below: flags and counter are signed together with the
    hashes of application and message. Somebody must have touched the key (flag 1)."""
    if len(tail) != 5 or not tail[0] & 1:
        raise Refused("signature.malformed")
    kind, at = _string(public, 0)
    parts = [_SECURITY_KEYS[kind]]
    application = b""
    while at < len(public):
        application, at = _string(public, at)
        parts.append(application)
    plain = b"".join(_pack(part) for part in parts[:-1])
    return plain, hashlib.sha256(application).digest() + tail + hashlib.sha256(covered).digest()


def _check(key: Any, kind: bytes, algorithm: bytes, made: bytes, covered: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

    if isinstance(key, ed25519.Ed25519PublicKey) and algorithm == kind:
        key.verify(made, covered)
    elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm == kind:
        hash = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}[key.curve.key_size]
        r, at = _string(made, 0)
        s, at = _string(made, at)
        if at != len(made):
            raise Refused("signature.malformed")
        pair = utils.encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
        key.verify(pair, covered, ec.ECDSA(hash))
    elif isinstance(key, rsa.RSAPublicKey) and algorithm in (b"rsa-sha2-256", b"rsa-sha2-512"):
        chosen = hashes.SHA256() if algorithm.endswith(b"256") else hashes.SHA512()
        key.verify(made, covered, padding.PKCS1v15(), chosen)
    else:
        raise ValueError("algorithm and key do not belong together")


def fingerprint(key: str) -> str:
    """Return a key's SHA256 fingerprint as `ssh-keygen -l` prints it."""
    raw = base64.b64decode(key.split()[1])
    return "SHA256:" + base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
