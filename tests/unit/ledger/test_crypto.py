"""Signatures counted in plain Python: the vectors of the standards, and edges that no signer ever makes."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from osgate.ledger import crypto
from osgate.ledger.crypto import edwards, installed, plain, sound, straus, weierstrass

BOTH = pytest.mark.parametrize("by", [plain, installed])
P = 2**255 - 19
# RFC 8032, 7.1, TEST 1 and 2: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
]


@BOTH
@pytest.mark.parametrize(("public", "message", "made"), VECTORS)
def test_the_vectors_of_rfc_8032(by, public, message, made):
    key, covered, signature = (bytes.fromhex(text) for text in (public, message, made))
    assert sound.ed25519(key)
    assert by.ed25519(key, signature, covered)
    assert not by.ed25519(key, signature, covered + b"\0")


@BOTH
def test_s_has_one_value_modulo_the_order(by):
    key, covered, made = (bytes.fromhex(text) for text in (VECTORS[0][0], VECTORS[0][1], VECTORS[0][2]))
    s = int.from_bytes(made[32:], "little")
    for other in (s + edwards.ORDER, s + 2 * edwards.ORDER, edwards.ORDER):
        assert not by.ed25519(key, made[:32] + other.to_bytes(32, "little"), covered)


@BOTH
@pytest.mark.parametrize("cut", [0, 31, 32, 63, 65])
def test_an_ed25519_signature_has_64_bytes(by, cut):
    key, made = bytes.fromhex(VECTORS[0][0]), bytes.fromhex(VECTORS[0][2])
    assert not by.ed25519(key, (made + b"\0")[:cut], b"")


def test_keys_that_anybody_can_sign_with_are_not_asked():
    """Under the neutral element, R = 0 and S = 0 sign every message; the equation holds, the key is refused."""
    neutral = (1).to_bytes(32, "little")
    assert plain.ed25519(neutral, neutral + bytes(32), b"anything")
    assert installed.ed25519(neutral, neutral + bytes(32), b"anything")
    order_eight = sound._OF_EIGHT
    for y in (0, 1, P - 1, order_eight, P - order_eight):
        for sign in (0, 1):
            assert not sound.ed25519((y | sign << 255).to_bytes(32, "little"))


def test_a_point_of_order_eight_is_one():
    point = edwards.decoded(sound._OF_EIGHT.to_bytes(32, "little"))
    assert point is not None
    steps = [point]
    for _ in range(3):
        steps.append(edwards._double(steps[-1]))
    assert [edwards.encoded(each) == (1).to_bytes(32, "little") for each in steps] == [False, False, False, True]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(31),
        bytes(33),
        P.to_bytes(32, "little"),
        (P + 1).to_bytes(32, "little"),
        (1 | 1 << 255).to_bytes(32, "little"),
        (2).to_bytes(32, "little"),
    ],
)
def test_what_is_no_point(data):
    assert edwards.decoded(data) is None
    assert not plain.ed25519(data, bytes(64), b"m")


def test_a_second_spelling_is_not_asked():
    assert not sound.ed25519((P + 3).to_bytes(32, "little"))
    assert not sound.ed25519(bytes(33))


CURVES = [
    ("nistp256", ec.SECP256R1(), SHA256()),
    ("nistp384", ec.SECP384R1(), SHA384()),
    ("nistp521", ec.SECP521R1(), SHA512()),
]


def point_of(private) -> bytes:
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@BOTH
@pytest.mark.parametrize(("curve", "shape", "hash"), CURVES)
def test_every_curve_and_the_bounds_of_r_and_s(by, curve, shape, hash):
    private = ec.derive_private_key(7, shape)
    r, s = utils.decode_dss_signature(private.sign(b"m", ec.ECDSA(hash)))
    point, n = point_of(private), weierstrass.CURVES[curve].order
    assert by.ecdsa(curve, point, (r, s), b"m")
    assert by.ecdsa(curve, point, (r, n - s), b"m"), "both halves of a signature hold in ECDSA"
    for pair in ((r, s + n), (r + n, s), (0, s), (r, 0), (n, s), (r, n), (s, r), (1 << 9000, s)):
        assert not by.ecdsa(curve, point, pair, b"m")
    assert not by.ecdsa(curve, point, (r, s), b"n")


@pytest.mark.parametrize(("curve", "shape", "hash"), CURVES)
def test_small_keys_take_every_branch_of_adding(curve, shape, hash):
    """The keys 1·G, -1·G and 2·G meet the base point's own multiples: equal and opposite points, the neutral one."""
    n = weierstrass.CURVES[curve].order
    for secret in (1, 2, 3, n - 1, n - 2):
        private = ec.derive_private_key(secret, shape)
        pair = utils.decode_dss_signature(private.sign(b"m", ec.ECDSA(hash)))
        assert plain.ecdsa(curve, point_of(private), pair, b"m")


def test_a_sum_that_is_the_neutral_element():
    curve = weierstrass.CURVES["nistp256"]
    key = curve.decoded(point_of(ec.derive_private_key(curve.order - 1, ec.SECP256R1())))
    assert key is not None
    assert curve.x_of_sum(5, 5, key) is None
    assert curve.x_of_sum(6, 5, key) == curve.base[0]


def test_points_that_are_none():
    fine = point_of(ec.derive_private_key(7, ec.SECP256R1()))
    off = fine[:-1] + bytes([fine[-1] ^ 1])
    large = b"\4" + b"\xff" * 64
    for data in (off, large, b"\2" + fine[1:], fine[:-1], b""):
        assert weierstrass.CURVES["nistp256"].decoded(data) is None
        assert not plain.ecdsa("nistp256", data, (1, 1), b"m")
    assert sound.ecdsa("nistp256", off), "whether it lies on the curve is counted, not looked at"
    assert not sound.ecdsa("nistp256", b"\2" + fine[1:])
    assert not sound.ecdsa("nistp256", fine[:-1])
    assert not sound.ecdsa("nistp999", fine)


@pytest.fixture(scope="module")
def rsa_key():
    return rsa.generate_private_key(65537, 2048)


@BOTH
def test_rsa_has_one_signature_of_one_length(by, rsa_key):
    n, e = rsa_key.public_key().public_numbers().n, 65537
    for name, hash in (("sha256", SHA256()), ("sha512", SHA512())):
        made = rsa_key.sign(b"m", padding.PKCS1v15(), hash)
        assert by.rsa(n, e, made, b"m", name)
        other = "sha512" if name == "sha256" else "sha256"
        more = (int.from_bytes(made, "big") + n).to_bytes(257, "big")
        assert not by.rsa(n, e, made, b"m", other)
        for wrong in (b"", made[:-1], made + b"\0", b"\0" + made, more, n.to_bytes(256, "big"), b"\xff" * 256):
            assert not by.rsa(n, e, wrong, b"m", name)


@BOTH
def test_rsa_with_padding_that_hides_something(by):
    """Bleichenbacher 2006: with exponent 3, a short padding and garbage behind the hash, a cube root signs anything."""
    from hashlib import sha256

    n = (1 << 3071) + 1
    told = plain._NAMED["sha256"] + sha256(b"m").digest()
    forged = int.from_bytes(b"\0\1" + b"\xff" * 8 + b"\0" + told + bytes(384 - 11 - len(told)), "big")
    low, high = 0, 1 << 1100
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < forged else (low, middle)
    shown = (low**3).to_bytes(384, "big")
    assert shown.startswith(b"\0\1" + b"\xff" * 8 + b"\0" + told), "the forgery is one to a careless reader"
    assert not by.rsa(n, 3, low.to_bytes(384, "big"), b"m", "sha256")


@pytest.mark.parametrize(
    ("n", "e", "fine"),
    [
        (lambda: (1 << 1023) + 1, 3, True),
        (lambda: (1 << 1022) + 1, 3, False),
        (lambda: (1 << 16383) + 1, (1 << 64) - 1, True),
        (lambda: (1 << 16384) + 1, 3, False),
        (lambda: (1 << 2047) + 1, (1 << 64) + 1, False),
        (lambda: (1 << 2047) + 1, 1, False),
        (lambda: (1 << 2047) + 1, 4, False),
        (lambda: 1 << 2047, 3, False),
        (lambda: 0, 0, False),
    ],
)
def test_which_rsa_keys_are_asked(n, e, fine):
    assert sound.rsa(n(), e) is fine


def test_two_products_at_once_in_a_group_that_is_easy_to_check():
    tables = straus.multiples(0, 5, int.__add__), straus.multiples(0, 11, int.__add__)
    for a, b in ((0, 0), (0, 7), (16, 1), (12345, 1 << 70)):
        assert straus.combined((a, b), tables, int.__add__, lambda n: 2 * n) == 5 * a + 11 * b


def test_the_plain_one_is_chosen_where_there_is_no_other(monkeypatch):
    assert crypto.chosen() is installed
    monkeypatch.delattr(crypto, "installed")
    monkeypatch.setitem(__import__("sys").modules, "osgate.ledger.crypto.installed", None)
    assert crypto.chosen() is plain
