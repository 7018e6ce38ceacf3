"""Parameters, sizes and configuration files: whatever is given, a value or a refusal."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dpu_sim.spdk_sim.__main__ import mebibytes, parser
from dpu_sim.spdk_sim.application import Application
from dpu_sim.spdk_sim.configuration import ConfigurationError, carry_out
from dpu_sim.spdk_sim.envelope import answer
from dpu_sim.spdk_sim.errors import RpcError, undecoded
from dpu_sim.spdk_sim.parameters import (
    boolean,
    decode,
    identifier,
    one_of,
    signed,
    string,
    strings,
    unsigned,
)

SHARP = st.sampled_from([0, 1, -1, 511, 512, 4096, 1 << 31, 1 << 32, 1 << 63, 1 << 64, 1 << 70])
VALUES = st.recursive(
    st.none() | st.booleans() | SHARP | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
FIELDS = {
    "s": string, "b": boolean, "u": unsigned(8), "i": signed(8), "e": one_of("x", "y"),
    "l": strings, "d": identifier,
}  # fmt: skip
METHODS = [
    name
    for name in Application().methods()
    if name.startswith(("bdev_", "accel_", "keyring_", "framework_", "log_", "notify_"))
]


@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), VALUES) | VALUES)
def test_what_is_decoded_has_known_names_and_right_types(given_value: Any) -> None:
    with suppress(RpcError):
        found = decode(given_value, FIELDS, {"s"}, undecoded)
        assert found == given_value
        assert "s" in found
        assert set(found) <= set(FIELDS)
        assert 0 <= found.get("u", 0) < 256
        assert -128 <= found.get("i", 0) < 128


@given(st.uuids(), st.booleans())
def test_a_uuid_is_one_in_its_usual_notation_only(one: uuid.UUID, upper: bool) -> None:
    text = str(one).upper() if upper else str(one)
    assert identifier(text)
    for other in (one.hex, f"{{{text}}}", f"urn:uuid:{text}", text[:-1], one.int, None, [text]):
        assert not identifier(other)


@given(
    st.sampled_from(METHODS),
    st.dictionaries(
        st.sampled_from(
            ["name", "block_size", "num_blocks", "uuid", "md_size", "names", "timeout", "opc",
             "enable", "granularity", "min_nsec", "max_nsec", "key", "key2", "cipher", "level",
             "rw_ios_per_sec", "base_name", "base_bdev_name", "key_name", "new_size", "filename"]
        ),
        VALUES | st.sampled_from(["m", "AES_XTS", "00" * 16, "11" * 16, True, "read"]),
        max_size=5,
    ) | VALUES,
)  # fmt: skip
def test_a_method_answers_whatever_it_is_given_and_never_with_an_internal_error(
    method: str, parameters: Any
) -> None:
    async def run() -> Any:
        application = Application()
        methods = application.methods()
        setup = {"name": "m", "block_size": 512, "num_blocks": 8}
        await answer({"id": 1, "method": "bdev_malloc_create", "params": setup}, methods)
        request = {"id": 2, "method": method, "params": parameters}
        if isinstance(parameters, dict) and isinstance(parameters.get("timeout"), int):
            parameters["timeout"] = 1
        reply = await answer(request, methods)
        await application.close()
        return reply

    reply = asyncio.run(run())
    json.dumps(reply)
    assert reply["id"] == 2
    if "error" in reply:
        assert reply["error"]["message"] != "Internal error", (method, parameters)


@given(st.text(max_size=8) | st.from_regex(r"[0-9]{1,4}[MGmgbBxK]{0,3}", fullmatch=True))
def test_a_size_is_read_or_refused(text: str) -> None:
    try:
        size = mebibytes(text)
    except argparse.ArgumentTypeError:
        return
    digits = "".join(one for one in text if one.isdecimal())
    assert size == int(digits) << (30 if "G" in text.upper() else 20)


def test_a_size_has_the_units_of_spdk_tgt() -> None:
    assert mebibytes("512") == mebibytes("512M") == mebibytes("512MB") == 512 << 20
    assert mebibytes("2G") == mebibytes("2gb") == 2 << 30


def test_the_flags_of_spdk_tgt_are_accepted() -> None:
    line = "-r /run/s -m [0,1] -p 0 -s 1024 -g -u --no-huge -e all -L nvmf -i 3 -n 4 --json /c"
    options = parser().parse_args(line.split())
    assert (options.rpc_socket, options.mem_size, options.config) == (
        "/run/s", 1 << 30, Path("/c"),
    )  # fmt: skip
    with pytest.raises(SystemExit) as caught:
        parser().parse_args(["--not-one-of-them"])
    assert caught.value.code == 2


@given(VALUES | st.builds(lambda one: {"subsystems": [{"config": one}]}, VALUES))
def test_a_configuration_file_is_carried_out_or_refused(content: Any) -> None:
    with tempfile.NamedTemporaryFile("w") as file:
        json.dump(content, file)
        file.flush()
        with suppress(ConfigurationError):
            asyncio.run(carry_out(Path(file.name), Application().methods()))
