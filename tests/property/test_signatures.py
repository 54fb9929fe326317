"""Whatever the key and whatever is signed: `cryptography` and the plain reader say the same, in the same words."""

from __future__ import annotations

import base64
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.errors import Refused
from osgate.ledger import signatures
from osgate.ledger.crypto import installed, plain
from osgate.testing.keys import envelope, signed_data, string

NAMESPACE = signatures.SNAPSHOT
RSA = rsa.generate_private_key(65537, 1024)
CURVES = {
    b"nistp256": (ec.derive_private_key(11, ec.SECP256R1()), SHA256()),
    b"nistp384": (ec.derive_private_key(11, ec.SECP384R1()), SHA384()),
    b"nistp521": (ec.derive_private_key(11, ec.SECP521R1()), SHA512()),
}
EDWARDS = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KINDS = ("ed25519", "nistp256", "nistp384", "nistp521", "rsa-sha2-256", "rsa-sha2-512", "sk-ed25519", "sk-nistp256")


def mpint(number: int) -> bytes:
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


def by_curve(name: bytes, covered: bytes) -> tuple[bytes, bytes]:
    private, hash = CURVES[name]
    r, s = utils.decode_dss_signature(private.sign(covered, ec.ECDSA(hash)))
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return string(name) + string(point), mpint(r) + mpint(s)


def by_edwards(covered: bytes) -> tuple[bytes, bytes]:
    return string(EDWARDS.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)), EDWARDS.sign(covered)


def signed(kind: str, message: bytes) -> tuple[bytes, bytes]:
    """The public key and the signature's blob of any kind of key, as SSH has them."""
    covered = signed_data(NAMESPACE, message)
    if kind.startswith("rsa"):
        numbers = RSA.public_key().public_numbers()
        made = RSA.sign(covered, padding.PKCS1v15(), SHA256() if kind.endswith("256") else SHA512())
        return string(b"ssh-rsa") + mpint(numbers.e) + mpint(numbers.n), string(kind.encode()) + string(made)
    hardware, tail = kind.startswith("sk-"), b""
    if hardware:
        tail = b"\1\0\0\0\7"
        covered = sha256(b"ssh:").digest() + tail + sha256(covered).digest()
    curve = kind.removeprefix("sk-").encode()
    fields, made = by_edwards(covered) if curve == b"ed25519" else by_curve(curve, covered)
    name = b"ssh-ed25519" if curve == b"ed25519" else b"ecdsa-sha2-" + curve
    if hardware:
        name, fields = b"sk-" + name + b"@openssh.com", fields + string(b"ssh:")
    return string(name) + fields, string(name) + string(made) + tail


def said(value: str, message: bytes) -> tuple[str, str]:
    """What both say of a signature: the key that made it, or why it is refused."""
    found = []
    for by in (installed, plain):
        try:
            found.append(signatures.verify(value, message, NAMESPACE, by))
        except Refused as error:
            found.append(error.code)
    return found[0], found[1]


@settings(max_examples=24, deadline=None)
@given(st.sampled_from(KINDS), st.binary(max_size=40))
def test_what_is_well_signed_holds_with_both(kind, message):
    public, blob = signed(kind, message)
    first, second = said(envelope(public, NAMESPACE, blob), message)
    assert first == second
    assert base64.b64decode(first.split()[1]) == public


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 1 << 20), st.integers(1, 255), st.booleans())
def test_one_byte_changed_in_key_or_signature(kind, at, flip, in_key):
    parts = [bytearray(part) for part in signed(kind, b"m")]
    chosen = parts[0 if in_key else 1]
    chosen[at % len(chosen)] ^= flip
    first, second = said(envelope(bytes(parts[0]), NAMESPACE, bytes(parts[1])), b"m")
    assert first == second
    assert first in ("signature.wrong", "signature.malformed")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 1 << 20), st.binary(max_size=3), st.booleans())
def test_cut_off_or_prolonged(kind, at, tail, in_key):
    parts = list(signed(kind, b"m"))
    chosen = 0 if in_key else 1
    whole = parts[chosen]
    parts[chosen] = whole[: at % len(whole)] + tail
    if parts[chosen] == whole:
        return
    first, second = said(envelope(parts[0], NAMESPACE, parts[1]), b"m")
    assert first == second
    assert first.startswith("signature.")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.sampled_from(KINDS))
def test_one_kinds_signature_under_anothers_key(kind, other):
    first, second = said(envelope(signed(kind, b"m")[0], NAMESPACE, signed(other, b"m")[1]), b"m")
    assert first == second
    assert (" " in first) == (kind == other or {kind, other} == {"rsa-sha2-256", "rsa-sha2-512"})


HOSTILE = st.one_of(
    st.binary(min_size=32, max_size=32),
    st.integers(0, 40).map(lambda n: (2**255 - 19 + n).to_bytes(32, "little")),
    st.integers(0, 40).map(lambda n: (n | (n & 1) << 255).to_bytes(32, "little")),
)


@settings(max_examples=150, deadline=None)
@given(HOSTILE, HOSTILE, st.one_of(HOSTILE, st.just(bytes(32))), st.binary(max_size=4))
def test_ed25519_keys_and_signatures_that_nobody_makes(key, half, s, message):
    blob = string(b"ssh-ed25519") + string(half + s)
    first, second = said(envelope(string(b"ssh-ed25519") + string(key), NAMESPACE, blob), message)
    assert first == second == "signature.wrong"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(CURVES)), st.binary(max_size=140), st.integers(0, 1 << 530), st.integers(0, 1 << 530))
def test_points_and_pairs_that_nobody_makes(curve, point, r, s):
    name = string(b"ecdsa-sha2-" + curve)
    blob = name + string(mpint(r) + mpint(s))
    for each in (point, b"\4" + point):
        first, second = said(envelope(name + string(curve) + string(each), NAMESPACE, blob), b"m")
        assert first == second == "signature.wrong"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 2100), st.integers(0, 1 << 70), st.binary(max_size=270))
def test_moduli_and_exponents_that_nobody_makes(n, e, made):
    blob = string(b"rsa-sha2-256") + string(made)
    for modulus in (n, n | 1 << 2047):
        public = string(b"ssh-rsa") + mpint(e) + mpint(modulus)
        first, second = said(envelope(public, NAMESPACE, blob), b"m")
        assert first == second == "signature.wrong"


def test_a_number_with_needless_zeros_or_below_zero_is_no_key():
    _, blob = signed("rsa-sha2-256", b"m")
    numbers = RSA.public_key().public_numbers()
    fine = numbers.n.to_bytes(129, "big")
    for n in (b"\0" + fine, fine[1:], b"\xff" + fine, b""):
        public = string(b"ssh-rsa") + mpint(numbers.e) + string(n)
        assert said(envelope(public, NAMESPACE, blob), b"m") == ("signature.wrong", "signature.wrong")


def test_a_pair_of_three_is_malformed():
    public, _ = signed("nistp256", b"m")
    blob = string(b"ecdsa-sha2-nistp256") + string(mpint(1) * 3)
    assert said(envelope(public, NAMESPACE, blob), b"m") == ("signature.malformed", "signature.malformed")
