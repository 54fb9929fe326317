"""SSH signatures (SSHSIG), checked in process.

The format is OpenSSH's PROTOCOL.sshsig: a blob that names the public key, a namespace and a hash; the signature covers
`SSHSIG`, namespace, reserved, hash algorithm and the hash of the message. Made by `ssh-keygen -Y sign` or an agent.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct

from osgate.errors import Refused
from osgate.ledger import crypto
from osgate.ledger.crypto import sound
from osgate.model.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from osgate.ledger.crypto import Crypto

DECISION = "osgate-decision"
SNAPSHOT = "osgate-snapshot"
_MAGIC = b"SSHSIG"
_ARMOUR = ("-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----")
_COLUMNS = 70
# Largest blob that is looked at, in bytes: an RSA key of 16384 bits with its signature has 5 kB.
_LARGEST = 16_384
# Hardware keys sign like the plain ones below them (OpenSSH's PROTOCOL.u2f).
_SECURITY_KEYS = {
    b"sk-ssh-ed25519@openssh.com": b"ssh-ed25519",
    b"sk-ecdsa-sha2-nistp256@openssh.com": b"ecdsa-sha2-nistp256",
}
_CURVES = {b"ecdsa-sha2-" + curve.encode(): curve for curve in sound.CURVES}
_RSA = {b"rsa-sha2-256": "sha256", b"rsa-sha2-512": "sha512"}
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
    """Read a base64 SSHSIG blob: one line, or the armour that `ssh-keygen` writes.

    Each of the two has one spelling, so that no byte of a sealed signature can be changed unnoticed. Raises
    Refused("signature.malformed").
    """
    try:
        body = value if len(value) <= 2 * _LARGEST else ""
        if value.startswith(_ARMOUR[0]):
            body = "".join(body.split("\n")[1:]).removesuffix(_ARMOUR[1])
        data = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused("signature.malformed") from error
    if data[:10] != _MAGIC + b"\0\0\0\1" or len(data) > _LARGEST or value.removesuffix("\n") not in _spellings(data):
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


def _spellings(data: bytes) -> tuple[str, str]:
    """A blob as one line, and as OpenSSH armours it: without the end of the last line."""
    line = base64.b64encode(data).decode()
    cut = [line[at : at + _COLUMNS] for at in range(0, len(line), _COLUMNS)]
    return line, "\n".join((_ARMOUR[0], *cut, _ARMOUR[1]))


def verify(value: str, message: bytes, namespace: str, by: Crypto | None = None) -> str:
    """Check a signature over `message`; return the public key (`type base64`) that made it.

    by: what counts; `crypto.chosen()` where nothing is said. Raises Refused: `signature.malformed`,
    `signature.namespace` (made for something else), `signature.wrong`.
    """
    parsed = parse(value)
    if parsed.namespace != namespace:
        raise Refused("signature.namespace", wanted=namespace, found=parsed.namespace)
    hashed = _HASHES[parsed.hash.encode()](message).digest()
    covered = _MAGIC + b"".join(_pack(p) for p in (namespace.encode(), b"", parsed.hash.encode(), hashed))
    if not _holds(parsed, covered, by or crypto.chosen()):
        raise Refused("signature.wrong")
    return parsed.key


def _pack(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _holds(parsed: Signature, covered: bytes, by: Crypto) -> bool:
    kind, *fields = _strings(base64.b64decode(parsed.key.split()[1]))
    algorithm, at = _string(parsed.blob, 0)
    made, at = _string(parsed.blob, at)
    tail = parsed.blob[at:]
    if kind in _SECURITY_KEYS and algorithm == kind:
        covered = _pressed(fields.pop() if fields else b"", tail, covered)
        kind = algorithm = _SECURITY_KEYS[kind]
    elif tail:
        raise Refused("signature.malformed")
    if kind == b"ssh-ed25519" == algorithm and len(fields) == 1:
        return sound.ed25519(fields[0]) and by.ed25519(fields[0], made, covered)
    if kind in _CURVES and algorithm == kind and len(fields) == 2:
        curve, point = _CURVES[kind], fields[1]
        fine = fields[0] == curve.encode() and sound.ecdsa(curve, point)
        return fine and by.ecdsa(curve, point, _pair(made), covered)
    if kind == b"ssh-rsa" and algorithm in _RSA and len(fields) == 2:
        e, n = _number(fields[0]), _number(fields[1])
        return sound.rsa(n, e) and by.rsa(n, e, made, covered, _RSA[algorithm])
    return False


def _pressed(application: bytes, tail: bytes, covered: bytes) -> bytes:
    """What a hardware key signs: flags and counter together with the hashes of application and message. Somebody must
    have touched the key (flag 1)."""
    if len(tail) != 5 or not tail[0] & 1:
        raise Refused("signature.malformed")
    return hashlib.sha256(application).digest() + tail + hashlib.sha256(covered).digest()


def _strings(data: bytes) -> list[bytes]:
    """All strings of which `data` is made up."""
    found, at = [], 0
    while at < len(data):
        part, at = _string(data, at)
        found.append(part)
    return found


def _pair(made: bytes) -> tuple[int, int]:
    """r and s of a signature (RFC 5656, 3.1.2)."""
    numbers = [_number(part) for part in _strings(made)]
    if len(numbers) != 2 or 0 in numbers:
        raise Refused("signature.malformed")
    return numbers[0], numbers[1]


def _number(data: bytes) -> int:
    """An mpint (RFC 4251, section 5); 0, which none of ours is, for a negative one or one with needless zeros."""
    number = int.from_bytes(data, "big")
    return number if len(data) == number.bit_length() // 8 + 1 else 0


def fingerprint(key: str) -> str:
    """Return a key's SHA256 fingerprint as `ssh-keygen -l` prints it."""
    raw = base64.b64decode(key.split()[1])
    return "SHA256:" + base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
