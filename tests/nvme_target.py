"""An SPDK stand-in that serves namespaces over NVMe/TCP, as a process that tests may kill."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spdk.rpc.client import JSONRPCClient

from nvmetcp.auth import Secret
from tests.spdk_target import spdk_target

NQN = "nqn.2024-01.io.dpulab:remote"
HOST = "127.0.0.1"
BLOCK = 512
BLOCKS = 1 << 14
_PATIENCE = 20.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
        return port


class NvmeTarget:
    """One target process; it can be killed and started again with the same devices on files."""

    def __init__(self, folder: Path, ports: int = 1) -> None:
        self.folder = folder
        self.socket = folder / "target.sock"
        self.ports = [free_port() for _ in range(ports)]
        self._running = contextlib.ExitStack()

    def start(self) -> None:
        """Run, with nothing configured."""
        self._running.enter_context(spdk_target(self.socket))
        self.ask("nvmf_create_transport", trtype="TCP")

    def kill(self) -> None:
        """SIGKILL."""
        self._running.close()

    def ask(self, method: str, **parameters: Any) -> Any:
        """One JSON-RPC call. Raises spdk.rpc.client.JSONRPCException."""
        client = JSONRPCClient(str(self.socket), timeout=_PATIENCE)
        try:
            return client.call(method, parameters)
        finally:
            client.close()

    def subsystem(self, nqn: str = NQN, **parameters: Any) -> None:
        """Create one that reports ANA states, on every port."""
        given = {"allow_any_host": True, "ana_reporting": True} | parameters
        self.ask("nvmf_create_subsystem", nqn=nqn, serial_number="S1", **given)
        for port in self.ports:
            self.listen(port, nqn)

    def listen(self, port: int, nqn: str = NQN) -> None:
        """Add a listener."""
        self.ask("nvmf_subsystem_add_listener", nqn=nqn, listen_address=listen_address(port))

    def add(self, bdev: str, nqn: str = NQN, **options: Any) -> int:
        """Add a namespace and return its identifier."""
        nsid = self.ask("nvmf_subsystem_add_ns", nqn=nqn, namespace={"bdev_name": bdev, **options})
        assert isinstance(nsid, int)
        return nsid

    def malloc(self, name: str = "Malloc0", blocks: int = BLOCKS) -> None:
        """Create a device in memory."""
        self.ask("bdev_malloc_create", name=name, num_blocks=blocks, block_size=BLOCK)

    def file(self, name: str = "File0", blocks: int = BLOCKS) -> None:
        """Create a device on a file that outlives the process."""
        path = self.folder / name
        if not path.exists():
            path.touch()
            os.truncate(path, blocks * BLOCK)
        self.ask("bdev_aio_create", name=name, filename=str(path), block_size=BLOCK)

    def set_ana(self, port: int, state: str, nqn: str = NQN) -> None:
        """Set the ANA state of a listener."""
        self.ask(
            "nvmf_subsystem_listener_set_ana_state", nqn=nqn,
            listen_address=listen_address(port), ana_state=state,
        )  # fmt: skip

    def key(self, name: str, secret: Secret) -> str:
        """Put a secret into the keyring; its text."""
        path = self.folder / f"{name}.key"
        path.touch(0o600)
        path.write_text(secret.text())
        self.ask("keyring_file_add_key", name=name, path=str(path))
        return secret.text()


def listen_address(port: int) -> dict[str, str]:
    """A listener's address as the methods take it."""
    return {"trtype": "TCP", "adrfam": "IPv4", "traddr": HOST, "trsvcid": str(port)}


@contextmanager
def nvme_target(folder: Path, ports: int = 1) -> Iterator[NvmeTarget]:
    """A target that runs, with one subsystem and one namespace of 8 MiB in memory."""
    target = NvmeTarget(folder, ports)
    try:
        target.start()
        target.malloc()
        target.subsystem()
        target.add("Malloc0")
        yield target
    finally:
        target.kill()


@contextmanager
def remote_and_local(folder: Path) -> Iterator[tuple[NvmeTarget, NvmeTarget]]:
    """A target with two ports, and one that is to use it."""
    folders = folder / "remote", folder / "local"
    for one in folders:
        one.mkdir()
    remote, local = NvmeTarget(folders[0], ports=2), NvmeTarget(folders[1])
    try:
        remote.start()
        local.start()
        yield remote, local
    finally:
        remote.kill()
        local.kill()
