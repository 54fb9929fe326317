"""Ed25519 keys that sign in process, byte for byte as `ssh-keygen -Y sign` does."""

from __future__ import annotations

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from osgate.ledger.signatures import DECISION, SNAPSHOT


def string(data: bytes) -> bytes:
    """`data` as an SSH string: its length in four bytes, then itself (RFC 4251, section 5)."""
    return len(data).to_bytes(4, "big") + data


def signed_data(namespace: str, message: bytes, hash: str = "sha512") -> bytes:
    """What an SSHSIG signature is made over (OpenSSH, PROTOCOL.sshsig)."""
    hashed = hashlib.new(hash, message).digest()
    return b"SSHSIG" + b"".join(string(part) for part in (namespace.encode(), b"", hash.encode(), hashed))


def envelope(public: bytes, namespace: str, signature: bytes, hash: str = "sha512") -> str:
    """An SSHSIG blob in base64 on one line. public, signature: as SSH encodes them for their algorithm."""
    parts = (public, namespace.encode(), b"", hash.encode(), signature)
    return base64.b64encode(b"SSHSIG\0\0\0\1" + b"".join(string(part) for part in parts)).decode()


class SigningKey:
    """An Ed25519 key made from a seed text: the same seed gives the same key. Never for anything but tests."""

    def __init__(self, seed: str) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._blob = string(b"ssh-ed25519") + string(raw)

    @property
    def public(self) -> str:
        """The public key as it stands in people.toml and osgate.toml: `type base64`."""
        return f"ssh-ed25519 {base64.b64encode(self._blob).decode()}"

    @property
    def private(self) -> bytes:
        """The private key file, as `ssh-keygen -f` reads it (no passphrase)."""
        return self._private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())

    def sign(self, namespace: str, message: bytes) -> str:
        """Return the SSHSIG blob over `message` in base64 on one line."""
        made = self._private.sign(signed_data(namespace, message))
        return envelope(self._blob, namespace, string(b"ssh-ed25519") + string(made))

    def decision(self, message: bytes) -> str:
        """Sign a record: the signer that `composing.compose` takes."""
        return self.sign(DECISION, message)

    def snapshot(self, message: bytes) -> str:
        """Sign as the desk: seals, manifests, taking-away files."""
        return self.sign(SNAPSHOT, message)
