"""bpf(2) through ctypes: maps, programs and finding both by their kernel-wide ids.

Layouts are those of `union bpf_attr`, `struct bpf_prog_info` and `struct bpf_map_info` in the
kernel's uapi header linux/bpf.h; the kernel accepts attributes shorter than its own.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum

from lab.errors import UnsupportedError

_SYSCALL_NUMBER = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "ppc64le": 361}
_LIBC = ctypes.CDLL(None, use_errno=True)
_LOG_SIZE = 1 << 16
_NAME_SIZE = 16


class MapType(IntEnum):
    """Map types in use (enum bpf_map_type)."""

    ARRAY = 2
    PERCPU_ARRAY = 6


class ProgramType(IntEnum):
    """Program types in use (enum bpf_prog_type)."""

    SCHED_CLS = 3
    XDP = 6


class _Command(IntEnum):
    MAP_CREATE = 0
    MAP_LOOKUP_ELEM = 1
    MAP_UPDATE_ELEM = 2
    PROG_LOAD = 5
    PROG_TEST_RUN = 10
    PROG_GET_NEXT_ID = 11
    PROG_GET_FD_BY_ID = 13
    MAP_GET_FD_BY_ID = 14
    OBJ_GET_INFO_BY_FD = 15


class _MapCreate(ctypes.Structure):
    _fields_ = [
        ("map_type", ctypes.c_uint32),
        ("key_size", ctypes.c_uint32),
        ("value_size", ctypes.c_uint32),
        ("max_entries", ctypes.c_uint32),
        ("map_flags", ctypes.c_uint32),
        ("inner_map_fd", ctypes.c_uint32),
        ("numa_node", ctypes.c_uint32),
        ("map_name", ctypes.c_char * _NAME_SIZE),
    ]


class _Element(ctypes.Structure):
    _fields_ = [
        ("map_fd", ctypes.c_uint32),
        ("padding", ctypes.c_uint32),
        ("key", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
        ("flags", ctypes.c_uint64),
    ]


class _ProgLoad(ctypes.Structure):
    _fields_ = [
        ("prog_type", ctypes.c_uint32),
        ("insn_cnt", ctypes.c_uint32),
        ("insns", ctypes.c_uint64),
        ("license", ctypes.c_uint64),
        ("log_level", ctypes.c_uint32),
        ("log_size", ctypes.c_uint32),
        ("log_buf", ctypes.c_uint64),
        ("kern_version", ctypes.c_uint32),
        ("prog_flags", ctypes.c_uint32),
        ("prog_name", ctypes.c_char * _NAME_SIZE),
    ]


class _TestRun(ctypes.Structure):
    _fields_ = [
        ("prog_fd", ctypes.c_uint32),
        ("retval", ctypes.c_uint32),
        ("data_size_in", ctypes.c_uint32),
        ("data_size_out", ctypes.c_uint32),
        ("data_in", ctypes.c_uint64),
        ("data_out", ctypes.c_uint64),
        ("repeat", ctypes.c_uint32),
        ("duration", ctypes.c_uint32),
    ]


class _ById(ctypes.Structure):
    _fields_ = [
        ("id", ctypes.c_uint32),
        ("next_id", ctypes.c_uint32),
        ("open_flags", ctypes.c_uint32),
    ]


class _Info(ctypes.Structure):
    _fields_ = [
        ("fd", ctypes.c_uint32),
        ("info_len", ctypes.c_uint32),
        ("info", ctypes.c_uint64),
    ]


class _ProgInfo(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_uint32),
        ("id", ctypes.c_uint32),
        ("tag", ctypes.c_uint8 * 8),
        ("jited_prog_len", ctypes.c_uint32),
        ("xlated_prog_len", ctypes.c_uint32),
        ("jited_prog_insns", ctypes.c_uint64),
        ("xlated_prog_insns", ctypes.c_uint64),
        ("load_time", ctypes.c_uint64),
        ("created_by_uid", ctypes.c_uint32),
        ("nr_map_ids", ctypes.c_uint32),
        ("map_ids", ctypes.c_uint64),
        ("name", ctypes.c_char * _NAME_SIZE),
    ]


class _MapInfo(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_uint32),
        ("id", ctypes.c_uint32),
        ("key_size", ctypes.c_uint32),
        ("value_size", ctypes.c_uint32),
        ("max_entries", ctypes.c_uint32),
        ("map_flags", ctypes.c_uint32),
        ("name", ctypes.c_char * _NAME_SIZE),
    ]


@dataclass(frozen=True, slots=True)
class RunResult:
    """What one BPF_PROG_TEST_RUN gave: verdict, frame afterwards, mean nanoseconds a run."""

    verdict: int
    frame: bytes
    nanoseconds: int


@contextmanager
def closing(fd: int) -> Iterator[int]:
    """The file descriptor, closed on leaving; the kernel object lives on while it is in use."""
    try:
        yield fd
    finally:
        os.close(fd)


def map_create(kind: MapType, value_size: int, name: str) -> int:
    """Create a one-element array; return its file descriptor (close-on-exec). Raises OSError."""
    attr = _MapCreate(kind, 4, value_size, 1, map_name=name.encode())
    return _bpf(_Command.MAP_CREATE, attr)


def map_read(map_fd: int, size: int) -> bytes:
    """Element 0 of an array map. Raises OSError."""
    key, value = ctypes.c_uint32(0), ctypes.create_string_buffer(size)
    _bpf(
        _Command.MAP_LOOKUP_ELEM,
        _Element(map_fd, 0, ctypes.addressof(key), ctypes.addressof(value)),
    )
    return value.raw


def map_write(map_fd: int, data: bytes) -> None:
    """Replace element 0 of an array map. Raises OSError."""
    key, value = ctypes.c_uint32(0), ctypes.create_string_buffer(data, len(data))
    _bpf(
        _Command.MAP_UPDATE_ELEM,
        _Element(map_fd, 0, ctypes.addressof(key), ctypes.addressof(value)),
    )


def prog_load(kind: ProgramType, code: bytes, name: str) -> int:
    """Load a program; return its file descriptor (close-on-exec).

    Raises OSError; when the verifier refuses the program, its log is the error's note.
    """
    insns, license_ = ctypes.create_string_buffer(code, len(code)), ctypes.c_char_p(b"GPL")
    attr = _ProgLoad(kind, len(code) // 8, ctypes.addressof(insns), prog_name=name.encode())
    attr.license = ctypes.cast(license_, ctypes.c_void_p).value or 0
    try:
        return _bpf(_Command.PROG_LOAD, attr)
    except OSError as error:
        if error.errno not in {errno.EACCES, errno.EINVAL}:
            raise
    log = ctypes.create_string_buffer(_LOG_SIZE)
    attr.log_level, attr.log_size, attr.log_buf = 1, _LOG_SIZE, ctypes.addressof(log)
    try:
        return _bpf(_Command.PROG_LOAD, attr)
    except OSError as error:
        error.add_note(log.value.decode(errors="replace"))
        raise


def prog_test_run(prog_fd: int, frame: bytes, repeat: int = 1) -> RunResult:
    """Run a program `repeat` times over one frame inside the kernel. Raises OSError."""
    data = ctypes.create_string_buffer(frame, len(frame))
    out = ctypes.create_string_buffer(len(frame))
    attr = _TestRun(prog_fd, 0, len(frame), len(frame), ctypes.addressof(data))
    attr.data_out, attr.repeat = ctypes.addressof(out), repeat
    _bpf(_Command.PROG_TEST_RUN, attr)
    return RunResult(attr.retval, out.raw[: attr.data_size_out], attr.duration)


def prog_ids() -> list[int]:
    """The ids of all programs loaded on this machine."""
    ids: list[int] = []
    attr = _ById(0)
    while _next_program(attr):
        ids.append(attr.next_id)
        attr.id = attr.next_id
    return ids


def prog_by_id(prog_id: int) -> int:
    """A file descriptor of a loaded program. Raises OSError."""
    return _bpf(_Command.PROG_GET_FD_BY_ID, _ById(prog_id))


def map_by_id(map_id: int) -> int:
    """A file descriptor of an existing map. Raises OSError."""
    return _bpf(_Command.MAP_GET_FD_BY_ID, _ById(map_id))


def prog_map_ids(prog_fd: int) -> list[int]:
    """The ids of the maps that a program uses (at most 8). Raises OSError."""
    ids = (ctypes.c_uint32 * 8)()
    info = _ProgInfo(nr_map_ids=len(ids), map_ids=ctypes.addressof(ids))
    _info(prog_fd, info)
    return list(ids[: min(info.nr_map_ids, len(ids))])


def map_name_and_size(map_fd: int) -> tuple[str, int]:
    """A map's name and the size of its values in bytes. Raises OSError."""
    info = _MapInfo()
    _info(map_fd, info)
    return info.name.decode(), info.value_size


def _info(fd: int, info: ctypes.Structure) -> None:
    attr = _Info(fd, ctypes.sizeof(info), ctypes.addressof(info))
    _bpf(_Command.OBJ_GET_INFO_BY_FD, attr)


def _next_program(attr: _ById) -> bool:
    try:
        _bpf(_Command.PROG_GET_NEXT_ID, attr)
    except FileNotFoundError:
        return False
    return True


def _bpf(command: _Command, attr: ctypes.Structure) -> int:
    number = _SYSCALL_NUMBER.get(platform.machine())
    if number is None:
        raise UnsupportedError(
            "ebpf",
            f"seeded loss is not built for {platform.machine()} machines",
            "use one of " + ", ".join(_SYSCALL_NUMBER),
        )
    result = int(_LIBC.syscall(number, command, ctypes.byref(attr), ctypes.sizeof(attr)))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"bpf {command.name}: {os.strerror(code)}")
    return result
