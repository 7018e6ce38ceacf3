"""NVMe/TCP over TLS 1.3 with pre-shared keys, between processes of Python 3.13 in containers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from nvmetcp.errors import LocalProtocolError
from nvmetcp.psk import ConfiguredPsk, derive
from tests.newer_python import NewerPython, newer_python, wait_until
from tests.spdk_target import ask
from tests.unit.nvmetcp.capture import needs_tshark

pytestmark = pytest.mark.integration

SUBNQN = "nqn.2024-01.io.dpulab:secret-disk"
HOST, OTHER, STRANGER = (f"nqn.2024-01.io.dpulab:{one}" for one in ("h1", "h2", "stranger"))
SECURE, PLAIN = "4420", "4421"
BLOCK = 4096
MARKER = b"what the wire must not tell " * 8
NAMES = {HOST: "key1", OTHER: "key2"}

IMPOSTOR = """
import socket, sys
from host_sim.options import Address, ConnectOptions, Credentials, Identity
from host_sim.tls import client_context
from nvmetcp.fabrics import Connect, ConnectData
from tests.nvme_host import HOST_ID, CommandFailedError, HostQueue
subnqn, port, key, proven, claimed = sys.argv[1:]
credentials = Credentials(psk=open(key).read().strip())
identity = Identity(proven, HOST_ID)
options = ConnectOptions(Address("127.0.0.1"), subnqn, identity, credentials=credentials)
raw = socket.create_connection(("127.0.0.1", int(port)), 20)
queue = HostQueue(("127.0.0.1", int(port)), sock=client_context(options).wrap_socket(raw))
print(queue.socket.version())
try:
    data = ConnectData(hostid=HOST_ID, subnqn=subnqn, hostnqn=claimed).pack()
    queue.result(Connect(qid=0, sqsize=31).command(), data)
    print("let in")
except CommandFailedError as error:
    print(error)
"""
"""Proves to be one host and says in Connect that it is another."""


@dataclass(frozen=True)
class Link:
    """A target and a host that meet on one loopback device."""

    rpc: Path
    host: NewerPython
    target: NewerPython
    folder: Path

    def key(self, name: str) -> Path:
        """The file of a key."""
        return self.folder / name

    def connect(
        self, hostnqn: str, key: str | None, *more: str, port: str = SECURE
    ) -> subprocess.CompletedProcess[bytes]:
        """`nvmesim connect`, with TLS if there is a key."""
        secure = ("--tls", "--tls-key", f"@{self.key(key)}") if key else ()
        where = ("-t", "tcp", "-a", "127.0.0.1", "-s", port, "-n", SUBNQN, "-q", hostnqn)
        return self.nvmesim("connect", *where, *secure, *more)

    def nvmesim(self, *words: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Our initiator, with this tree's code."""
        command, *rest = words
        state = ("--state-dir", str(self.folder / "state"))
        return self.host.run("python3", "-m", "host_sim", command, *state, *rest, data=data)

    def write_and_read(self) -> bytes:
        """Write the marker, read it again."""
        data = MARKER.ljust(BLOCK, b".")
        done = self.nvmesim("write", "nvme0n1", "-s", "1", "-z", str(BLOCK), data=data)
        assert done.returncode == 0, done.stderr
        read = self.nvmesim("read", "nvme0n1", "-s", "1", "-z", str(BLOCK))
        assert read.returncode == 0, read.stderr
        assert read.stdout == data
        return read.stdout


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Link]:
    """A namespace behind a listener with TLS and one without; the keys are nvme-cli's."""
    folder = tmp_path_factory.mktemp("tls")
    rpc = folder / "spdk.sock"
    with ExitStack() as stack:
        target = stack.enter_context(newer_python("dpulab/dpu", folder))
        host = stack.enter_context(newer_python("dpulab/host", folder, target))
        serve = ("python3", "-m", "dpu_sim.spdk_sim", "-r", str(rpc), "--notify-fd", "1")
        stack.enter_context(target.running(*serve, ready=r"(?m)^\n"))
        for name in ("key1", "key2"):
            path = folder / name
            path.touch(0o600)
            path.write_text(host.good("nvme", "gen-tls-key", "--hmac", "1"))
        _configure(rpc, folder)
        yield Link(rpc, host, target, folder)


def _configure(rpc: Path, folder: Path) -> None:
    ask(rpc, "bdev_malloc_create", name="disk", block_size=BLOCK, num_blocks=1024)
    ask(rpc, "nvmf_create_transport", trtype="TCP")
    ask(rpc, "nvmf_create_subsystem", nqn=SUBNQN, serial_number="TLS1")
    ask(rpc, "nvmf_subsystem_add_ns", nqn=SUBNQN, namespace={"bdev_name": "disk"})
    for hostnqn, key in NAMES.items():
        ask(rpc, "keyring_file_add_key", name=key, path=str(folder / key))
        ask(rpc, "nvmf_subsystem_add_host", nqn=SUBNQN, host=hostnqn, psk=key)
    for port, secure in ((SECURE, True), (PLAIN, False)):
        where = {"trtype": "TCP", "adrfam": "IPv4", "traddr": "127.0.0.1", "trsvcid": port}
        ask(
            rpc, "nvmf_subsystem_add_listener", nqn=SUBNQN, listen_address=where,
            secure_channel=secure,
        )  # fmt: skip


@pytest.fixture(autouse=True)
def disconnected(link: Link) -> Iterator[None]:
    """Every test leaves without connections."""
    yield
    done = link.nvmesim("disconnect-all")
    assert done.returncode == 0, done.stderr
    wait_until(lambda: not ask(link.rpc, "nvmf_subsystem_get_controllers", nqn=SUBNQN))


def capture(link: Link, port: str, key: str | None) -> Path:
    """What is on the wire while a host writes the marker and reads it again."""
    path = link.folder / f"{port}.pcap"
    tcpdump = ("tcpdump", "-i", "lo", "-s", "0", "-U", "-Z", "root", "-w", str(path))
    with link.host.running(*tcpdump, f"tcp port {port}", ready="listening on"):
        done = link.connect(HOST, key, port=port)
        assert done.returncode == 0, done.stderr
        link.write_and_read()
        assert link.nvmesim("disconnect-all").returncode == 0
        size = -1
        while size != (size := path.stat().st_size):  # until the last packet has been written
            link.host.good("sleep", "0.2")
    return path


@needs_tshark
def test_what_is_written_over_tls_cannot_be_read_on_the_wire(link: Link) -> None:
    """What goes over the listener without TLS can."""
    plain, secure = capture(link, PLAIN, None), capture(link, SECURE, "key1")
    assert MARKER in plain.read_bytes()
    seen = secure.read_bytes()
    assert SUBNQN.encode() + b"\0" in plain.read_bytes()  # Connect; TLS tells it in the identity
    for secret in (MARKER, SUBNQN.encode() + b"\0", link.key("key1").read_bytes()):
        assert secret not in seen
    command = ["tshark", "-r", str(secure), "-d", f"tcp.port=={SECURE},tls", "-T", "fields"]
    shown = subprocess.run(
        [*command, "-e", "tls.record.content_type", "-e", "tls.record.opaque_type",
         "-e", "tls.handshake.extensions.supported_version", "-e", "_ws.malformed"],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    rows = [line.split("\t") for line in shown.splitlines()]
    assert any("22" in kinds.split(",") for kinds, *_ in rows)  # the hellos
    assert sum(opaque.count("23") for _, opaque, *_ in rows) > 20  # everything else
    assert any("0x0304" in versions for _, _, versions, _ in rows)
    assert not any(malformed for *_, malformed in rows)


def test_digests_go_inside_tls(link: Link) -> None:
    assert link.connect(OTHER, "key2", "-g", "-G").returncode == 0
    link.write_and_read()
    [controller] = ask(link.rpc, "nvmf_subsystem_get_controllers", nqn=SUBNQN)
    assert controller["hostnqn"] == OTHER
    [line] = json.loads(link.nvmesim("list-subsys", "-o", "json").stdout)["Subsystems"]
    assert line["NQN"] == SUBNQN


@pytest.mark.parametrize(
    ("hostnqn", "key"),
    [(HOST, "key2"), (STRANGER, "key1"), (HOST, None)],
    ids=["wrong key", "unknown identity", "no TLS"],
)
def test_whoever_does_not_prove_who_it_is_is_refused(
    link: Link, hostnqn: str, key: str | None
) -> None:
    done = link.connect(hostnqn, key)
    assert done.returncode != 0
    assert done.stderr
    assert not ask(link.rpc, "nvmf_subsystem_get_controllers", nqn=SUBNQN)
    # Others are unharmed.
    assert link.connect(HOST, "key1").returncode == 0


def test_a_host_cannot_connect_as_another_whose_key_it_has_not(link: Link) -> None:
    arguments = (SUBNQN, SECURE, str(link.key("key1")), HOST)
    refused = link.host.good("python3", "-c", IMPOSTOR, *arguments, OTHER).splitlines()
    assert refused[0] == "TLSv1.3"
    assert "CONNECT_INVALID_HOST" in refused[1].upper().replace(" ", "_")
    assert link.host.good("python3", "-c", IMPOSTOR, *arguments, HOST).splitlines()[1] == "let in"


@pytest.mark.parametrize("hmac", [1, 2])
def test_keys_have_the_format_of_nvme_clis(link: Link, hmac: int) -> None:
    """It writes what we read, and reads what we write."""
    text = link.host.good("nvme", "gen-tls-key", "--hmac", str(hmac)).strip()
    key = ConfiguredPsk.parse(text)
    assert key.hash == hmac
    assert ConfiguredPsk(key.key, key.hash).text() == text
    assert _identity(link, key, 0) == derive(key, HOST, SUBNQN, 0).identity
    damaged = text[:-8] + ("A" if text[-8] != "A" else "B") + text[-7:]
    with pytest.raises(LocalProtocolError):
        ConfiguredPsk.parse(damaged)
    assert link.host.run("nvme", "check-tls-key", "--keydata", damaged).returncode


@pytest.mark.parametrize("size", [32, 48])
def test_identities_are_nvme_clis(link: Link, size: int) -> None:
    """Of keys that are retained as they are: nvme-cli 2.13 derives others without the lengths that
    HKDF-Expand-Label has (RFC 8446, section 7.1)."""
    key = ConfiguredPsk(bytes(range(size)), 0)
    for version in (0, 1):
        assert _identity(link, key, version) == derive(key, HOST, SUBNQN, version).identity


def _identity(link: Link, key: ConfiguredPsk, version: int) -> str:
    """What nvme-cli says of a key."""
    return link.host.good(
        "nvme", "check-tls-key", "--keydata", key.text(), "--hostnqn", HOST,
        "--subsysnqn", SUBNQN, "--identity", str(version),
    ).strip()  # fmt: skip


@pytest.mark.parametrize("conversation", ["repeat_with_target", "repeat_with_hosts"])
def test_recorded_answers_about_tls_are_ours(link: Link, conversation: str) -> None:
    """Where Python has no pre-shared keys, the unit tests leave these out."""
    if "with_target" in conversation and not link.host.good("cat", "/proc/net/if_inet6").strip():
        pytest.skip("the recorded target was served at ::1, too")
    script = (
        "import asyncio, pathlib, sys\n"
        "from tests.unit.dpu_sim.spdk_sim import recorded\n"
        "assert recorded.AVAILABLE\n"
        "asyncio.run(getattr(recorded, sys.argv[1])(pathlib.Path(sys.argv[2])))\n"
    )
    link.target.good("mkdir", "-p", f"/tmp/{conversation}")
    link.target.good("python3", "-c", script, conversation, f"/tmp/{conversation}")
