"""DH-HMAC-CHAP from the host's side, on a queue that has just been connected (NVMe Base, 8.13)."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable
from typing import TypeVar

from host_sim.errors import AuthenticationError, NvmeError
from host_sim.options import ConnectOptions
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
from nvmetcp.command import Command
from nvmetcp.errors import ProtocolError
from nvmetcp.fabrics import AuthenticationReceive, AuthenticationSend
from nvmetcp.record import Buffer

_MESSAGE = 4096  # bytes that the controller may answer with
_HASHES = (Hash.SHA512, Hash.SHA384, Hash.SHA256)
_GROUPS = tuple(sorted(Group, reverse=True))
_transactions = itertools.count(secrets.randbits(15))
_sequences = itertools.count(secrets.randbits(31) + 1)

T = TypeVar("T", Challenge, Success1)
Execute = Callable[[str, Command, Buffer | None, int], Awaitable[bytes]]
"""Carries a command out: its name, itself, data to send, bytes to receive."""


async def authenticate(options: ConnectOptions, execute: Execute) -> None:
    """Prove the host, and have the controller prove itself if a secret for it is configured.

    Raises:
        AuthenticationError: a secret is missing or wrong, on whichever side.
    """
    secret = options.credentials.host_secret()
    if secret is None:
        raise AuthenticationError(
            f"{options.subnqn} requires DH-HMAC-CHAP, and no secret of this host is given"
        )
    try:
        await _Conversation(options, secret, execute).hold()
    except (NvmeError, ProtocolError) as error:
        raise AuthenticationError(f"{options.subnqn}: DH-HMAC-CHAP failed: {error}") from error


class _Conversation:
    """One run of the protocol."""

    def __init__(self, options: ConnectOptions, secret: Secret, execute: Execute) -> None:
        self._options = options
        self._secret = secret
        self._peer_secret = options.credentials.controller_secret()
        self._execute = execute
        self._transaction = next(_transactions) & 0xFFFF

    async def hold(self) -> None:
        await self._send(Negotiate(self._transaction, _HASHES, _GROUPS))
        challenge = self._expect(Challenge, await self._receive())
        exchange, public = await asyncio.to_thread(self._agree, challenge)
        size = HASH_SIZES[Hash(challenge.hash)]
        own = secrets.token_bytes(size) if self._peer_secret else b""
        sequence = next(_sequences) & 0xFFFFFFFF if own else 0
        response = exchange.host_response(self._secret, challenge.challenge, challenge.sequence)
        await self._send(Reply(self._transaction, response, own, sequence, public))
        success = self._expect(Success1, await self._receive())
        if self._peer_secret is not None:
            await self._check(exchange, success, own, sequence)

    async def _check(
        self, exchange: Exchange, success: Success1, own: bytes, sequence: int
    ) -> None:
        assert self._peer_secret is not None
        wanted = exchange.controller_response(self._peer_secret, own, sequence)
        if not same(success.response, wanted):
            reason = FailureReason.AUTHENTICATION_FAILED
            await self._send(Failure(self._transaction, reason, by_host=True))
            raise AuthenticationError(
                f"{self._options.subnqn} does not know the controller's secret that we expect"
            )
        await self._send(Success2(self._transaction))

    def _agree(self, challenge: Challenge) -> tuple[Exchange, bytes]:
        """The arithmetic, in a thread: the exchange and our public value."""
        session, public = b"", b""
        if challenge.group:
            own = KeyExchange(challenge.group)
            session, public = own.session_key(challenge.public, challenge.hash), own.public
        names = self._options.identity.hostnqn, self._options.subnqn
        return Exchange(challenge.hash, self._transaction, 0, *names, session), public

    def _expect(self, kind: type[T], message: Message) -> T:
        if isinstance(message, Failure):
            raise AuthenticationError(
                f"{self._options.subnqn} refuses this host's secret: {_reason(message)}"
            )
        if not isinstance(message, kind):
            raise AuthenticationError(f"{type(message).__name__} instead of {kind.__name__}")
        return message

    async def _send(self, message: Message) -> None:
        data = pack_message(message)
        command = AuthenticationSend(length=len(data)).command()
        await self._execute("authentication send", command, data, 0)

    async def _receive(self) -> Message:
        command = AuthenticationReceive(length=_MESSAGE).command()
        return parse_message(await self._execute("authentication receive", command, None, _MESSAGE))


def _reason(failure: Failure) -> str:
    try:
        return FailureReason(failure.explanation).name.lower().replace("_", " ")
    except ValueError:
        return f"explanation {failure.explanation}"
