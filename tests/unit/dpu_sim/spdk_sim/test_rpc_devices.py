"""Block devices through SPDK's own client and command line, against the stand-in as a process."""

from __future__ import annotations

import json
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from spdk.rpc.client import JSONRPCClient, JSONRPCException

COMMAND_LINE = str(Path(sys.executable).parent / "spdk-rpc")
KEYS = {"key": "00" * 16, "key2": "11" * 16}


@contextmanager
def serving(address: Path | str, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """The stand-in as a process, until the end."""
    command = [sys.executable, "-m", "dpu_sim.spdk_sim", "-r", str(address), "--notify-fd", "1"]
    with subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"\n", "the server has not come up"
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "spdk.sock"
    with serving(path):
        yield path


@pytest.fixture
def client(target: Path) -> Iterator[Any]:
    with JSONRPCClient(str(target), timeout=10) as client:
        yield client


def line(path: Path, *arguments: str) -> str:
    """What spdk-rpc prints."""
    command = [COMMAND_LINE, "-s", str(path), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def refused(words: str) -> Any:
    return pytest.raises(JSONRPCException, match=words)


def test_every_device_is_made_shown_and_unmade(client: Any, tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(bytes(1 << 20))
    assert client.bdev_malloc_create(num_blocks=64, block_size=512) == "Malloc0"
    assert client.bdev_malloc_create(num_blocks=64, block_size=512, name="m") == "m"
    assert client.bdev_null_create(name="n", num_blocks=64, block_size=4096) == "n"
    assert client.bdev_aio_create(name="a", filename=str(image), block_size=512) == "a"
    assert client.accel_crypto_key_create(name="k", cipher="AES_XTS", **KEYS)
    assert client.bdev_crypto_create(base_bdev_name="a", name="c", key_name="k") == "c"
    latencies = dict.fromkeys(
        ("avg_read_latency", "p99_read_latency", "avg_write_latency", "p99_write_latency"), 5
    )
    assert client.bdev_delay_create(base_bdev_name="c", name="d", **latencies) == "d"
    assert client.bdev_error_create(base_name="m") is True
    assert client.bdev_passthru_create(base_bdev_name="n", name="p") == "p"
    shown = {one["name"]: one for one in client.bdev_get_bdevs()}
    assert list(shown) == ["Malloc0", "m", "n", "a", "c", "d", "EE_m", "p"]
    assert [name for name, one in shown.items() if one["claimed"]] == ["m", "n", "a", "c"]
    assert shown["d"]["num_blocks"] == 2048
    assert client.bdev_null_resize(name="n", new_size=1)
    assert client.bdev_get_bdevs(name="p")[0]["num_blocks"] == 256
    assert client.bdev_delay_update_latency(
        delay_bdev_name="d", latency_type="p99_write", latency_us=7
    )
    assert client.bdev_get_bdevs(name="d")[0]["driver_specific"]["delay"]["p99_write_latency"] == 7
    assert client.bdev_error_inject_error(name="EE_m", io_type="all", error_type="failure", num=3)
    assert client.bdev_error_resume_pending(name="EE_m")
    for method, name in (
        ("bdev_passthru_delete", "p"), ("bdev_error_delete", "EE_m"), ("bdev_delay_delete", "d"),
        ("bdev_crypto_delete", "c"), ("bdev_aio_delete", "a"), ("bdev_null_delete", "n"),
        ("bdev_malloc_delete", "m"), ("bdev_malloc_delete", "Malloc0"),
    ):  # fmt: skip
        assert client.call(method, {"name": name}) is True
        with refused("No such device"):
            client.call(method, {"name": name})
    assert client.bdev_get_bdevs() == []
    assert client.accel_crypto_key_destroy(key_name="k")


def test_a_crypto_device_takes_its_key_as_before_keys_had_names(client: Any) -> None:
    client.bdev_null_create(name="n", num_blocks=64, block_size=512)
    with refused("failed to create DEK, rc -22"):
        client.bdev_crypto_create(base_bdev_name="n", name="c", cipher="AES_CBC", **KEYS)
    client.bdev_crypto_create(base_bdev_name="n", name="c", cipher="AES_XTS", **KEYS)
    assert client.bdev_get_bdevs(name="c")[0]["product_name"] == "crypto"
    [key] = client.accel_crypto_keys_get()
    assert (key["name"], key["cipher"]) == ("c_key", "AES_XTS")
    with refused("No such file or directory"):
        client.bdev_crypto_create(base_bdev_name="x", name="c2", key_name="nokey")


def test_the_command_line_of_spdk_works(target: Path, tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(bytes(1 << 20))
    assert line(target, "bdev_malloc_create", "-b", "m", "1", "512") == "m"
    assert line(target, "bdev_aio_create", str(image), "a", "4096") == "a"
    line(target, "bdev_set_qos_limit", "m", "--rw-ios-per-sec", "3000", "--r-mbytes-per-sec", "5")
    [shown] = json.loads(line(target, "bdev_get_bdevs", "-b", "m"))
    assert shown["num_blocks"] == 2048
    assert shown["assigned_rate_limits"]["rw_ios_per_sec"] == 3000
    statistics = json.loads(line(target, "bdev_get_iostat", "--names", "a,m"))
    assert [one["name"] for one in statistics["bdevs"]] == ["a", "m"]
    line(target, "bdev_enable_histogram", "--histogram", "m")
    assert json.loads(line(target, "bdev_get_histogram", "m"))["granularity"] == 7
    assert "bdev_register" in line(target, "notify_get_types")
    assert json.loads(line(target, "notify_get_notifications", "-i", "1")) == [
        {"type": "bdev_register", "ctx": "a", "id": 1}
    ]
    assert line(target, "log_get_level") in ('"NOTICE"', "NOTICE")
    line(target, "bdev_aio_delete", "a")
    line(target, "bdev_malloc_delete", "m")


def test_a_configuration_saved_by_spdks_tool_is_loaded_by_it(
    target: Path, client: Any, tmp_path: Path
) -> None:
    image = tmp_path / "image"
    image.write_bytes(bytes(1 << 20))
    client.accel_crypto_key_create(name="k", cipher="AES_XTS", **KEYS)
    client.bdev_aio_create(name="a", filename=str(image), block_size=512)
    client.bdev_crypto_create(base_bdev_name="a", name="c", key_name="k")
    client.bdev_malloc_create(
        num_blocks=64, block_size=512, name="m", md_size=8, md_interleave=True
    )
    client.bdev_set_qos_limit(name="c", w_mbytes_per_sec=5)
    client.bdev_error_create(base_name="m")
    written = line(target, "save_config")
    before = client.bdev_get_bdevs()
    config = tmp_path / "config.json"
    config.write_text(written)
    for number, options in enumerate((("-c", str(config)), ("--wait-for-rpc",))):
        second = tmp_path / f"second{number}.sock"
        with serving(second, *options), JSONRPCClient(str(second), timeout=10) as other:
            if options == ("--wait-for-rpc",):
                with refused("after framework is initialized"):
                    other.bdev_get_bdevs()
                line(second, "load_config", "-j", str(config))
            assert other.bdev_get_bdevs() == before
            assert line(second, "save_config") == written


def saved(method: str, **parameters: str) -> str:
    """A configuration of one method."""
    command = {"method": method, "params": parameters}
    return json.dumps({"subsystems": [{"subsystem": "bdev", "config": [command]}]})


def test_a_configuration_that_cannot_be_carried_out_ends_the_start(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    for text, words in (
        ("{", b"no configuration"),
        (saved("nope"), b"no method nope"),
        (saved("bdev_malloc_delete", name="x"), b"bdev_malloc_delete: "),
    ):
        config.write_text(text)
        command = [sys.executable, "-m", "dpu_sim.spdk_sim", "-r", str(tmp_path / "s")]
        done = subprocess.run(
            [*command, "-c", str(config)], check=False, capture_output=True, timeout=60
        )
        assert done.returncode == 1
        assert words in done.stderr


def test_options_of_spdk_tgt_are_accepted_and_memory_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "s"
    options = ("-m", "0x3", "-s", "64", "--no-huge", "-u", "--iova-mode=va", "-L", "bdev")
    with serving(path, *options), JSONRPCClient(str(path), timeout=10) as client:
        client.bdev_malloc_create(num_blocks=60 << 11, block_size=512, name="m")
        with refused("Cannot allocate memory"):
            client.bdev_malloc_create(num_blocks=8 << 11, block_size=512, name="n")
        client.bdev_malloc_delete(name="m")
        client.bdev_malloc_create(num_blocks=64 << 11, block_size=512, name="n")


def test_tcp_serves_as_well(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with serving(f"127.0.0.1:{port}"), JSONRPCClient("127.0.0.1", port, timeout=10) as client:
        assert client.bdev_get_bdevs() == []


def ask(link: socket.socket, number: int, method: str, **parameters: Any) -> None:
    link.sendall(json.dumps({"id": number, "method": method, "params": parameters}).encode())


def replies(link: socket.socket) -> list[dict[str, Any]]:
    """What arrives until the server closes."""
    data = b"".join(iter(lambda: link.recv(65536), b"")).decode()
    decoder, position, found = json.JSONDecoder(), 0, []
    while position < len(data):
        value, position = decoder.raw_decode(data, position)
        found.append(value)
    return found


def test_a_device_is_waited_for_while_others_are_answered(target: Path) -> None:
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(10)
        link.connect(str(target))
        ask(link, 1, "bdev_get_bdevs", name="late", timeout=8000)
        ask(link, 2, "bdev_get_bdevs", name="never", timeout=100)
        ask(link, 3, "bdev_get_bdevs")
        link.shutdown(socket.SHUT_WR)  # as gospdk does; every answer still comes
        with JSONRPCClient(str(target), timeout=10) as other:
            deadline = time.monotonic() + 0.2
            while time.monotonic() < deadline:
                other.bdev_get_bdevs()
            other.bdev_null_create(name="late", num_blocks=8, block_size=512)
        found = replies(link)
    assert [one["id"] for one in found] == [3, 2, 1]
    assert found[1]["error"]["message"] == "Connection timed out"
    assert found[2]["result"][0]["name"] == "late"


def test_clients_that_leave_while_they_wait_leave_room_for_others(target: Path) -> None:
    for _ in range(64):
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(str(target))
            ask(link, 1, "bdev_get_bdevs", name="never", timeout=3_600_000)
    deadline = time.monotonic() + 10
    answered = False
    while not answered:
        assert time.monotonic() < deadline, "connections of clients that are gone stay occupied"
        with (
            suppress(JSONRPCException, ConnectionError),
            JSONRPCClient(str(target), timeout=2) as client,
        ):
            answered = client.bdev_get_bdevs() == []


def test_a_request_is_carried_out_though_its_client_has_left(target: Path, client: Any) -> None:
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(str(target))
        ask(link, 1, "bdev_null_create", name="n", num_blocks=8, block_size=512)
    assert client.bdev_get_bdevs(name="n", timeout=5000)


NAMES = ["m", "n", "", "Malloc0", "\x00", "x" * 300, 5, None, True, [], {}, -1, 1 << 70, 0.5]


def garbage(chance: random.Random, methods: list[str]) -> bytes:
    """A request with parameters at random, or bytes that are none."""
    kind = chance.random()
    if kind < 0.15:
        return chance.randbytes(chance.randint(1, 200))
    known = ("name", "block_size", "num_blocks", "uuid", "names", "filename", "base_bdev_name",
             "key_name", "timeout", "new_size", "enable", "level", "id", "max", "nqn")  # fmt: skip
    values = [*NAMES, 0, 1, 512, 4096, 64, 100, ["m"], "aio", "/dev/null", "/proc/self/mem"]
    parameters: Any = {chance.choice(known): chance.choice(values) for _ in range(4)}
    if kind < 0.25:
        parameters = chance.choice([[], [1], 3, "x", None])
    request: Any = {"id": chance.choice([1, "a", None, 2.5, []]), "params": parameters}
    request["method"] = chance.choice([*methods, "nope", 5])
    text = json.dumps([request] * 3 if kind > 0.9 else request).encode()
    return text[: chance.randint(1, len(text))] if 0.25 < kind < 0.35 else text


@pytest.mark.parametrize("seed", range(4))
def test_no_garbage_ends_the_server(seed: int, target: Path, client: Any) -> None:
    chance = random.Random(seed)
    harmful = {"spdk_kill_instance", "log_set_level"}
    methods = [one for one in client.rpc_get_methods() if one not in harmful]
    for _ in range(60):
        with socket.socket(socket.AF_UNIX) as link, suppress(ConnectionError):
            link.settimeout(10)
            link.connect(str(target))
            for _ in range(chance.randint(1, 8)):
                link.sendall(garbage(chance, methods))
            if chance.random() < 0.7:
                link.shutdown(socket.SHUT_WR)
                with suppress(TimeoutError):
                    link.settimeout(0.3)
                    while link.recv(65536):
                        pass
    assert client.spdk_get_version()["fields"]["major"] == 26
    for one in client.bdev_get_bdevs():
        assert one["num_blocks"] > 0
