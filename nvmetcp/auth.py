"""The arithmetic of DH-HMAC-CHAP: secrets, key exchange, and responses.

The exchange over ffdhe8192 costs tens of milliseconds: not for an event loop.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import zlib
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives import constant_time, hashes, hmac

from nvmetcp.auth_messages import HASH_SIZES, Group, Hash
from nvmetcp.errors import LocalProtocolError, RemoteProtocolError

SECRET_PREFIX = "DHHC-1:"  # noqa: S105 - the name of the format
KEY_SIZES = (32, 48, 64)
_SALT = b"NVMe-over-Fabrics"
ALGORITHMS: dict[int, type[hashes.HashAlgorithm]] = {
    Hash.SHA256: hashes.SHA256,
    Hash.SHA384: hashes.SHA384,
    Hash.SHA512: hashes.SHA512,
}


def mac(hash_id: int, key: bytes, *parts: bytes) -> bytes:
    """Return the HMAC of the parts together."""
    code = hmac.HMAC(key, ALGORITHMS[hash_id]())
    for part in parts:
        code.update(part)
    return code.finalize()


def encode_checked(key: bytes) -> str:
    """Return a key in base64, its CRC-32 (little-endian) behind it."""
    return base64.b64encode(key + zlib.crc32(key).to_bytes(4, "little")).decode()


def decode_checked(text: str, what: str) -> bytes:
    """Return the key in such text. Raises LocalProtocolError, never showing the key."""
    try:
        whole = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise LocalProtocolError(f"{what}: not base64") from error
    key, check = whole[:-4], whole[-4:]
    if zlib.crc32(key).to_bytes(4, "little") != check:
        raise LocalProtocolError(f"{what}: the checksum is wrong")
    return key


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A secret of a host or controller; `transform` is a Hash, or 0 to use the key as it is."""

    key: bytes
    transform: int = 0

    @classmethod
    def parse(cls, text: str) -> Secret:
        """Read `DHHC-1:0N:BASE64:`. Raises LocalProtocolError saying what is wrong with it."""
        parts = text.strip().split(":")
        if len(parts) != 4 or f"{parts[0]}:" != SECRET_PREFIX or parts[3]:
            raise LocalProtocolError(f"secret: not of the form {SECRET_PREFIX}0N:BASE64:")
        if parts[1] not in ("00", "01", "02", "03"):
            raise LocalProtocolError(f"secret: unknown transformation {parts[1]!r}")
        key = decode_checked(parts[2], "secret")
        transform = int(parts[1])
        sizes = (HASH_SIZES[Hash(transform)],) if transform else KEY_SIZES
        if len(key) not in sizes:
            raise LocalProtocolError(
                f"secret: {len(key)} bytes, not {' or '.join(map(str, sizes))}"
            )
        return cls(key, transform)

    def text(self) -> str:
        """Return the secret as it is configured."""
        return f"{SECRET_PREFIX}{self.transform:02d}:{encode_checked(self.key)}:"

    def transformed(self, nqn: str) -> bytes:
        """Return the key that its owner, `nqn`, uses."""
        if not self.transform:
            return self.key
        return mac(self.transform, self.key, nqn.encode(), _SALT)


EXPONENT_BITS = 512  # twice the strength of the largest group, with room

# RFC 7919: p = 2^b - 2^(b-64) + (floor(2^(b-130) e) + X) 2^64 - 1
_GROUPS = {
    Group.FFDHE2048: (2048, 560316),
    Group.FFDHE3072: (3072, 2625351),
    Group.FFDHE4096: (4096, 5736041),
    Group.FFDHE6144: (6144, 15705020),
    Group.FFDHE8192: (8192, 10965728),
}


@cache
def _euler(bits: int) -> int:
    """Return floor(2^bits e): e = 1 + 1/1! + 1/2! + ... with bits to spare against rounding."""
    guard = 64
    term = total = 1 << bits + guard
    divisor = 1
    while term:
        term //= divisor
        total += term
        divisor += 1
    return total >> guard


@cache
def prime(group: int) -> int:
    """Return the prime of a group. Raises RemoteProtocolError for a group that is none."""
    try:
        bits, x = _GROUPS[Group(group)]
    except (KeyError, ValueError):
        raise RemoteProtocolError(f"Diffie-Hellman group {group}") from None
    return (1 << bits) - (1 << bits - 64) + (_euler(bits - 130) + x << 64) - 1


class KeyExchange:
    """One side of a Diffie-Hellman exchange; `public` is what the other side gets.

    By `pow`: `cryptography` is about to drop these groups. Its run time depends on the exponent, so
    this protects a laboratory, not a network with an enemy who can time one exchange.
    """

    def __init__(self, group: int) -> None:
        self._prime = prime(group)
        self._size = self._prime.bit_length() // 8
        self._private = secrets.randbits(EXPONENT_BITS) | 1 << EXPONENT_BITS - 1
        self.public = pow(2, self._private, self._prime).to_bytes(self._size, "big")

    def session_key(self, peer: bytes, hash_id: int) -> bytes:
        """Return the hash of what both sides share. Raises RemoteProtocolError for a bad value."""
        value = int.from_bytes(peer, "big")
        if len(peer) != self._size or not 1 < value < self._prime - 1:
            raise RemoteProtocolError(f"Diffie-Hellman value of {len(peer)} bytes is out of range")
        if hash_id not in ALGORITHMS:
            raise RemoteProtocolError(f"hash {hash_id}")
        shared = pow(value, self._private, self._prime)
        digest = hashes.Hash(ALGORITHMS[hash_id]())
        digest.update(shared.to_bytes(self._size, "big"))
        return digest.finalize()


@dataclass(frozen=True, slots=True)
class Exchange:
    """What both responses are computed from. `session_key` is empty with the NULL group."""

    hash: int
    transaction: int
    secure_channel: int
    hostnqn: str
    subnqn: str
    session_key: bytes = b""

    def host_response(self, secret: Secret, challenge: bytes, sequence: int) -> bytes:
        """Return what proves the host to the controller."""
        names = (self.hostnqn, self.subnqn)
        return self._response(
            secret.transformed(self.hostnqn), challenge, sequence, b"HostHost", names
        )

    def controller_response(self, secret: Secret, challenge: bytes, sequence: int) -> bytes:
        """Return what proves the controller to the host."""
        names = (self.subnqn, self.hostnqn)
        key = secret.transformed(self.subnqn)
        return self._response(key, challenge, sequence, b"Controller", names)

    def _response(
        self, key: bytes, challenge: bytes, sequence: int, role: bytes, names: tuple[str, str]
    ) -> bytes:
        if self.session_key:
            challenge = mac(self.hash, self.session_key, challenge)
        return mac(
            self.hash, key, challenge, sequence.to_bytes(4, "little"),
            self.transaction.to_bytes(2, "little"), bytes((self.secure_channel,)), role,
            names[0].encode(), b"\0", names[1].encode(),
        )  # fmt: skip


def same(one: bytes, other: bytes) -> bool:
    """Compare two responses in a time that tells nothing."""
    return constant_time.bytes_eq(one, other)
