"""DH-HMAC-CHAP and TLS keys against values that others computed, and between two sides of ours."""

from __future__ import annotations

import hashlib
import hmac
import shutil
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nvmetcp import auth_messages as m
from nvmetcp import psk
from nvmetcp.auth import Exchange, KeyExchange, Secret, prime, same
from nvmetcp.errors import LocalProtocolError, RemoteProtocolError

HOSTNQN, SUBNQN = "nqn.2026-01.io.lab:h", "nqn.2026-01.io.lab:s"


def test_golden_negotiate() -> None:
    message = m.Negotiate(0x1234, (m.Hash.SHA512, m.Hash.SHA256), (m.Group.NULL, m.Group.FFDHE8192))
    golden = bytes.fromhex("0000 0000 3412 00 01") + bytes.fromhex("01 00 02 02")
    golden += b"\x03\x01".ljust(30, b"\0") + b"\x00\x05".ljust(30, b"\0")
    assert m.pack_message(message) == golden
    assert m.parse_message(golden + b"trailing") == message


def test_golden_challenge_reply_and_results() -> None:
    challenge = m.Challenge(1, m.Hash.SHA256, m.Group.FFDHE2048, 0x04030201, b"c" * 32, b"p" * 256)
    golden = bytes.fromhex("0101 0000 0100 20 00 01 01 0001 01020304") + b"c" * 32 + b"p" * 256
    assert m.pack_message(challenge) == golden
    one_way = m.Reply(1, b"r" * 32)
    golden = bytes.fromhex("0102 0000 0100 20 00 00 00 0000 00000000") + b"r" * 32 + bytes(32)
    assert m.pack_message(one_way) == golden
    mutual = m.Reply(1, b"r" * 32, b"c" * 32, 7, b"p" * 256)
    golden = bytes.fromhex("0102 0000 0100 20 00 01 00 0001 07000000") + b"r" * 32 + b"c" * 32
    assert m.pack_message(mutual) == golden + b"p" * 256
    assert m.pack_message(m.Success1(1, 48)) == bytes.fromhex("0103 0000 0100 30 00 00") + bytes(7)
    assert m.pack_message(m.Success2(1)) == bytes.fromhex("0104 0000 0100") + bytes(10)
    failure = m.Failure(1, m.FailureReason.HASH_UNUSABLE)
    assert m.pack_message(failure) == bytes.fromhex("00f1 0000 0100 01 04")
    messages: list[m.Message] = [
        challenge,
        one_way,
        mutual,
        m.Success1(1, 48),
        m.Success2(1),
        failure,
    ]
    for message in messages:
        assert m.parse_message(m.pack_message(message)) == message


sizes = st.sampled_from([32, 48, 64])


@settings(max_examples=100)
@given(st.integers(0, 0xFFFF), sizes, st.binary(max_size=600), st.booleans(), st.data())
def test_messages_come_back_and_never_whole_when_cut(
    transaction: int, size: int, public: bytes, mutual: bool, draw: st.DataObject
) -> None:
    value = bytes(range(size))
    messages: list[m.Message] = [
        m.Challenge(transaction, 1, 2, 3, value, public),
        m.Reply(transaction, value, value if mutual else b"", 9, public),
        m.Success1(transaction, size, value if mutual else b""),
        m.Failure(transaction, 5, by_host=mutual),
        m.Negotiate(transaction, tuple(range(size // 16)), tuple(range(size // 8))),
    ]
    message = draw.draw(st.sampled_from(messages))
    packed = m.pack_message(message)
    assert m.parse_message(packed) == message
    if isinstance(message, m.Success1) and not mutual:
        return
    with pytest.raises(RemoteProtocolError):
        m.parse_message(packed[:-1])


@pytest.mark.parametrize(
    "text",
    [
        "010100000100 21",
        "0199",
        "000000000100 0002",
        "0001 0000 0100 20",
        "01",
        "000000000100 0000",
    ],
)
def test_messages_that_are_refused(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        m.parse_message(bytes.fromhex(text).ljust(16, b"\0") if len(text) > 4 else b"\x01")


def test_secrets_that_nvme_cli_made() -> None:
    for text in (
        "DHHC-1:01:rPTE0Q73nd3hEqqEuQNaPL11G/aFXpOHtldWXz9vNCeef4WV:",
        "DHHC-1:01:x7ecfGgIdOEl+J5cJ9JcZHOS2By2Me6eDJUnrsT9MVrCWRYV:",
    ):
        secret = Secret.parse(text)
        assert (secret.transform, len(secret.key)) == (m.Hash.SHA256, 32)
        assert secret.text() == text


@pytest.mark.parametrize("transform", [0, 1, 2, 3])
def test_a_secret_is_transformed_for_its_owner(transform: int) -> None:
    size = {0: 48, 1: 32, 2: 48, 3: 64}[transform]
    secret = Secret.parse(Secret(b"k" * size, transform).text())
    name = {1: "sha256", 2: "sha384", 3: "sha512"}.get(transform)
    message = HOSTNQN.encode() + b"NVMe-over-Fabrics"
    wanted = hmac.new(b"k" * size, message, name).digest() if name else b"k" * size
    assert secret.transformed(HOSTNQN) == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("DHHC-1:01:abc", "not of the form DHHC-1:0N:BASE64:"),
        ("DHHC-2:01:abc:", "not of the form"),
        ("DHHC-1:04:abc:", "unknown transformation '04'"),
        ("DHHC-1:01:a*c:", "not base64"),
        ("DHHC-1:01:rPTE0Q73nd3hEqqEuQNaPL11G/aFXpOHtldWXz9vNCeef4WA:", "checksum is wrong"),
        (Secret(b"k" * 32, 3).text(), "32 bytes, not 64"),
        (Secret(b"k" * 33, 0).text(), "33 bytes, not 32 or 48 or 64"),
    ],
)
def test_secrets_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(LocalProtocolError, match=message) as caught:
        Secret.parse(text)
    assert "rPTE" not in str(caught.value)
    assert "kkk" not in repr(Secret(b"k" * 32))


@pytest.mark.parametrize("group", [group for group in m.Group if group])
def test_primes_are_safe_and_those_of_the_library(group: m.Group) -> None:
    value = prime(group)
    assert pow(2, (value - 1) // 2, value) == 1
    assert value >> value.bit_length() - 128 == 0xFFFFFFFFFFFFFFFFADF85458A2BB4A9A
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    name = f"group:{group.name.lower()}"
    command = ["openssl", "genpkey", "-algorithm", "DH", "-pkeyopt", name, "-text"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"GROUP: {group.name.lower()}" in shown


def test_null_group_has_no_prime() -> None:
    for group in (m.Group.NULL, 6, 255):
        with pytest.raises(RemoteProtocolError):
            prime(group)


@pytest.mark.parametrize("group", [m.Group.FFDHE2048, m.Group.FFDHE3072])
def test_both_sides_share_a_key(group: m.Group) -> None:
    one, other = KeyExchange(group), KeyExchange(group)
    shared = one.session_key(other.public, m.Hash.SHA384)
    assert shared == other.session_key(one.public, m.Hash.SHA384)
    assert len(shared) == 48
    top = prime(group)
    for bad in (0, 1, top - 1, top):
        with pytest.raises(RemoteProtocolError):
            one.session_key(bad.to_bytes(len(one.public), "big"), m.Hash.SHA384)
    for malformed in (b"", one.public[1:], one.public + b"\0"):
        with pytest.raises(RemoteProtocolError):
            one.session_key(malformed, m.Hash.SHA384)
    with pytest.raises(RemoteProtocolError):
        one.session_key(other.public, 9)


def by_hand(key: bytes, challenge: bytes, session: bytes, role: bytes, names: bytes) -> bytes:
    """The response as the specification's formula, with Python's own hmac."""
    if session:
        challenge = hmac.new(session, challenge, "sha512").digest()
    rest = struct.pack("<IHB", 77, 5, 1) + role + names
    return hmac.new(key, challenge + rest, "sha512").digest()


@pytest.mark.parametrize("session", [b"", b"s" * 64])
def test_responses_by_the_formula(session: bytes) -> None:
    exchange = Exchange(m.Hash.SHA512, 5, 1, HOSTNQN, SUBNQN, session)
    secret, challenge = Secret(b"k" * 32, m.Hash.SHA256), b"c" * 64
    host, controller = HOSTNQN.encode(), SUBNQN.encode()
    key = hmac.new(b"k" * 32, host + b"NVMe-over-Fabrics", "sha256").digest()
    wanted = by_hand(key, challenge, session, b"HostHost", host + b"\0" + controller)
    response = exchange.host_response(secret, challenge, 77)
    assert response == wanted
    key = hmac.new(b"k" * 32, controller + b"NVMe-over-Fabrics", "sha256").digest()
    wanted = by_hand(key, challenge, session, b"Controller", controller + b"\0" + host)
    assert exchange.controller_response(secret, challenge, 77) == wanted
    assert same(response, bytes(response))
    assert not same(response, wanted)


# Inputs and values of the Linux kernel's own unit test: session key "ABC...", challenges
# 00 01 02 ... and ff fe fd ..., names "hostnqn" and "subsysnqn".
KERNEL = {
    m.Hash.SHA256: (
        "1733c59fa7f48fcf37f5f26fc4ff0268ad4f78e030f4f3b0bfd1d47e7bb1447a",
        "OldoKuTfKddMuyCznAZojkWD7P4D9/AtzDzLimtOxqI=",
        "3c17da628474a04d2247c4cab47968c915388193f7c071bd9489cc3666cd7cc8",
    ),
    m.Hash.SHA384: (
        (
            "f14b2dd3234c459694d3bc63f8968bd6b37c2c6de849e22e11874900"
            "1ce4bbe8640b9e3a748cb11ce4b1d71d359cce39"
        ),
        "cffMWk8TSS7HOQebjgYEIkrPrjWPV4JE5cdPB8WhEvY4JBW5YynKyv66XscN4A9n",
        (
            "2774753233537b3fa50eb7d16a8e43457d85f4906c005b2236616c5d"
            "80939d0898fff15bb8b77119d2be0aac423e7590"
        ),
    ),
}


@pytest.mark.parametrize("hash_id", KERNEL)
def test_keys_and_digests_are_the_kernels(hash_id: m.Hash) -> None:
    generated, digest, key = KERNEL[hash_id]
    size = m.HASH_SIZES[hash_id]
    session = bytes(0x41 + index for index in range(size))
    first, second = bytes(range(size)), bytes(0xFF - index for index in range(size))
    made = psk.generated(hash_id, session, first, second)
    assert made.hex() == generated
    assert psk.digest(hash_id, made, "hostnqn", "subsysnqn") == digest
    assert psk.tls_key(hash_id, made, f"{hash_id:02d} {digest}").hex() == key


def test_a_configured_key_becomes_identity_and_key() -> None:
    text = "NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrZ:"
    key = psk.ConfiguredPsk.parse(text)
    assert key.text() == text
    old, new = psk.derive(key, HOSTNQN, SUBNQN, 0), psk.derive(key, HOSTNQN, SUBNQN, 1)
    assert old.identity == f"NVMe0R01 {HOSTNQN} {SUBNQN}"
    retained = key.retained(HOSTNQN)
    check = psk.digest(m.Hash.SHA256, retained, HOSTNQN, SUBNQN)
    assert new.identity == f"NVMe1R01 {HOSTNQN} {SUBNQN} {check}"
    assert len({old.key, new.key, retained, key.key}) == 4
    extracted = hmac.new(bytes(32), key.key, "sha256").digest()
    label, context = b"tls13 HostNQN", HOSTNQN.encode()
    info = b"\0\x20" + bytes((len(label),)) + label + bytes((len(context),)) + context
    assert retained == hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()
    assert psk.ConfiguredPsk(b"k" * 32, 0).retained(HOSTNQN) == b"k" * 32
    assert psk.derive(psk.ConfiguredPsk(b"k" * 48, 2), HOSTNQN, SUBNQN).identity.startswith(
        "NVMe1R02"
    )
    assert "kkk" not in repr(psk.ConfiguredPsk(b"k" * 32))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("NVMeTLSkey-1:01:abc", "not of the form NVMeTLSkey-1:0N:BASE64:"),
        ("NVMeTLSkey-1:03:abc:", "unknown hash '03'"),
        ("NVMeTLSkey-1:01:VRLbtnN9AQb2WXW3c9+wEf/DRLz0QuLdbYvEhwtdWwNf9LrA:", "checksum is wrong"),
        (psk.ConfiguredPsk(b"k" * 64).text(), "64 bytes, not 32 or 48"),
    ],
)
def test_keys_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(LocalProtocolError, match=message):
        psk.ConfiguredPsk.parse(text)


def test_names_too_long_for_a_key() -> None:
    key = psk.ConfiguredPsk(b"k" * 32, 0)
    with pytest.raises(LocalProtocolError, match="too long"):
        psk.derive(key, "h" * 200, "s" * 200, 0)
    with pytest.raises(LocalProtocolError, match="version 2"):
        psk.derive(key, "h", "s", 2)
