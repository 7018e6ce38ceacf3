"""One front end of a vhost controller: the conversation that sets its rings up.

The protocol is QEMU's docs/interop/vhost-user.rst. A front end that breaks it is cut off, and hurts
nobody else: it waits in a task of its own, and nothing of what it sent is trusted.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from dpu_sim.spdk_sim.vhost import messages
from dpu_sim.spdk_sim.vhost.device import VirtioDevice
from dpu_sim.spdk_sim.vhost.interrupts import Kicks, require_eventfd, signal
from dpu_sim.spdk_sim.vhost.memory import GuestFaultError, GuestMemory, map_memory
from dpu_sim.spdk_sim.vhost.messages import (
    Feature,
    Header,
    MessageError,
    Protocol,
    Request,
    message,
)
from dpu_sim.spdk_sim.vhost.ring import Chain
from dpu_sim.spdk_sim.vhost.vring import Budget, Outcome, Vring

RINGS = 128
"""Rings of one front end."""

_NONE = -1
_PROTOCOL = Protocol.MQ | Protocol.REPLY_ACK | Protocol.BACKEND_REQ
_DESCRIPTORS = {
    Request.SET_VRING_KICK: "kick",
    Request.SET_VRING_CALL: "call",
    Request.SET_VRING_ERR: "error",
}

_log = logging.getLogger("dpu_sim.spdk_sim")


class Session:
    """One front end, from when it connects until its last request has ended."""

    def __init__(
        self,
        name: str,
        connection: socket.socket,
        device: VirtioDevice,
        *,
        number: int,
        forget: Callable[[Session], None],
        ready: Callable[[], bool],
    ) -> None:
        """`ready`: whether nothing is under way any more of those that were connected before.

        What they asked for must not end after something that is asked for later.
        """
        self.number = number
        self.name = name
        self.coalescing = (0, 0)
        self.device = device
        self.features = 0
        self._protocol = 0
        self._socket = connection
        self._forget = forget
        self._ready = ready
        self._rings: dict[int, Vring] = {}
        self._memory: GuestMemory | None = None
        self._budget = Budget(self.run)
        self._kicks = Kicks()
        self._told: socket.socket | None = None
        """Where the front end listens for what the back end has to say."""
        self._handlers: dict[int, Callable[[bytes, list[int]], Awaitable[bytes | None]]] = {
            Request.GET_FEATURES: self._get_features,
            Request.SET_FEATURES: self._set_features,
            Request.SET_OWNER: self._set_owner,
            Request.RESET_OWNER: self._set_owner,
            Request.GET_PROTOCOL_FEATURES: self._get_protocol,
            Request.SET_PROTOCOL_FEATURES: self._set_protocol,
            Request.GET_QUEUE_NUM: self._get_queues,
            Request.SET_MEM_TABLE: self._set_memory,
            Request.SET_VRING_NUM: self._set_size,
            Request.SET_VRING_ADDR: self._set_address,
            Request.SET_VRING_BASE: self._set_base,
            Request.GET_VRING_BASE: self._get_base,
            Request.SET_VRING_ENABLE: self._set_enabled,
            Request.SET_BACKEND_REQ_FD: self._set_listener,
            Request.GET_CONFIG: self._get_config,
        }
        self._task: asyncio.Task[None] | None = None
        self.leaving = False
        """Whether the front end has gone; requests of it may still be under way."""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when no request is under way any more, and none will be."""

    def start(self) -> None:
        """Begin to answer."""
        self._socket.setblocking(False)
        self.device.connect(self)
        self._task = asyncio.ensure_future(self._converse())

    async def close(self) -> None:
        """Cut the front end off; return when its requests have ended."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if not self.leaving:  # it was cancelled before it began
            await self._leave()
        await self.ended

    def run(self) -> None:
        """Look for requests in every ring."""
        for ring in list(self._rings.values()):
            ring.run()

    # -- what there is

    def describe(self) -> dict[str, Any]:
        """The session as vhost_get_controllers shows it."""
        rings = self._rings.values()
        return {
            "vid": self.number,
            "id": self.number,
            "name": self.name,
            "started": any(one.ring is not None for one in rings),
            "max_queues": sum(one.ring is not None for one in rings),
            "inflight_task_cnt": sum(one.under_way for one in rings),
        }

    def tell_of_new_configuration(self) -> None:
        """Tell the front end that the device's configuration is another one."""
        if self._told is not None:
            change = message(messages.BACKEND_CONFIG_CHANGE, b"", flags=0)
            with suppress(OSError):  # it does not listen; it will see when it asks
                self._told.send(change, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)

    def post(self, index: int, data: bytes) -> bool:
        """Say something in a ring that is for that; whether the driver has made room for it."""
        ring = self._rings.get(index)
        return ring is not None and ring.post(data)

    # -- the conversation

    async def _converse(self) -> None:
        try:
            while await self._answer_one():
                pass
        except (GuestFaultError, MessageError) as error:
            _log.warning("%s: cut off: %s", self.name, error)
        except (OSError, EOFError):
            pass
        except asyncio.CancelledError:
            pass
        except Exception:  # noqa: BLE001  one front end must not end the others
            _log.exception("%s: cut off", self.name)
        await asyncio.shield(self._leave())

    async def _leave(self) -> None:
        """Give everything back, once the requests under way have ended."""
        self.leaving = True
        self._socket.close()
        for ring in self._rings.values():
            self._kicks.remove(ring.kick)
        await asyncio.gather(*(ring.drain() for ring in self._rings.values()))
        self._kicks.close()
        for ring in self._rings.values():
            ring.close()
        self._rings.clear()
        self._memory = None
        if self._told is not None:
            self._told.close()
        self.device.forget(self)
        self._forget(self)
        self.ended.set_result(None)

    async def _answer_one(self) -> bool:
        """Take one message and answer it; False: the front end has gone."""
        start, descriptors = await self._receive_header()
        try:
            if not start:
                return False
            header = Header.parse(start)
            payload = await self._receive(header.size)
            await self._carry_out(header, payload, descriptors)
        finally:
            for one in descriptors:
                os.close(one)
        return True

    async def _carry_out(self, header: Header, payload: bytes, descriptors: list[int]) -> None:
        wants_reply = header.needs_reply and bool(self._protocol & Protocol.REPLY_ACK)
        try:
            reply = await self._handle(header.request, payload, descriptors)
        except (GuestFaultError, MessageError):
            if wants_reply:
                await self._send(message(header.request, messages.u64(1)))
            raise
        if reply is None and wants_reply:
            reply = messages.u64(0)
        if reply is not None:
            await self._send(message(header.request, reply))

    async def _handle(self, request: int, payload: bytes, descriptors: list[int]) -> bytes | None:
        if request in _DESCRIPTORS:
            self._set_descriptor(_DESCRIPTORS[Request(request)], payload, descriptors)
            return None
        handler = self._handlers.get(request)
        if handler is None:
            raise MessageError(f"request {request} is not known")
        return await handler(payload, descriptors)

    async def _receive_header(self) -> tuple[bytes, list[int]]:
        """The header and the descriptors that came with it; nothing at the end."""
        size, most = messages.HEADER.size, messages.MOST_DESCRIPTORS
        while True:
            await self._readable()
            with suppress(BlockingIOError):
                flags = socket.MSG_CMSG_CLOEXEC
                data, descriptors, told, _ = socket.recv_fds(self._socket, size, most, flags)
                break
        try:
            if told & socket.MSG_CTRUNC:
                raise MessageError("too many descriptors")
            if data:
                data += await self._receive(size - len(data))
        except BaseException:
            for one in descriptors:
                os.close(one)
            raise
        return data, descriptors

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        come: asyncio.Future[None] = loop.create_future()
        loop.add_reader(self._socket, _come, come)
        try:
            await come
        finally:
            loop.remove_reader(self._socket)

    async def _receive(self, size: int) -> bytes:
        """So many bytes. Raises EOFError, OSError: the front end has gone."""
        data = b""
        while len(data) < size:
            more = await asyncio.get_running_loop().sock_recv(self._socket, size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    async def _send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    # -- features

    async def _get_features(self, _: bytes, __: list[int]) -> bytes:
        return messages.u64(self.device.features | Feature.PROTOCOL_FEATURES)

    async def _set_features(self, payload: bytes, _: list[int]) -> None:
        wanted = messages.parse_u64(payload)
        if wanted & ~(self.device.features | Feature.PROTOCOL_FEATURES):
            raise MessageError(f"features {wanted:#x} were not offered")
        self.features = wanted

    async def _set_owner(self, _: bytes, __: list[int]) -> None:
        """Nothing: whoever is connected is the owner."""

    async def _get_protocol(self, _: bytes, __: list[int]) -> bytes:
        return messages.u64(_PROTOCOL | self.device.protocol)

    async def _set_protocol(self, payload: bytes, _: list[int]) -> None:
        wanted = messages.parse_u64(payload)
        if wanted & ~(_PROTOCOL | self.device.protocol):
            raise MessageError(f"features {wanted:#x} of the protocol were not offered")
        self._protocol = wanted

    async def _get_queues(self, _: bytes, __: list[int]) -> bytes:
        return messages.u64(RINGS)

    async def _set_listener(self, _: bytes, descriptors: list[int]) -> None:
        if len(descriptors) != 1:
            raise MessageError("no socket to tell the front end something")
        try:
            listener = socket.socket(fileno=descriptors[0])
        except OSError as error:
            raise MessageError(f"no socket to tell the front end something: {error}") from error
        descriptors.clear()  # it is the socket's now
        if self._told is not None:
            self._told.close()
        self._told = listener

    # -- configuration

    async def _get_config(self, payload: bytes, _: list[int]) -> bytes:
        wanted = messages.parse_config(payload)
        data = self.device.configuration()[wanted.offset :][: wanted.size]
        return messages.config(wanted.offset, wanted.flags, data.ljust(wanted.size, b"\0"))

    # -- memory and rings

    async def _set_memory(self, payload: bytes, descriptors: list[int]) -> None:
        regions = messages.parse_regions(payload, len(descriptors))
        self._memory = map_memory(list(zip(regions, descriptors, strict=True)))
        for ring in self._rings.values():
            if ring.ring is not None:
                ring.start(self._memory, self._events)

    @property
    def _events(self) -> bool:
        return bool(self.features & Feature.EVENT_IDX)

    def _ring(self, index: int) -> Vring:
        if not 0 <= index < RINGS:
            raise MessageError(f"ring {index}")
        if (ring := self._rings.get(index)) is None:
            ring = self._rings[index] = Vring(
                f"{self.name} ring {index}",
                None if self.device.keeps(index) else self._executor(index),
                self._budget,
                coalescing=lambda: self.coalescing,
                ready=self._ready,
            )
            # Without the protocol's features there is no message that enables a ring.
            ring.enabled = not self.features & Feature.PROTOCOL_FEATURES
        return ring

    def _executor(self, index: int) -> Callable[[Chain], Outcome]:
        execute = self.device.execute
        return lambda chain: execute(self, index, chain)

    async def _set_size(self, payload: bytes, _: list[int]) -> None:
        index, size = messages.parse_state(payload)
        self._stopped_ring(index).size = size

    async def _set_address(self, payload: bytes, _: list[int]) -> None:
        address = messages.parse_address(payload)
        # QEMU sends it anew for rings at work, when it begins or ends to log.
        self._ring(address.index).address = address

    async def _set_base(self, payload: bytes, _: list[int]) -> None:
        # The ring itself says how far it is: its requests are given back in their order.
        index, _base = messages.parse_state(payload)
        self._stopped_ring(index)

    def _stopped_ring(self, index: int) -> Vring:
        ring = self._ring(index)
        if ring.ring is not None:
            raise MessageError(f"ring {index} is at work")
        return ring

    async def _get_base(self, payload: bytes, _: list[int]) -> bytes:
        index, _unused = messages.parse_state(payload)
        ring = self._ring(index)
        self._kicks.remove(ring.kick)
        enabled = ring.enabled
        base = await ring.stop()
        ring.enabled = enabled and not self.features & Feature.PROTOCOL_FEATURES
        ring.replace("kick", _NONE)
        return messages.state(index, base)

    def _set_descriptor(self, which: str, payload: bytes, descriptors: list[int]) -> None:
        word = messages.parse_u64(payload)
        ring = self._ring(word & messages.RING_MASK)
        if word & messages.NO_DESCRIPTOR:
            if which == "kick":
                raise MessageError("rings are not polled")
            ring.replace(which, _NONE)
            return
        if len(descriptors) != 1:
            raise MessageError(f"no descriptor for {which}")
        require_eventfd(descriptors[0])
        if which == "kick":
            self._kicks.remove(ring.kick)
        ring.replace(which, descriptors.pop())
        if which == "kick":
            self._start(ring)
        elif which == "call":
            # What was told by the descriptor before may never have been looked at: QEMU has
            # another one while a guest masks the interrupt. One too many does no harm.
            signal(ring.call)

    def _start(self, ring: Vring) -> None:
        if self._memory is None:
            raise GuestFaultError("a ring without memory")
        ring.start(self._memory, self._events)
        self._kicks.add(ring.kick, ring.run)
        ring.run()

    async def _set_enabled(self, payload: bytes, _: list[int]) -> None:
        index, enabled = messages.parse_state(payload)
        ring = self._ring(index)
        ring.enabled = bool(enabled)
        ring.run()


def _come(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
