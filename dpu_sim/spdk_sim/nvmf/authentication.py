"""DH-HMAC-CHAP, the controller's side: NVM Express Base Specification 2.0, section 8.13.

One conversation for every queue: host sends Negotiate, fetches the Challenge, sends its Reply,
fetches Success1 (with our own response, if it has challenged us), and then confirms that.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass
from enum import Enum, auto

from dpu_sim.spdk_sim.nvmf.outcome import CommandError
from nvmetcp.auth import Exchange, KeyExchange, Secret, same
from nvmetcp.auth_messages import (
    HASH_SIZES,
    Challenge,
    Failure,
    FailureReason,
    Group,
    Hash,
    Message,
    Negotiate,
    Reply,
    Success1,
    Success2,
    pack_message,
    parse_message,
)
from nvmetcp.errors import ProtocolError, RemoteProtocolError
from nvmetcp.status import Status

HASHES = (Hash.SHA512, Hash.SHA384, Hash.SHA256)
GROUPS = (
    Group.FFDHE8192, Group.FFDHE6144, Group.FFDHE4096, Group.FFDHE3072, Group.FFDHE2048, Group.NULL,
)  # fmt: skip
"""What is chosen where the host offers it, best first: as SPDK."""

_log = logging.getLogger("dpu_sim.spdk_sim.nvmf")


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """The keys of one host for one subsystem, and which algorithms may be used, best first."""

    host: Secret
    controller: Secret | None = None
    hashes: tuple[int, ...] = HASHES
    groups: tuple[int, ...] = GROUPS


class _Step(Enum):
    """What is to come next."""

    NEGOTIATE = auto()
    REPLY = auto()
    CONFIRMATION = auto()
    DONE = auto()
    FAILED = auto()


class _RefusedError(Exception):
    """The conversation fails."""

    def __init__(self, reason: FailureReason, why: str) -> None:
        super().__init__(why)
        self.reason = reason


class Authentication:
    """The conversation on one queue."""

    def __init__(self, hostnqn: str, subnqn: str, credentials: Credentials) -> None:
        self.hash = 0
        self.group = 0
        self._hostnqn, self._subnqn, self._keys = hostnqn, subnqn, credentials
        self._step = _Step.NEGOTIATE
        self._due: Message | None = None
        self._transaction = 0
        self._challenge = Challenge(0, 0, 0, 0, b"")
        self._exchange: KeyExchange | None = None
        self._busy = False

    @property
    def done(self) -> bool:
        """Whether the host has proved who it is, and knows it."""
        return self._step is _Step.DONE and self._due is None

    @property
    def agreed(self) -> tuple[str, str]:
        """The names of the hash and of the group."""
        return Hash(self.hash).name.lower(), Group(self.group).name.lower()

    @property
    def failed(self) -> bool:
        """Whether it has failed, and the host knows it."""
        return self._step is _Step.FAILED and self._due is None

    async def take(self, data: bytes) -> None:
        """Authentication Send. Raises CommandError when it is not the host's turn."""
        if self._busy or self._due is not None or self._step in (_Step.DONE, _Step.FAILED):
            raise CommandError(Status.COMMAND_SEQUENCE_ERROR)
        self._busy = True
        try:
            await self._answer(parse_message(data))
        except _RefusedError as error:
            self._fail(error.reason, str(error))
        except ProtocolError as error:
            self._fail(FailureReason.INCORRECT_PAYLOAD, str(error))
        finally:
            self._busy = False

    def give(self, length: int) -> bytes:
        """Authentication Receive: the message that is due. Raises CommandError."""
        if self._due is None:
            raise CommandError(Status.COMMAND_SEQUENCE_ERROR)
        message = pack_message(self._due)
        if len(message) > length:
            raise CommandError(Status.INVALID_FIELD)
        self._due = None
        return message

    def _fail(self, reason: FailureReason, why: str) -> None:
        _log.warning("authentication of %s with %s fails: %s", self._hostnqn, self._subnqn, why)
        self._step = _Step.FAILED
        self._due = Failure(self._transaction, reason)

    async def _answer(self, message: Message) -> None:
        if isinstance(message, Failure):
            self._step = _Step.FAILED
            _log.warning("%s does not accept %s", self._hostnqn, self._subnqn)
        elif isinstance(message, Negotiate) and self._step is _Step.NEGOTIATE:
            await self._negotiate(message)
        elif message.transaction != self._transaction:
            raise _RefusedError(FailureReason.INCORRECT_PAYLOAD, "another transaction")
        elif isinstance(message, Reply) and self._step is _Step.REPLY:
            await self._verify(message)
        elif isinstance(message, Success2) and self._step is _Step.CONFIRMATION:
            self._step = _Step.DONE
        else:
            raise _RefusedError(FailureReason.INCORRECT_MESSAGE, "a message out of order")

    async def _negotiate(self, offer: Negotiate) -> None:
        self._transaction = offer.transaction
        if offer.secure_channel:
            raise _RefusedError(
                FailureReason.SECURE_CHANNEL_MISMATCH, "keys for TLS are not generated here"
            )
        chosen = next((one for one in self._keys.hashes if one in offer.hashes), None)
        if chosen is None:
            raise _RefusedError(FailureReason.HASH_UNUSABLE, "no hash in common")
        group = next((one for one in self._keys.groups if one in offer.groups), None)
        if group is None:
            raise _RefusedError(FailureReason.GROUP_UNUSABLE, "no group in common")
        self.hash, self.group = chosen, group
        if group != Group.NULL:
            self._exchange = await asyncio.to_thread(KeyExchange, group)
        public = self._exchange.public if self._exchange else b""
        challenge = secrets.token_bytes(HASH_SIZES[Hash(chosen)])
        sequence = secrets.randbelow((1 << 32) - 1) + 1
        self._due = self._challenge = Challenge(
            offer.transaction, chosen, group, sequence, challenge, public
        )
        self._step = _Step.REPLY

    async def _verify(self, reply: Reply) -> None:
        exchange, given = await self._agreed(reply), self._challenge
        expected = exchange.host_response(self._keys.host, given.challenge, given.sequence)
        if not same(expected, reply.response):
            raise _RefusedError(FailureReason.AUTHENTICATION_FAILED, "the host has another key")
        response = b""
        if reply.challenge:
            if self._keys.controller is None:
                raise _RefusedError(
                    FailureReason.AUTHENTICATION_FAILED, "there is no key of the controller"
                )
            response = exchange.controller_response(
                self._keys.controller, reply.challenge, reply.sequence
            )
        self._due = Success1(self._transaction, HASH_SIZES[Hash(self.hash)], response)
        self._step = _Step.CONFIRMATION if response else _Step.DONE

    async def _agreed(self, reply: Reply) -> Exchange:
        """What both responses are computed from."""
        session = b""
        if self._exchange is not None:
            session = await asyncio.to_thread(self._exchange.session_key, reply.public, self.hash)
        elif reply.public:
            raise RemoteProtocolError("a public value without an exchange")
        if len(reply.response) != HASH_SIZES[Hash(self.hash)]:
            raise RemoteProtocolError("a response of another size")
        return Exchange(self.hash, self._transaction, 0, self._hostnqn, self._subnqn, session)
