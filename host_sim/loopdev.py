"""Loop devices (loop(4)) of this host: those that its /dev holds, and no others."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import struct
from pathlib import Path

_LOOP_CONFIGURE = 0x4C0A
_LOOP_GET_STATUS64 = 0x4C05
_AUTOCLEAR, _DIRECT_IO = 4, 16
_INFO = struct.Struct("=QQQQQIIII64s64s32s2Q")
"""struct loop_info64: device, inode, rdevice, offset, size limit, number, encryption type and key
size, flags, file name, crypt name, key, init."""
_CONFIG = struct.Struct(f"=II{_INFO.size}s64x")
"""struct loop_config: file, block size, info."""
_NAME = re.compile(r"loop\d+")


class NoLoopDeviceError(Exception):
    """Every loop device that this host was given is in use, or it was given none."""


def own_devices(folder: Path = Path("/dev")) -> list[Path]:
    """Loop devices of this host, by number."""
    found = [one for one in folder.glob("loop*") if _NAME.fullmatch(one.name)]
    return sorted(found, key=lambda one: int(one.name.removeprefix("loop")))


def bind(file: int, block_size: int, name: str) -> tuple[Path, int]:
    """Bind an open file to a free loop device; return the device and an open descriptor of it.

    The device unbinds itself when the last one who has it open or mounted lets go: as long as the
    descriptor is kept it stays. Reads and writes bypass the page cache of the file. Blocks while
    the kernel asks the file for its size. Raises NoLoopDeviceError, OSError.
    """
    info = _INFO.pack(
        0, 0, 0, 0, 0, 0, 0, 0, _AUTOCLEAR | _DIRECT_IO, name.encode()[:63], b"", b"", 0, 0
    )
    config = _CONFIG.pack(file, block_size, info)
    devices = own_devices()
    for device in devices:
        try:
            descriptor = os.open(device, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            if error.errno in (errno.ENXIO, errno.ENODEV, errno.ENOENT, errno.EBUSY):
                continue
            raise
        try:
            fcntl.ioctl(descriptor, _LOOP_CONFIGURE, config)
        except OSError as error:
            os.close(descriptor)
            if error.errno == errno.EBUSY:
                continue
            raise
        return device, descriptor
    raise NoLoopDeviceError(f"all {len(devices)} loop devices of this host are in use")


def is_bound(device: Path) -> bool:
    """Whether a loop device has a file behind it."""
    return Path("/sys/block", device.name, "loop").is_dir()


def is_claimed(device: Path) -> bool:
    """Whether a file system or another device is on a device, in whatever mount namespace."""
    try:
        os.close(os.open(device, os.O_RDONLY | os.O_EXCL | os.O_CLOEXEC))
    except OSError as error:
        if error.errno == errno.EBUSY:
            return True
        raise
    return False


def flush(device: Path) -> None:
    """Write what the kernel still holds for a device. Raises OSError, EIO when it has gone."""
    descriptor = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def bound_name(device: Path) -> str:
    """The name that `bind` was given, '' for a device that is free."""
    descriptor = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
    try:
        status = bytearray(_INFO.size)
        fcntl.ioctl(descriptor, _LOOP_GET_STATUS64, status)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return ""
        raise
    finally:
        os.close(descriptor)
    name: bytes = _INFO.unpack(status)[9]
    return name.rstrip(b"\0").decode(errors="replace")
