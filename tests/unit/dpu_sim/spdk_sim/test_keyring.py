"""Keys in files: by name, private, read when they are used."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from typing import Any

import pytest

from dpu_sim.spdk_sim.envelope import answer
from dpu_sim.spdk_sim.rpc_keyring import Keyring

PSK = "NVMeTLSkey-1:01:Ni9xb3BrYWV0:"


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "psk"
    path.touch(0o600)
    path.write_text(PSK + "\n")
    return path


def call(keyring: Keyring, method: str, **parameters: Any) -> Any:
    request = {"id": 1, "method": method, **({"params": parameters} if parameters else {})}
    reply = asyncio.run(answer(request, keyring.methods()))
    return reply.get("result", reply.get("error", {}).get("code"))


def raises(number: int, keyring: Keyring, name: str) -> None:
    with pytest.raises(OSError) as caught:  # noqa: PT011 (the number is looked at)
        keyring.secret(name)
    assert caught.value.errno == number


def test_a_key_is_read_from_its_file_when_it_is_used(key_file: Path) -> None:
    keyring = Keyring()
    raises(errno.ENOKEY, keyring, "k")
    assert call(keyring, "keyring_file_add_key", name="k", path=str(key_file)) is True
    assert keyring.secret("k") == PSK
    key_file.write_text("changed")
    assert keyring.secret("k") == "changed"
    key_file.chmod(0o644)
    raises(errno.EPERM, keyring, "k")
    key_file.unlink()
    raises(errno.ENOENT, keyring, "k")
    assert call(keyring, "keyring_file_remove_key", name="k") is True
    assert call(keyring, "keyring_file_remove_key", name="k") == -errno.ENOENT
    assert call(keyring, "keyring_get_keys") == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_that_others_can_reach_is_refused(key_file: Path, mode: int) -> None:
    key_file.chmod(mode)
    keyring = Keyring()
    code = call(keyring, "keyring_file_add_key", name="k", path=str(key_file))
    assert code == -errno.EPERM
    assert call(keyring, "keyring_get_keys") == []


def test_a_name_is_given_once_and_a_keyring_can_be_made_again(key_file: Path) -> None:
    keyring, again = Keyring(), Keyring()
    assert call(keyring, "keyring_file_add_key", name="k", path=str(key_file)) is True
    code = call(keyring, "keyring_file_add_key", name="k", path=str(key_file))
    assert code == -errno.EEXIST
    for command in keyring.commands():
        assert call(again, command["method"], **command["params"]) is True
    assert again.secret("k") == PSK
    assert PSK not in repr(vars(again))
