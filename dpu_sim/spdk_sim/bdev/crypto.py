"""The crypto module: AES-XTS between a device and its base, one block to a data unit.

The tweak is the block's address, little-endian, as SPDK's SIMPLE_LBA: the same block at another
address looks different on the medium. XTS is deterministic, so that a comparison can be made with
what is encrypted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import XTS

from dpu_sim.spdk_sim.bdev.bdev import Descriptor
from dpu_sim.spdk_sim.bdev.device import Buffer, Content, IoType
from dpu_sim.spdk_sim.bdev.layered import Layer

_KEY_BYTES = (16, 32)
_TWEAK_BYTES = 16


@dataclass(frozen=True)
class CryptoKey:
    """A key of the accel framework. `repr` keeps the secret."""

    name: str
    cipher: str
    key: str
    key2: str
    tweak_mode: str

    def __repr__(self) -> str:
        return f"CryptoKey({self.name!r}, {self.cipher})"

    def secret(self) -> bytes:
        """Both halves. Raises ValueError: they cannot serve AES-XTS in this mode."""
        halves = bytes.fromhex(self.key), bytes.fromhex(self.key2)
        sizes = {len(half) for half in halves}
        if self.cipher != "AES_XTS" or self.tweak_mode != "SIMPLE_LBA":
            raise ValueError(f"no {self.cipher} with {self.tweak_mode}")
        if len(sizes) != 1 or not sizes <= set(_KEY_BYTES) or halves[0] == halves[1]:
            raise ValueError("AES-XTS takes two different keys of 128 or of 256 bits")
        return halves[0] + halves[1]


class CryptoDevice(Layer):
    """Plain text above, cipher text below."""

    product = "crypto"

    def __init__(self, base: Descriptor, key: CryptoKey) -> None:
        super().__init__(base)
        self._key_name = key.name
        self._algorithm = AES(key.secret())
        self._size = self.geometry.block_size
        offered = {IoType.READ, IoType.WRITE, IoType.FLUSH, IoType.RESET, IoType.WRITE_ZEROES}
        below = base.bdev.device.io_types
        self.zeroes_after_unmap = False
        # What SPDK's module offers: the other operations stay possible, but are not announced.
        self.io_types = frozenset(offered | ({IoType.UNMAP} & below))

    @property
    def at_once(self) -> bool:
        """As the base."""
        return self.base.at_once

    def read_now(self, first: int, count: int) -> Content | None:
        """Decrypted, if the base has it at once."""
        data = self.base.read_now(first, count)
        return None if data is None else self._decrypt(first, data)

    def write_now(self, first: int, data: Buffer) -> bool:
        """Encrypted, if the base takes it at once."""
        if not self.at_once:
            return False
        return self.base.write_now(first, self._encrypt(first, data))

    async def read(self, first: int, count: int) -> Content:
        """Decrypted from the base."""
        return self._decrypt(first, await self.base.read(first, count))

    async def write(self, first: int, data: Buffer) -> None:
        """Encrypted to the base."""
        await self.base.write(first, self._encrypt(first, data))

    async def write_zeroes(self, first: int, count: int) -> None:
        """Zeroes are encrypted like any other data: the base must not see where they are."""
        step = max(1, (1 << 16) // self._size)
        for start in range(first, first + count, step):
            blocks = min(step, first + count - start)
            await self.write(start, bytes(blocks * self._size))

    async def unmap(self, first: int, count: int) -> None:
        """Give the base's blocks back; what is read there afterwards is undefined."""
        await self.base.unmap(first, count)

    async def compare(self, first: int, expected: Buffer) -> None:
        """Of plain text: the first byte that differs is told."""
        await super(Layer, self).compare(first, expected)

    async def compare_and_write(self, first: int, expected: Buffer, data: Buffer) -> None:
        """Of cipher text, which makes the base atomic about it."""
        before, after = self._encrypt(first, expected), self._encrypt(first, data)
        await self.base.compare_and_write(first, before, after)

    async def copy(self, source: int, destination: int, count: int) -> None:
        """Through plain text: a block looks different at another address."""
        await self.write(destination, await self.read(source, count))

    def _encrypt(self, first: int, data: Buffer) -> bytes:
        if len(data) == self._size:
            return Cipher(self._algorithm, _tweak(first)).encryptor().update(data)
        return b"".join(
            Cipher(self._algorithm, tweak).encryptor().update(block)
            for tweak, block in self._units(first, data)
        )

    def _decrypt(self, first: int, data: Buffer) -> bytes:
        if len(data) == self._size:
            return Cipher(self._algorithm, _tweak(first)).decryptor().update(data)
        return b"".join(
            Cipher(self._algorithm, tweak).decryptor().update(block)
            for tweak, block in self._units(first, data)
        )

    def _units(self, first: int, data: Buffer) -> list[tuple[XTS, memoryview]]:
        view, size = memoryview(data), self._size
        return [
            (_tweak(first + n), view[n * size : (n + 1) * size]) for n in range(len(view) // size)
        ]

    def describe(self, name: str) -> dict[str, Any]:
        """`driver_specific` of bdev_get_bdevs."""
        return {"crypto": self._parameters(name)}

    def recipe(self, name: str) -> tuple[str, dict[str, Any]]:
        """Method and parameters that create this device again."""
        return "bdev_crypto_create", self._parameters(name)

    def _parameters(self, name: str) -> dict[str, Any]:
        base = self.base.bdev.name
        return {"base_bdev_name": base, "name": name, "key_name": self._key_name}


def _tweak(address: int) -> XTS:
    return XTS(address.to_bytes(_TWEAK_BYTES, "little"))
