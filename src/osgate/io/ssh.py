"""`ssh-keygen`: making signatures and keys. Checking them needs no program (see `ledger.signatures`)."""

from __future__ import annotations

import os
import tempfile

from osgate.errors import UsageError
from osgate.io import process


def sign(key: str, namespace: str, message: bytes) -> str:
    """Sign `message` with the private key file `key` (or the agent's, if `key` is a public key file).

    Returns the SSHSIG blob in base64 on one line. Raises UsageError: `key.missing`, `key.failed` (with ssh-keygen's own
    words), `program.missing`.
    """
    if not os.path.exists(key):
        raise UsageError("key.missing", path=key)
    with tempfile.TemporaryDirectory(prefix="osgate-") as folder:
        path = os.path.join(folder, "message")
        with open(path, "wb") as file:
            file.write(message)
        code, _, said = process.run(["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", key, path])
        if code != 0:
            words = said.decode("utf-8", "replace").strip().splitlines()
            raise UsageError("key.failed", path=key, detail=" ".join(words[-2:]))
        with open(path + ".sig", encoding="ascii") as file:
            return "".join(line.strip() for line in file if not line.startswith("-----"))


def public_key(key: str) -> str:
    """Return the public half (`type base64`) of the private or public key file `key`.

    Raises UsageError: `key.missing`, `key.failed`, `program.missing`.
    """
    if not os.path.exists(key):
        raise UsageError("key.missing", path=key)
    path = key if key.endswith(".pub") else key + ".pub"
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            return " ".join(file.read().split()[:2])
    code, said, error = process.run(["ssh-keygen", "-y", "-P", "", "-f", key])
    if code != 0:
        raise UsageError("key.failed", path=key, detail=error.decode("utf-8", "replace").strip()[-200:])
    return " ".join(said.decode("utf-8", "replace").split()[:2])


def make_key(path: str, comment: str) -> str:
    """Make an Ed25519 key pair without passphrase at `path`; return its public half. Raises UsageError as `sign`."""
    os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
    code, _, said = process.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path])
    if code != 0:
        raise UsageError("key.failed", path=path, detail=said.decode("utf-8", "replace").strip()[-200:])
    return public_key(path)
