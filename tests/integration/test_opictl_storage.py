"""The commands that work on several storage resources, against real servers.

Volumes are those of a DPU with a storage target; what hosts and remote targets need is also tried
on a DPU that has every kind of resource in memory.
"""

from __future__ import annotations

import asyncio
import json
import socketserver
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host_sim.client import Address, ConnectOptions, Identity, Subsystem
from tests.memory_dpu import memory_dpu
from tests.opictl_line import Line, command_line, serving_dpu
from tests.spdk_process import running_spdk_sim
from tests.spdk_target import ask

pytestmark = pytest.mark.integration

HOST = "nqn.2014-08.org.nvmexpress:uuid:8c6a4d4e-5c4e-4f1b-9d2b-0a1b2c3d4e5f"
REMOTE = "nqn.2022-09.io.spdk:disk1"


@pytest.fixture
def opictl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Line:
    """The command line in an empty folder."""
    return command_line(tmp_path, monkeypatch, capsys)


@pytest.fixture
def target(opictl: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """The same, with opid and its storage target to talk to."""
    with serving_dpu(tmp_path) as server:
        monkeypatch.setenv("OPICTL_ADDRESS", server.endpoint)
        yield opictl


@pytest.fixture
def memory(opictl: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """The same, with a DPU in memory to talk to."""
    with memory_dpu(tmp_path / "dpu") as address:
        monkeypatch.setenv("OPICTL_ADDRESS", address)
        yield opictl


def lines(opictl: Line, *words: str) -> list[str]:
    """What a command of storage prints that succeeds."""
    outcome = opictl("storage", *words)
    assert outcome.code == 0, outcome.err
    return outcome.out.splitlines()


def data(opictl: Line, *words: str) -> Any:
    """The same as JSON."""
    return json.loads("\n".join(lines(opictl, *words, "-o", "json")))


def create(opictl: Line, *words: str) -> list[str]:
    return lines(opictl, "volume", "create", *words)


# -- volumes


def test_a_volume_of_three_pieces_is_made_once_and_deleted_whole(
    target: Line, tmp_path: Path
) -> None:
    words = ("vol0", "--size", "1MiB", "--encrypt", "--key-file", "vol0.key")
    pieces = ["MallocVolume volumes/vol0-base", "EncryptedVolume volumes/vol0"]
    pieces += ["QosVolume volumes/vol0-qos"]
    limits = ("--qos", "rw_iops=5000,rw_mbs=10")
    assert create(target, *words, *limits) == [f"{piece}: created" for piece in pieces]
    key = (tmp_path / "vol0.key").read_bytes()
    assert (len(key), stat.S_IMODE((tmp_path / "vol0.key").stat().st_mode)) == (64, 0o600)
    assert create(target, *words, *limits) == [f"{piece}: unchanged" for piece in pieces]
    assert (tmp_path / "vol0.key").read_bytes() == key
    assert lines(target, "volume", "list") == [
        "NAME  SIZE  TYPE    ENCRYPTED    LIMITS                  USED-BY",
        "vol0  1MiB  malloc  aes-xts-256  rw_iops=5000,rw_mbs=10  -",
    ]
    assert lines(target, "tree", "--ascii") == [
        "volume vol0  type=encrypted  cipher=aes-xts-256  limits=rw_iops=5000,rw_mbs=10",
        "`-- volume vol0-base  type=malloc  size=1MiB",
    ]
    deleted = lines(target, "volume", "delete", "vol0")
    assert deleted == [f"{pieces[i]}: deleted" for i in (2, 1, 0)]
    assert data(target, "volume", "list") == []


def test_what_a_failing_step_leaves_is_undone(target: Line, tmp_path: Path) -> None:
    """The target cannot limit reads alone, which it says when all else is made."""
    words = ("vol0", "--size", "1MiB", "--encrypt", "--qos", "rd_iops=1000")
    outcome = target("storage", "volume", "create", *words)
    assert (outcome.code, outcome.out) == (1, "")
    assert "cannot create QosVolume volumes/vol0-qos" in outcome.err
    assert "undone: EncryptedVolume volumes/vol0, MallocVolume volumes/vol0-base" in outcome.err
    assert data(target, "tree") == []


def test_what_was_there_before_is_not_undone(target: Line) -> None:
    create(target, "vol0", "--size", "1MiB")
    words = ("vol0", "--size", "1MiB", "--qos", "rd_iops=1000")
    outcome = target("storage", "volume", "create", *words)
    assert outcome.code == 1
    assert "undone" not in outcome.err
    assert [one["id"] for one in data(target, "volume", "list")] == ["vol0"]


def test_an_interrupted_creation_is_completed(target: Line) -> None:
    """As when the command died between two steps: the blocks are there, nothing else is."""
    lines(target, "malloc", "create", "vol0-base", "--size", "1MiB")
    made = create(target, "vol0", "--size", "1MiB", "--encrypt")
    assert [one.rsplit(": ", 1)[1] for one in made] == ["unchanged", "created"]


def test_a_volume_that_differs_is_left_alone(target: Line) -> None:
    create(target, "vol0", "--size", "1MiB")
    outcome = target("storage", "volume", "create", "vol0", "--size", "2MiB", "--qos", "rw_mbs=1")
    assert outcome.code == 1
    assert "vol0 is there already, but differs: blocks_count is 2048, not 4096" in outcome.err
    assert data(target, "volume", "list")[0]["limits"] == []


def test_a_key_that_is_made_up_is_shown_once(target: Line, tmp_path: Path) -> None:
    words = ("storage", "volume", "create", "vol0", "--size", "1MiB", "--encrypt")
    first, second = target(*words), target(*words)
    assert "its key is hex:" in first.err
    assert len(first.err.partition("hex:")[2].partition(":")[0]) == 128
    assert "hex:" not in second.err
    assert "keeps the key that it has" in second.err
    # A file that is asked for later gets no key that is not the volume's.
    assert target(*words, "--key-file", "late.key").code == 0
    assert not (tmp_path / "late.key").exists()


def test_a_key_of_32_bytes_chooses_the_other_cipher(target: Line, tmp_path: Path) -> None:
    (tmp_path / "half.key").write_bytes(bytes(range(32)))
    create(target, "vol0", "--size", "1MiB", "--encrypt", "--key-file", "half.key")
    assert data(target, "volume", "list")[0]["encrypted"] == "aes-xts-128"


def test_a_file_of_the_dpu_is_a_volume(target: Line, tmp_path: Path) -> None:
    (tmp_path / "disk").write_bytes(bytes(1 << 20))
    path = str(tmp_path / "disk")
    create(target, "vol0", "--type", "aio", "--path", path)
    assert lines(target, "tree", "--ascii") == [f"volume vol0  type=aio  size=1MiB  file={path}"]
    outcome = target("storage", "volume", "create", "vol1", "--type", "aio", "--path", path)
    assert outcome.code == 1
    assert "in use by vol0" in outcome.err


def test_a_volume_beneath_another_is_not_deleted(target: Line) -> None:
    create(target, "vol0", "--size", "1MiB", "--encrypt")
    outcome = target("storage", "volume", "delete", "vol0-base")
    assert outcome.code == 2
    assert "EncryptedVolume volumes/vol0 lies on it" in outcome.err
    assert target("storage", "volume", "delete", "gone").code == 2
    assert target("storage", "volume", "delete", "gone", "--allow-missing").code == 0


def test_statistics_have_totals_and_rates(target: Line) -> None:
    create(target, "vol0", "--size", "1MiB")
    counters = ["read_bytes", "read_ops", "write_bytes", "write_ops"]
    assert sorted(data(target, "stats")["vol0"]) == counters
    watch = ("stats", "vol0", "--watch", "--interval", "0.05", "--rounds", "2", "-o", "json")
    found = [json.loads(line) for line in lines(target, *watch)]
    assert [one["rates"]["vol0"] for one in found] == [
        dict.fromkeys(found[0]["rates"]["vol0"], 0)
    ] * 2
    assert found[1]["time"] > found[0]["time"]
    assert target("storage", "stats", "gone").code == 2


# -- for hosts


def expose(opictl: Line, *words: str) -> Any:
    return data(opictl, "expose", *words)


def actions(answer: Any) -> list[str]:
    return [f"{one['kind']} {one['action']}" for one in answer["resources"]]


def test_a_volume_is_given_to_a_host_and_taken_back(memory: Line) -> None:
    create(memory, "vol0", "--size", "1MiB")
    words = ("vol0", "--to", HOST, "--listen", "10.1.1.1", "--listen", "[fd00:1::1]:4421")
    first = expose(memory, *words)
    kinds = ["NvmeSubsystem", "NvmeNamespace", "NvmeController", "NvmeController"]
    assert actions(first) == [f"{kind} created" for kind in kinds]
    nqn = first["nqn"]
    assert first["connect"] == [
        f"nvme connect -t tcp -a 10.1.1.1 -s 4420 -n {nqn} -q {HOST}",
        f"nvme connect -t tcp -a fd00:1::1 -s 4421 -n {nqn} -q {HOST}",
    ]
    again = expose(memory, *words)
    assert actions(again) == ["NvmeSubsystem unchanged", "NvmeNamespace unchanged"]
    assert again["connect"] == first["connect"]
    assert lines(memory, "tree", "--ascii") == [
        f"subsystem vol0  nqn={nqn}  host={HOST}",
        "|-- controller tcp-10-1-1-1-4420  tcp=10.1.1.1:4420  active=no",
        "|-- controller tcp-fd00-1--1-4421  tcp=[fd00:1::1]:4421  active=no",
        "`-- namespace vol0",
        "    `-- volume vol0  type=malloc  size=1MiB",
    ]
    refused = memory("storage", "volume", "delete", "vol0")
    assert refused.code == 2
    assert "`opictl storage unexpose vol0` takes it back" in refused.err
    back = data(memory, "unexpose", "vol0")
    assert [one["kind"] for one in back["resources"]] == [
        "NvmeNamespace", "NvmeController", "NvmeController", "NvmeSubsystem"
    ]  # fmt: skip
    assert lines(memory, "tree") == ["volume vol0  type=malloc  size=1MiB"]
    lines(memory, "volume", "delete", "vol0")


def test_a_volume_is_given_to_the_host_at_a_function(memory: Line) -> None:
    create(memory, "vol0", "--size", "1MiB")
    first = expose(memory, "vol0", "--function", "pf0vf1", "--function", "pf0")
    kinds = ["NvmeSubsystem", "NvmeNamespace", "NvmeController", "NvmeController"]
    assert actions(first) == [f"{kind} created" for kind in kinds]
    assert (first["functions"], first["connect"]) == (["pf0vf1", "pf0"], [])
    # The API counts virtual functions from 1.
    spec = json.loads(memory("storage", "controller", "get", "vol0/pcie-pf0vf1", "-o", "json").out)[
        "spec"
    ]
    assert spec["pcieId"]["virtualFunction"] == 2
    assert "physicalFunction" in spec["pcieId"]
    again = expose(memory, "vol0", "--function", "pf0")
    assert actions(again) == ["NvmeSubsystem unchanged", "NvmeNamespace unchanged"]
    assert lines(memory, "tree", "--ascii")[1:3] == [
        "|-- controller pcie-pf0  pcie=pf0  active=no",
        "|-- controller pcie-pf0vf1  pcie=pf0vf1  active=no",
    ]
    assert "the host at pf0 has it" in memory("storage", "expose", "vol0", "--function", "pf0").out
    lines(memory, "unexpose", "vol0")
    assert lines(memory, "tree") == ["volume vol0  type=malloc  size=1MiB"]


def test_volumes_may_share_a_subsystem_of_one_host(memory: Line) -> None:
    for name in ("vol0", "vol1"):
        create(memory, name, "--size", "1MiB")
    place = ("--subsystem", "sub0", "--nqn", REMOTE, "--to", HOST)
    assert memory("storage", "expose", "vol0", *place).code == 2  # nobody says where to listen
    expose(memory, "vol0", *place, "--listen", "10.1.1.1")
    second = expose(memory, "vol1", *place)
    assert actions(second) == ["NvmeSubsystem unchanged", "NvmeNamespace created"]
    assert second["connect"] == [f"nvme connect -t tcp -a 10.1.1.1 -s 4420 -n {REMOTE} -q {HOST}"]
    other = memory("storage", "expose", "vol1", "--to", HOST[:-1], "--subsystem", "sub0")
    assert f"sub0 is for {HOST}" in other.err
    elsewhere = memory("storage", "expose", "vol1", "--to", HOST, "--listen", "10.1.1.1")
    assert "vol1 is given to a host already" in elsewhere.err
    lines(memory, "unexpose", "vol0")
    assert lines(memory, "subsystem", "list", "-o", "name") == ["nvmeSubsystems/sub0"]
    assert lines(memory, "unexpose", "vol1", "--keep-subsystem")
    assert lines(memory, "subsystem", "list", "-o", "name") == ["nvmeSubsystems/sub0"]


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        ("expose vol0 --to host1 --listen 10.1.1.1", "'host1' is no NQN", "/etc/nvme/hostnqn"),
        ("expose vol0 --listen 10.1.1.1", "--to is missing", "--function"),
        ("expose vol0 --function pf0 --to any", "does not go with --to", "one host"),
        ("expose vol0 --function pf0 --listen ::1", "does not go with --listen", "one host"),
        ("expose vol0 --function eth1", "'eth1' is no function", "pf0vf1"),
        ("expose vol0 --to any --listen localhost", "is no IP address", "10.0.0.1:4420"),
        ("expose nope --to any --listen 10.1.1.1", "no volume 'nope'", "volume list"),
        ("volume create vol2 --type aio --path disk", "no absolute path", "the file is the DPU's"),
        ("volume create vol2 --size 1000", "no whole number of blocks", "--help"),
        ("volume create vol2 --size 1MiB --qos iops=5", "no limit 'iops'", "limits are rw_iops"),
        ("attach-remote", "NQN@ADDRESS[:PORT] is missing", "--help"),
        ("attach-remote nqn.2022-09.io.spdk:x@", "has no address", "@10.0.0.1"),
        ("detach-remote nope", "no remote controller 'nope'", "remote-controller list"),
        ("stats nope", "no volume or namespace 'nope'", "storage tree"),
    ],
)
def test_typical_mistakes_are_told_with_the_way_out(
    memory: Line, words: str, error: str, hint: str
) -> None:
    create(memory, "vol0", "--size", "1MiB")
    outcome = memory("storage", *words.split())
    assert outcome.code == 2
    message, advice = outcome.err.splitlines()
    assert message.startswith("error: ")
    assert error in message
    assert advice.startswith("hint: ")
    assert hint in advice
    assert lines(memory, "tree") == ["volume vol0  type=malloc  size=1MiB"]


def test_volumes_are_listed_by_name_whatever_they_are(memory: Line) -> None:
    create(memory, "vol2", "--size", "1MiB")
    create(memory, "vol1", "--size", "1MiB", "--type", "null")
    create(memory, "vol3", "--size", "1MiB", "--type", "null")
    assert lines(memory, "volume", "list", "-o", "name") == [
        f"volumes/vol{number}" for number in (1, 2, 3)
    ]


def test_what_the_target_refuses_by_itself_comes_without_wrong_advice(target: Line) -> None:
    create(target, "vol0", "--size", "1MiB")
    refused = target("storage", "expose", "vol0", "--to", "any", "--listen", "203.0.113.1")
    assert refused.code == 1
    assert "does not listen at TCP IPv4 203.0.113.1 4420" in refused.err
    assert "create or change" not in refused.err
    assert "undone: NvmeNamespace" in refused.err
    assert lines(target, "tree") == ["volume vol0  type=malloc  size=1MiB"]


# -- from remote targets


def test_a_remote_target_is_attached_and_let_go(memory: Line) -> None:
    words = (f"{REMOTE}@10.1.0.2", "10.2.0.2:4421", "--multipath", "multipath")
    first = data(memory, "attach-remote", *words, "--hostnqn", HOST)
    assert actions(first) == ["NvmeRemoteController created"] + ["NvmePath created"] * 2
    assert first["name"] == "nvmeRemoteControllers/disk1"
    again = data(memory, "attach-remote", f"{REMOTE}@10.1.0.2")
    assert actions(again) == ["NvmeRemoteController unchanged", "NvmePath unchanged"]
    third = data(memory, "attach-remote", f"{REMOTE}@10.3.0.2")
    assert actions(third) == ["NvmeRemoteController unchanged", "NvmePath created"]
    assert lines(memory, "tree", "--ascii") == [
        "remote disk1  multipath=multipath",
        f"|-- path path-10-1-0-2-4420  tcp=10.1.0.2:4420  nqn={REMOTE}",
        f"|-- path path-10-2-0-2-4421  tcp=10.2.0.2:4421  nqn={REMOTE}",
        f"`-- path path-10-3-0-2-4420  tcp=10.3.0.2:4420  nqn={REMOTE}",
    ]
    changed = memory("storage", "attach-remote", words[0], "--multipath", "failover")
    assert changed.code == 1
    assert "multipath is multipath, not failover" in changed.err
    gone = lines(memory, "detach-remote", REMOTE)
    assert [one.split()[0] for one in gone] == ["NvmePath"] * 3 + ["NvmeRemoteController"]
    assert data(memory, "tree") == []


def test_shells_complete_what_is_there(memory: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    create(memory, "vol0", "--size", "1MiB", "--encrypt")
    monkeypatch.setenv("_OPICTL_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "opictl storage volume delete vo")
    monkeypatch.setenv("COMP_CWORD", "4")
    assert memory().out.splitlines() == ["plain,vol0", "plain,vol0-base"]


# -- all the way down, with real targets


@pytest.fixture
def remote(tmp_path: Path, free_tcp_port: int) -> Iterator[str]:
    """A remote target that gives one namespace to any host: NQN@ADDRESS:PORT."""
    nqn = REMOTE
    place = {"trtype": "TCP", "adrfam": "IPv4", "traddr": "127.0.0.1"}
    listen = place | {"trsvcid": str(free_tcp_port)}
    with running_spdk_sim(tmp_path / "remote.sock") as socket:
        ask(socket, "bdev_malloc_create", name="disk0", num_blocks=2048, block_size=512)
        ask(socket, "nvmf_create_transport", trtype="TCP")
        ask(socket, "nvmf_create_subsystem", nqn=nqn, allow_any_host=True)
        ask(socket, "nvmf_subsystem_add_ns", nqn=nqn, namespace={"bdev_name": "disk0"})
        ask(socket, "nvmf_subsystem_add_listener", nqn=nqn, listen_address=listen)
        yield f"{nqn}@127.0.0.1:{free_tcp_port}"


@pytest.fixture
def free_tcp_port() -> int:
    """A port that nobody had a moment ago."""
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        return int(server.server_address[1])


def test_a_remote_volume_reaches_a_host_and_the_tree_shows_how(target: Line, remote: str) -> None:
    attached = data(target, "attach-remote", remote)
    assert attached["volumes"] == ["disk1n1"]
    place = remote.partition("@")[2]
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        port = server.server_address[1]
    given = data(target, "expose", "disk1n1", "--to", HOST, "--listen", f"127.0.0.1:{port}")
    address = Address("127.0.0.1", int(port))

    async def use() -> bytes:
        subsystem = Subsystem(given["nqn"])
        await subsystem.connect(ConnectOptions(address, given["nqn"], Identity.of(HOST)))
        try:
            await subsystem.namespaces[1].write(0, b"a" * 512)
            return bytes(await subsystem.namespaces[1].read(0, 1))
        finally:
            await subsystem.close()

    assert asyncio.run(use()) == b"a" * 512
    stats = data(target, "stats", "disk1n1/disk1n1")["disk1n1/disk1n1"]
    assert (stats["write_ops"], stats["write_bytes"]) == (1, 512)
    shown = lines(target, "tree", "--ascii")
    assert [one.lstrip(" |`-").split("  ")[0] for one in shown] == [
        "subsystem disk1n1",
        f"controller tcp-127-0-0-1-{port}",
        "namespace disk1n1",
        "volume disk1n1",
        "remote disk1",
        f"path path-{place.replace('.', '-').replace(':', '-')}",
    ]
    held = target("storage", "detach-remote", "disk1")
    assert "disk1 is in use" in held.err
    lines(target, "unexpose", "disk1n1")
    lines(target, "detach-remote", "disk1")
    assert data(target, "tree") == []


def test_a_target_that_is_not_there_leaves_nothing_behind(target: Line) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        port = server.server_address[1]
    outcome = target("storage", "attach-remote", f"{REMOTE}@127.0.0.1:{port}")
    assert outcome.code in {1, 3}
    assert "cannot create NvmePath" in outcome.err
    assert data(target, "tree") == []


def test_the_tree_shows_virtio_devices_with_their_volumes(target: Line) -> None:
    for name in ("disk0", "disk1"):
        create(target, name, "--size", "1MiB")
    function = ("--port-id", "0", "--physical-function", "0", "--virtual-function")
    disk = (*function, "1", "--volume", "disk0", "--max-limit-rw-iops-kiops", "2")
    lines(target, "virtio-blk", "create", "blk0", *disk)
    lines(target, "virtio-scsi-controller", "create", "scsi0", *function, "2")
    unit = ("--target", "scsi0", "--volume", "volumes/disk1")
    lines(target, "virtio-scsi-lun", "create", "unit0", *unit)
    assert lines(target, "tree", "--ascii") == [
        "virtio-blk blk0  pcie=pf0vf0  limits=rw_iops=2000",
        "`-- volume disk0  type=malloc  size=1MiB",
        "virtio-scsi-lun unit0  target=scsi0",
        "`-- volume disk1  type=malloc  size=1MiB",
    ]
