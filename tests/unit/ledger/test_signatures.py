"""SSHSIG signatures: those of ssh-keygen for every kind of key, and everything that is not one."""

from __future__ import annotations

import base64
import subprocess
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import Refused
from osgate.io import ssh
from osgate.ledger import signatures
from osgate.testing.keys import SigningKey, envelope, signed_data, string

MESSAGE = b'{"verb":"approve"}'
NAMESPACE = signatures.DECISION
KEY = SigningKey("zhang.san")
KINDS = {
    "ed25519": ["-t", "ed25519"],
    "ecdsa-256": ["-t", "ecdsa", "-b", "256"],
    "ecdsa-384": ["-t", "ecdsa", "-b", "384"],
    "ecdsa-521": ["-t", "ecdsa", "-b", "521"],
    "rsa": ["-t", "rsa", "-b", "2048"],
}


def refused(value: str, message: bytes = MESSAGE, namespace: str = NAMESPACE) -> str:
    with pytest.raises(Refused) as error:
        signatures.verify(value, message, namespace)
    return error.value.code


def run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module", params=KINDS)
def real(request, tmp_path_factory):
    """A key of ssh-keygen's: (its path, its public half)."""
    path = tmp_path_factory.mktemp("keys") / request.param
    run("ssh-keygen", "-q", "-N", "", "-C", "c", "-f", str(path), *KINDS[request.param])
    return path, " ".join(path.with_name(path.name + ".pub").read_text().split()[:2])


def test_what_ssh_keygen_signs_verifies_and_names_the_key(real):
    path, public = real
    value = ssh.sign(str(path), NAMESPACE, MESSAGE)
    assert signatures.verify(value, MESSAGE, NAMESPACE) == public
    assert refused(value, MESSAGE + b" ") == "signature.wrong"
    assert refused(value, namespace=signatures.SNAPSHOT) == "signature.namespace"
    assert signatures.fingerprint(public) in run("ssh-keygen", "-l", "-f", f"{path}.pub")


def test_both_hashes_and_the_armour(real, tmp_path):
    path, public = real
    message = tmp_path / "m"
    for hash in ("sha256", "sha512"):
        message.write_bytes(MESSAGE)
        run("ssh-keygen", "-Y", "sign", "-q", "-n", NAMESPACE, "-O", f"hashalg={hash}", "-f", str(path), str(message))
        armoured = message.with_name("m.sig").read_text()
        message.with_name("m.sig").unlink()
        assert signatures.parse(armoured).hash == hash
        assert signatures.verify(armoured, MESSAGE, NAMESPACE) == public


def test_another_keys_signature_does_not_verify_under_this_key(real):
    path, _ = real
    made = signatures.parse(ssh.sign(str(path), NAMESPACE, MESSAGE))
    assert refused(envelope(blob_of(KEY.public), NAMESPACE, made.blob)) in ("signature.wrong", "signature.malformed")
    own = signatures.parse(KEY.decision(MESSAGE))
    assert refused(envelope(blob_of(made.key), NAMESPACE, own.blob)) == "signature.wrong"


def test_the_signer_of_the_tests_signs_as_ssh_keygen_does(tmp_path):
    path = tmp_path / "k"
    path.write_bytes(KEY.private)
    path.chmod(0o600)
    assert ssh.public_key(str(path)) == KEY.public
    assert ssh.sign(str(path), NAMESPACE, MESSAGE) == KEY.decision(MESSAGE)


def test_rsa_with_either_of_its_algorithms_and_no_other():
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.hashes import SHA1, SHA512

    key = rsa.generate_private_key(65537, 2048)
    public = blob_of(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode())
    covered = signed_data(NAMESPACE, MESSAGE)
    for name, hash, fine in (
        (b"rsa-sha2-256", SHA256(), True),
        (b"rsa-sha2-512", SHA512(), True),
        (b"ssh-rsa", SHA1(), False),
        (b"rsa-sha2-256", SHA512(), False),
    ):
        value = envelope(public, NAMESPACE, string(name) + string(key.sign(covered, padding.PKCS1v15(), hash)))
        if fine:
            assert blob_of(signatures.verify(value, MESSAGE, NAMESPACE)) == public
        else:
            assert refused(value) == "signature.wrong"


def mpint(number: int) -> bytes:
    """As OpenSSH writes it: RFC 4251, section 5."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def blob_of(key: str) -> bytes:
    return base64.b64decode(key.split()[1])


class Token:
    """A hardware key as OpenSSH's PROTOCOL.u2f has it: what it signs names the application, flags and a counter."""

    def __init__(self, curve: str) -> None:
        self.kind = f"sk-{curve}@openssh.com".encode()
        if curve == "ssh-ed25519":
            self.private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
            point = [self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)]
        else:
            self.private = ec.derive_private_key(7, ec.SECP256R1())
            raw = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            point = [b"nistp256", raw]
        self.public = b"".join(string(part) for part in (self.kind, *point, b"ssh:"))

    def sign(self, flags: int = 1, *, algorithm: bytes = b"", tail: bytes = b"") -> str:
        counter = (42).to_bytes(4, "big")
        covered = signed_data(NAMESPACE, MESSAGE)
        asked = sha256(b"ssh:").digest() + bytes([flags]) + counter + sha256(covered).digest()
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            made = self.private.sign(asked)
        else:
            r, s = utils.decode_dss_signature(self.private.sign(asked, ec.ECDSA(SHA256())))
            made = b"".join(string(mpint(n)) for n in (r, s))
        blob = string(algorithm or self.kind) + string(made) + bytes([flags]) + counter + tail
        return envelope(self.public, NAMESPACE, blob)


@pytest.mark.parametrize("curve", ["ssh-ed25519", "ecdsa-sha2-nistp256"])
def test_hardware_keys(curve):
    token = Token(curve)
    key = f"{token.kind.decode()} {base64.b64encode(token.public).decode()}"
    assert signatures.verify(token.sign(), MESSAGE, NAMESPACE) == key
    assert signatures.verify(token.sign(5), MESSAGE, NAMESPACE) == key
    assert refused(token.sign(), b"other") == "signature.wrong"
    assert refused(token.sign(4)) == "signature.malformed", "nobody touched it"
    assert refused(token.sign(tail=b"\0")) == "signature.malformed"
    assert refused(token.sign(algorithm=b"xx-" + token.kind[3:])) == "signature.malformed"
    other = Token("ssh-ed25519" if curve != "ssh-ed25519" else "ecdsa-sha2-nistp256")
    other.kind, other.public = token.kind, token.public
    assert refused(other.sign()) in ("signature.wrong", "signature.malformed")


def test_a_hardware_key_without_a_key_in_it():
    kind = b"sk-ssh-ed25519@openssh.com"
    blob = string(kind) + string(b"x" * 64) + b"\x01\0\0\0\x2a"
    assert refused(envelope(string(kind), NAMESPACE, blob)) == "signature.wrong"


def raw_envelope(*, magic=b"SSHSIG", version=b"\0\0\0\1", reserved=b"", hash=b"sha512", blob=None, tail=b"") -> str:
    made = signatures.parse(KEY.decision(MESSAGE)).blob if blob is None else blob
    parts = (blob_of(KEY.public), NAMESPACE.encode(), reserved, hash, made)
    return base64.b64encode(magic + version + b"".join(map(string, parts)) + tail).decode()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "-",
        "not base64!",
        "AAAA",
        "é",
        raw_envelope(magic=b"SSHSIX"),
        raw_envelope(version=b"\0\0\0\2"),
        raw_envelope(reserved=b"x"),
        raw_envelope(hash=b"md5"),
        raw_envelope(hash=b"\xff"),
        raw_envelope(tail=b"\0"),
        raw_envelope(blob=b""),
        raw_envelope(blob=string(b"ssh-ed25519")),
        raw_envelope(blob=string(b"ssh-ed25519") + string(b"x" * 64) + b"tail"),
        raw_envelope(blob=string(b"x" * 20_000)),
        raw_envelope().replace("U", "U\n", 1) + " ",
    ],
)
def test_what_is_no_signature_is_malformed(value):
    assert refused(value) == "signature.malformed"


def test_a_signature_of_a_curve_with_something_behind_it():
    private = ec.derive_private_key(7, ec.SECP256R1())
    public = blob_of(private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode())
    pair = utils.decode_dss_signature(private.sign(signed_data(NAMESPACE, MESSAGE), ec.ECDSA(SHA256())))
    made = b"".join(string(mpint(n)) for n in pair)
    name = string(b"ecdsa-sha2-nistp256")
    assert signatures.verify(envelope(public, NAMESPACE, name + string(made)), MESSAGE, NAMESPACE)
    assert refused(envelope(public, NAMESPACE, name + string(made + b"\0"))) == "signature.malformed"


@pytest.mark.parametrize("public", [b"", string(b"ssh-ed25519"), string(b"ssh-nothing") + string(b"x")])
def test_a_key_that_is_none(public):
    blob = string(b"ssh-ed25519") + string(b"x" * 64)
    assert refused(envelope(public, NAMESPACE, blob)) in ("signature.wrong", "signature.malformed")


def test_one_spelling_for_one_signature():
    """The unused bits of base64's last digit, a lost newline: nothing may change unnoticed."""
    value = KEY.decision(MESSAGE)
    stripped = value.rstrip("=")
    assert len(value) - len(stripped) > 0, "this key's blob has unused bits"
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = stripped[:-1] + digits[digits.index(stripped[-1]) + 1] + "=" * (len(value) - len(stripped))
    assert base64.b64decode(other) == base64.b64decode(value)
    assert refused(other) == "signature.malformed"


def test_armour_is_whole_or_not_there():
    body = KEY.decision(MESSAGE)
    begin, end = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
    cut = "\n".join(body[at : at + 70] for at in range(0, len(body), 70))
    for whole in (f"{begin}\n{cut}\n{end}\n", f"{begin}\n{cut}\n{end}", body):
        assert signatures.verify(whole, MESSAGE, NAMESPACE) == KEY.public
    wrong = [f"{begin}\n{cut}", f"{cut}\n{end}", f"-----BEGIN-----\n{cut}\n{end}", f"{begin}\n{end}", cut, f"{body}\n"]
    wrong += [f"{begin}\n{body}\n{end}", f"{begin}\n\n{cut}\n{end}", f"{begin}\n{cut}\n{end}\n\n", f"\n{body}", ""]
    wrong += [f"{begin} \n{cut}\n{end}", f"{begin}\n{cut[:70]}\r\n{cut[71:]}\n{end}", f"{body[:9]} {body[9:]}"]
    for value in wrong:
        assert refused(value) == "signature.malformed"


@pytest.mark.parametrize("high", [False, True])
def test_the_numbers_of_a_curve_have_one_spelling_and_either_half_of_the_order(high):
    """OpenSSH makes low and high ones alike; padded or unsigned it makes none."""
    from osgate.ledger.crypto.weierstrass import CURVES

    private, order = ec.derive_private_key(7, ec.SECP256R1()), CURVES["nistp256"].order
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    kind = b"ecdsa-sha2-nistp256"
    public = b"".join(map(string, (kind, b"nistp256", point)))
    r, s = utils.decode_dss_signature(private.sign(signed_data(NAMESPACE, MESSAGE), ec.ECDSA(SHA256())))
    s = max(s, order - s) if high else min(s, order - s)

    def value(*parts: bytes) -> str:
        return envelope(public, NAMESPACE, string(kind) + string(b"".join(map(string, parts))))

    assert blob_of(signatures.verify(value(mpint(r), mpint(s)), MESSAGE, NAMESPACE)) == public
    for parts in ((b"\0" + mpint(r), mpint(s)), (mpint(r), bytes(9000) + mpint(s)), (b"", mpint(s)), (mpint(r), b"")):
        assert refused(value(*parts)) == "signature.malformed"
    if high:
        assert s.bit_length() == 256
        assert refused(value(mpint(r), s.to_bytes(32, "big"))) == "signature.malformed"


@settings(max_examples=100)
@given(st.data())
def test_one_changed_byte_anywhere_is_noticed(data):
    raw = bytearray(base64.b64decode(KEY.decision(MESSAGE)))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Refused):
        signatures.verify(base64.b64encode(raw).decode(), MESSAGE, NAMESPACE)


@settings(max_examples=100)
@given(st.integers(0, 10_000))
def test_a_truncated_signature_is_malformed(cut):
    raw = base64.b64decode(KEY.decision(MESSAGE))
    with pytest.raises(Refused, match=r"signature\.malformed"):
        signatures.parse(base64.b64encode(raw[: cut % len(raw)]).decode())


@settings(max_examples=100)
@given(st.one_of(st.text(), st.binary(max_size=400).map(lambda b: base64.b64encode(b"SSHSIG\0\0\0\1" + b).decode())))
def test_any_text_is_refused_and_nothing_worse(value):
    with pytest.raises(Refused):
        signatures.verify(value, MESSAGE, NAMESPACE)


@settings(max_examples=100)
@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_key_and_signature_are_refused_and_nothing_worse(public, blob):
    kinds = (b"ssh-ed25519", b"ssh-rsa", b"ecdsa-sha2-nistp256", b"sk-ssh-ed25519@openssh.com", b"ssh-dss")
    for kind in kinds:
        with pytest.raises(Refused):
            signatures.verify(envelope(string(kind) + public, NAMESPACE, string(kind) + blob), MESSAGE, NAMESPACE)
