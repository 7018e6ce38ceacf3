"""The messages of DH-HMAC-CHAP, carried by Authentication Send and Receive."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from nvmetcp.errors import LocalProtocolError, RemoteProtocolError
from nvmetcp.record import Buffer

COMMON_MESSAGES, DHCHAP_MESSAGES = 0, 1
PROTOCOL_DHCHAP = 1
FAILED = 1  # reason code: authentication failed
_PROTOCOL_SIZE = 64
_ID_LIST = 30


class Hash(IntEnum):
    """Hash functions."""

    SHA256 = 1
    SHA384 = 2
    SHA512 = 3


HASH_SIZES = {Hash.SHA256: 32, Hash.SHA384: 48, Hash.SHA512: 64}


class Group(IntEnum):
    """Diffie-Hellman groups; NULL means no exchange."""

    NULL = 0
    FFDHE2048 = 1
    FFDHE3072 = 2
    FFDHE4096 = 3
    FFDHE6144 = 4
    FFDHE8192 = 5


class MessageId(IntEnum):
    """Second byte of a message."""

    NEGOTIATE = 0x00
    CHALLENGE = 0x01
    REPLY = 0x02
    SUCCESS1 = 0x03
    SUCCESS2 = 0x04
    FAILURE2 = 0xF0
    FAILURE1 = 0xF1


class FailureReason(IntEnum):
    """Why authentication failed (reason code explanation)."""

    AUTHENTICATION_FAILED = 0x01
    PROTOCOL_UNUSABLE = 0x02
    SECURE_CHANNEL_MISMATCH = 0x03
    HASH_UNUSABLE = 0x04
    GROUP_UNUSABLE = 0x05
    INCORRECT_PAYLOAD = 0x06
    INCORRECT_MESSAGE = 0x07


@dataclass(frozen=True, slots=True)
class Negotiate:
    """Host offers hashes and groups, best first; `secure_channel` asks for TLS to be derived."""

    transaction: int
    hashes: tuple[int, ...]
    groups: tuple[int, ...]
    secure_channel: int = 0


@dataclass(frozen=True, slots=True)
class Challenge:
    """Controller chose, and challenges; `public` is empty with the NULL group."""

    transaction: int
    hash: int
    group: int
    sequence: int
    challenge: bytes
    public: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """Host answers; `challenge` is empty unless the controller must authenticate itself too.

    `sequence` is 0 without a challenge of the host's.
    """

    transaction: int
    response: bytes
    challenge: bytes = b""
    sequence: int = 0
    public: bytes = b""


@dataclass(frozen=True, slots=True)
class Success1:
    """Controller accepts, with its own response if it was challenged."""

    transaction: int
    size: int
    response: bytes = b""


@dataclass(frozen=True, slots=True)
class Success2:
    """Host accepts the controller."""

    transaction: int


@dataclass(frozen=True, slots=True)
class Failure:
    """One side refuses."""

    transaction: int
    explanation: int
    by_host: bool = False
    reason: int = FAILED


Message = Negotiate | Challenge | Reply | Success1 | Success2 | Failure

_HEAD = struct.Struct("<BBHH")
_NEGOTIATE = struct.Struct("<BB")
_PROTOCOL = struct.Struct("<BBBB30s30s")
_CHALLENGE = struct.Struct("<BBBBHI")
_REPLY = struct.Struct("<BBBBHI")
_SUCCESS1 = struct.Struct("<BBB7x")
_FAILURE = struct.Struct("<BB")


def pack_message(message: Message) -> bytes:
    """Return a message as bytes. Raises LocalProtocolError for lists or values that don't fit."""
    try:
        kind, identity, body = _pack(message)
        return _HEAD.pack(kind, identity, 0, message.transaction) + body
    except struct.error as error:
        raise LocalProtocolError(f"{message}: {error}") from error


def _pack(message: Message) -> tuple[int, MessageId, bytes]:
    match message:
        case Negotiate():
            return COMMON_MESSAGES, MessageId.NEGOTIATE, _pack_negotiate(message)
        case Challenge():
            head = _CHALLENGE.pack(
                len(message.challenge), 0, message.hash, message.group,
                len(message.public), message.sequence,
            )  # fmt: skip
            body = head + message.challenge + message.public
            return DHCHAP_MESSAGES, MessageId.CHALLENGE, body
        case Reply():
            return DHCHAP_MESSAGES, MessageId.REPLY, _pack_reply(message)
        case Success1():
            head = _SUCCESS1.pack(message.size, 0, bool(message.response))
            return DHCHAP_MESSAGES, MessageId.SUCCESS1, head + message.response
        case Success2():
            return DHCHAP_MESSAGES, MessageId.SUCCESS2, bytes(10)
        case Failure():
            identity = MessageId.FAILURE2 if message.by_host else MessageId.FAILURE1
            return COMMON_MESSAGES, identity, _FAILURE.pack(message.reason, message.explanation)


def _pack_negotiate(message: Negotiate) -> bytes:
    hashes, groups = bytes(message.hashes), bytes(message.groups)
    if len(hashes) > _ID_LIST or len(groups) > _ID_LIST:
        raise LocalProtocolError(f"more than {_ID_LIST} hashes or groups")
    protocol = _PROTOCOL.pack(PROTOCOL_DHCHAP, 0, len(hashes), len(groups), hashes, groups)
    return _NEGOTIATE.pack(message.secure_channel, 1) + protocol


def _pack_reply(message: Reply) -> bytes:
    size = len(message.response)
    if message.challenge and len(message.challenge) != size:
        raise LocalProtocolError("challenge and response differ in size")
    head = _REPLY.pack(size, 0, bool(message.challenge), 0, len(message.public), message.sequence)
    return head + message.response + message.challenge.ljust(size, b"\0") + message.public


def parse_message(data: Buffer) -> Message:
    """Read a message. Raises RemoteProtocolError when it is short, unknown or inconsistent.

    Bytes behind the message are ignored: Authentication Receive fills its buffer.
    """
    raw = bytes(data)
    try:
        kind, identity, _, transaction = _HEAD.unpack_from(raw)
        reader = _READERS.get((kind, identity))
        if reader is None:
            raise RemoteProtocolError(f"authentication message {kind}/{identity:#04x}")
        return reader(transaction, raw)
    except struct.error as error:
        raise RemoteProtocolError(f"authentication message of {len(raw)} bytes") from error


def _take(raw: bytes, start: int, size: int) -> bytes:
    part = raw[start : start + size]
    if len(part) != size:
        raise RemoteProtocolError(f"authentication message of {len(raw)} bytes is cut short")
    return part


def _hash_size(size: int) -> int:
    if size not in HASH_SIZES.values():
        raise RemoteProtocolError(f"hash of {size} bytes")
    return size


def _read_negotiate(transaction: int, raw: bytes) -> Negotiate:
    secure_channel, count = _NEGOTIATE.unpack_from(raw, _HEAD.size)
    start = _HEAD.size + _NEGOTIATE.size
    for _ in range(count):
        one, _, hashes, groups, hash_ids, group_ids = _PROTOCOL.unpack_from(raw, start)
        start += _PROTOCOL_SIZE
        if one != PROTOCOL_DHCHAP:
            continue
        if hashes > _ID_LIST or groups > _ID_LIST:
            raise RemoteProtocolError(f"{hashes} hashes and {groups} groups offered")
        offered = tuple(hash_ids[:hashes]), tuple(group_ids[:groups])
        return Negotiate(transaction, *offered, secure_channel)
    raise RemoteProtocolError("DH-HMAC-CHAP is not offered")


def _read_challenge(transaction: int, raw: bytes) -> Challenge:
    size, _, hash_id, group, public, sequence = _CHALLENGE.unpack_from(raw, _HEAD.size)
    start = _HEAD.size + _CHALLENGE.size
    challenge = _take(raw, start, _hash_size(size))
    key = _take(raw, start + size, public)
    return Challenge(transaction, hash_id, group, sequence, challenge, key)


def _read_reply(transaction: int, raw: bytes) -> Reply:
    size, _, valid, _, public, sequence = _REPLY.unpack_from(raw, _HEAD.size)
    start = _HEAD.size + _REPLY.size
    response = _take(raw, start, _hash_size(size))
    challenge = _take(raw, start + size, size)  # zeros without a challenge of the host's
    key = _take(raw, start + 2 * size, public)
    return Reply(transaction, response, challenge if valid & 1 else b"", sequence, key)


def _read_success1(transaction: int, raw: bytes) -> Success1:
    size, _, valid = _SUCCESS1.unpack_from(raw, _HEAD.size)
    start = _HEAD.size + _SUCCESS1.size
    return Success1(transaction, size, _take(raw, start, _hash_size(size)) if valid & 1 else b"")


def _read_success2(transaction: int, raw: bytes) -> Success2:
    _take(raw, _HEAD.size, 10)
    return Success2(transaction)


def _read_failure(transaction: int, raw: bytes) -> Failure:
    reason, explanation = _FAILURE.unpack_from(raw, _HEAD.size)
    return Failure(transaction, explanation, raw[1] == MessageId.FAILURE2, reason)


_READERS: dict[tuple[int, int], Callable[[int, bytes], Message]] = {
    (COMMON_MESSAGES, MessageId.NEGOTIATE): _read_negotiate,
    (DHCHAP_MESSAGES, MessageId.CHALLENGE): _read_challenge,
    (DHCHAP_MESSAGES, MessageId.REPLY): _read_reply,
    (DHCHAP_MESSAGES, MessageId.SUCCESS1): _read_success1,
    (DHCHAP_MESSAGES, MessageId.SUCCESS2): _read_success2,
    (COMMON_MESSAGES, MessageId.FAILURE1): _read_failure,
    (COMMON_MESSAGES, MessageId.FAILURE2): _read_failure,
}
