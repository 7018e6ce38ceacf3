"""A block device of this host from an NBD server: nbdfuse makes a file of it, loop a device.

Nothing is left behind, however it ends. The file system of nbdfuse is mounted in a mount namespace
that only nbdfuse is in. The loop device unbinds itself when nobody has it open or mounted, and who
keeps it open is a process of its own, which ends with this one: were it this one, the kernel could
wait, while it closes our files, for an answer of the server that we are.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path
from urllib.parse import quote

from host_sim import loopdev
from host_sim.errors import HostError, UnsupportedError
from nbd_server.device import BlockDevice
from nbd_server.server import Server

FOLDER = Path("/run/dpulab/attach")
"""Sockets and files of attachments."""

_READY = 30.0
"""Seconds within which nbdfuse has to have its export."""
_GONE = 5.0
"""Seconds within which a device that is let go has to be unbound."""
_LONGEST_LABEL = 63  # LO_NAME_SIZE, less the end of the string
_POLL = 0.02
_TOOLS = ("nbdfuse", "unshare", "setpriv")


class BusyError(HostError):
    """The device is mounted or open."""


class Attachment:
    """A loop device that shows an export. Made by `attach_export`."""

    def __init__(self, name: str, folder: Path, fuse: Process) -> None:
        self._label = f"dpulab:{name}"[-_LONGEST_LABEL:]
        self.device = Path()
        """The device, /dev/loopN."""
        self._folder = folder
        self._fuse = fuse
        self._keeper: Process | None = None

    @property
    def alive(self) -> bool:
        """Whether the device can still be read and written."""
        return self._fuse.returncode is None

    async def wait(self) -> None:
        """Until the connection to the server is gone for good, and with it the device."""
        await self._fuse.wait()

    async def bind(self, block_size: int) -> None:
        """Make the device. Raises HostError, OSError."""
        file = await asyncio.to_thread(self._open_file)
        try:
            self.device, descriptor = await asyncio.to_thread(
                loopdev.bind, file, block_size, self._label
            )
        except loopdev.NoLoopDeviceError as error:
            raise HostError(str(error)) from error
        finally:
            os.close(file)
        await self._keep(descriptor)

    def _open_file(self) -> int:
        """Open the file of nbdfuse, which can be seen in its mount namespace only."""
        seen = f"/proc/{self._fuse.pid}/root{self._folder}/disk"
        return os.open(seen, os.O_RDWR | os.O_DIRECT | os.O_CLOEXEC)

    async def _keep(self, descriptor: int) -> None:
        """Hand the device to a process that keeps it open until our end of its pipe is closed."""
        try:
            self._keeper = await asyncio.create_subprocess_exec(
                "cat", stdin=PIPE, stdout=DEVNULL, pass_fds=(descriptor,), start_new_session=True
            )
        finally:
            os.close(descriptor)

    async def detach(self) -> None:
        """Take the device away. Raises BusyError while it is mounted or somebody has it open."""
        if await asyncio.to_thread(loopdev.is_claimed, self.device):
            raise BusyError(f"{self.device} is mounted or otherwise in use: unmount it first")
        if self.alive:
            await asyncio.to_thread(loopdev.flush, self.device)
        await self._let_go()
        if not await self._is_unbound():
            descriptor = os.open(self.device, os.O_RDWR | os.O_CLOEXEC)
            await self._keep(descriptor)
            raise BusyError(f"{self.device} is open: a program still reads or writes it")
        await self._end_fuse()

    async def abandon(self) -> None:
        """Take it away whoever uses it: what is open or mounted gets I/O errors from now on."""
        await self._end_fuse()
        await self._let_go()

    async def _let_go(self) -> None:
        keeper, self._keeper = self._keeper, None
        if keeper is not None and keeper.stdin is not None:
            keeper.stdin.close()
            await keeper.wait()

    async def _is_unbound(self) -> bool:
        deadline = asyncio.get_running_loop().time() + _GONE
        while loopdev.bound_name(self.device) == self._label:
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(_POLL)
        return True

    async def _end_fuse(self) -> None:
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                self._fuse.send_signal(signal.SIGKILL)  # its mount goes with its namespace
            await self._fuse.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def require_tools() -> None:
    """Raise UnsupportedError, saying what is missing, where nothing can be attached."""
    for tool in _TOOLS:
        if shutil.which(tool) is None:
            raise UnsupportedError(f"{tool} is not installed (Debian: libnbd-bin, util-linux)")
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        raise UnsupportedError("/dev/fuse cannot be opened: label the node dpulab.storage: 'on'")
    if not loopdev.own_devices():
        raise UnsupportedError("no loop device in /dev: label the node dpulab.storage: 'on'")


async def attach_export(socket: Path, export: str, name: str, block_size: int) -> Attachment:
    """Make a device of an export of the NBD server at a unix socket.

    `name` must be unique on the host. Raises HostError, UnsupportedError, OSError.
    """
    require_tools()
    folder = _new_folder()
    (folder / "disk").touch()
    fuse = await _start_fuse(folder, f"nbd+unix:///{quote(export)}?socket={quote(str(socket))}")
    attachment = Attachment(name, folder, fuse)
    try:
        await _await_ready(fuse, folder / "pid", export)
        await attachment.bind(block_size)
    except BaseException:
        await asyncio.shield(attachment.abandon())
        raise
    return attachment


def _new_folder() -> Path:
    """A folder for one attachment. Those of processes that were killed are removed."""
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in FOLDER.iterdir():
        if not Path("/proc", one.name.partition("-")[0]).exists():
            shutil.rmtree(one, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=FOLDER))


async def _start_fuse(folder: Path, uri: str) -> Process:
    return await asyncio.create_subprocess_exec(
        "setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private",
        "nbdfuse", "-P", str(folder / "pid"), str(folder / "disk"), uri,
        stdin=DEVNULL, stderr=PIPE, start_new_session=True,
    )  # fmt: skip


async def _await_ready(fuse: Process, pid_file: Path, export: str) -> None:
    """Until nbdfuse has its export; it writes its number when it has."""
    deadline = asyncio.get_running_loop().time() + _READY
    while not pid_file.exists():
        if fuse.returncode is not None:
            words = await fuse.stderr.read() if fuse.stderr else b""
            raise HostError(f"no export {export}: {words.decode(errors='replace').strip()}")
        if asyncio.get_running_loop().time() > deadline:
            raise HostError(f"the server of export {export} did not answer for {_READY:g} s")
        await asyncio.sleep(_POLL)


class Served:
    """A device that is served by this process, and attached."""

    def __init__(self, server: Server, attachment: Attachment, socket: Path) -> None:
        self.attachment = attachment
        self._server = server
        self._socket = socket

    async def detach(self) -> None:
        """See Attachment.detach."""
        await self.attachment.detach()
        await self._close()

    async def abandon(self) -> None:
        """See Attachment.abandon."""
        await self.attachment.abandon()
        await self._close()

    async def _close(self) -> None:
        await self._server.close()
        shutil.rmtree(self._socket.parent, ignore_errors=True)


async def attach_device(device: BlockDevice, name: str) -> Served:
    """Attach a device that this process has. Raises as attach_export."""
    require_tools()
    socket = _new_folder() / "socket"
    server = Server()
    server.add(name, device)
    try:
        await server.start(socket)
        attachment = await attach_export(socket, name, name, device.block_size)
    except BaseException:
        await server.close()
        shutil.rmtree(socket.parent, ignore_errors=True)
        raise
    return Served(server, attachment, socket)
