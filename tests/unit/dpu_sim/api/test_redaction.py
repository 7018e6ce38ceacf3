"""Secrets stay out of answers and logs, at whatever depth they are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from dpu_sim.api.access_log import AccessLog
from dpu_sim.api.observation import Observation
from dpu_sim.api.redaction import Redaction, holds_secret, may_hold_secret, redacted
from opi.behavior import is_secret
from opi.catalog import catalog
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import (
    ListNvmeSubsystemsResponse,
    NvmeSubsystem,
    NvmeSubsystemSpec,
)
from opi.proto.opi_api.storage.v1.middleend_encryption_pb2 import EncryptedVolume
from tests.unit.dpu_sim.api.device import dpu, subsystem

MARK = "hunter2"


def fill(descriptor: Descriptor, depth: int = 0) -> Message:
    """A message with every field set, text and bytes of it to MARK."""
    message: Any = GetMessageClass(descriptor)()
    made: Message = message
    for field in descriptor.fields:
        if field.message_type is None:
            value: Any = 1
            if field.type == field.TYPE_STRING:
                value = MARK
            elif field.type == field.TYPE_BYTES:
                value = MARK.encode()
            elif field.enum_type:
                value = field.enum_type.values[-1].number
            if field.is_repeated:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)
        elif depth < 6 and not field.message_type.GetOptions().map_entry:
            inner = fill(field.message_type, depth + 1)
            if field.is_repeated:
                getattr(message, field.name).append(inner)
            else:
                getattr(message, field.name).CopyFrom(inner)
    return made


def values(message: Message) -> Iterator[tuple[Any, Any]]:
    """(field, value) of everything that is set, at any depth."""
    for field, value in message.ListFields():
        if field.message_type is None:
            yield field, value
        elif not field.message_type.GetOptions().map_entry:
            for one in value if field.is_repeated else [value]:
                yield from values(one)


MESSAGES = {
    one.full_name: one
    for method in catalog().methods()
    for one in (method.descriptor.input_type, method.descriptor.output_type)
}


def test_of_every_message_of_every_method_secrets_go_and_all_else_stays() -> None:
    with_secrets = 0
    for descriptor in MESSAGES.values():
        message = fill(descriptor)
        before = list(values(message))
        shown = redacted(message)
        secrets = [field for field, _ in before if is_secret(field)]
        with_secrets += bool(secrets)
        assert bool(secrets) == holds_secret(message), descriptor.full_name
        assert not secrets or may_hold_secret(descriptor)
        assert [pair for pair in before if not is_secret(pair[0])] == list(values(shown))
        assert list(values(message)) == before  # the original keeps them
    assert with_secrets > 10


def test_a_message_without_secrets_is_not_copied() -> None:
    message = NvmeSubsystem(spec=NvmeSubsystemSpec(nqn="n"))
    assert redacted(message) is message


def test_secrets_in_lists_go() -> None:
    one = NvmeSubsystem(spec=NvmeSubsystemSpec(nqn="n", psk=MARK.encode()))
    shown = redacted(ListNvmeSubsystemsResponse(nvme_subsystems=[one, one], next_page_token="t"))
    assert MARK not in str(shown)
    assert [each.spec.nqn for each in shown.nvme_subsystems] == ["n", "n"]
    assert shown.next_page_token == "t"


def test_a_key_at_the_top_of_a_resource_goes() -> None:
    assert redacted(EncryptedVolume(key=MARK.encode(), volume_name_ref="v")).key == b""


def test_answers_hide_what_the_store_keeps(tmp_path: Path) -> None:
    async def main() -> None:
        async with dpu(tmp_path, stages=[Redaction()]) as one:
            fields = subsystem(psk=MARK.encode())
            made = await one("CreateNvmeSubsystem", **fields)
            again = await one("CreateNvmeSubsystem", **fields)
            seen = await one("GetNvmeSubsystem", name=made.name)
            (listed,) = (await one("ListNvmeSubsystems")).nvme_subsystems
            # What a client reads and sends back does not clear the secret.
            seen.spec.serial_number = "SN"
            updated = await one("UpdateNvmeSubsystem", nvme_subsystem=seen)
            for answer in (made, again, seen, listed, updated):
                assert MARK not in str(answer)
                assert answer.spec.nqn
            record = one.store.get("NvmeSubsystem", made.name)
            assert record is not None
            assert NvmeSubsystem.FromString(record.message).spec.psk == MARK.encode()
            assert record.message.count(b"SN") == 1

    asyncio.run(main())


def test_requests_in_the_log_hide_them_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with dpu(tmp_path, stages=[Observation([AccessLog()])]) as one:
            await one("CreateNvmeSubsystem", **subsystem(psk=MARK.encode()))

    with caplog.at_level("DEBUG", "dpu_sim.access"):
        asyncio.run(main())
    (record,) = [r for r in caplog.records if r.name == "dpu_sim.access"]
    text = json.dumps(record.__dict__["data"])
    assert "opi0" in text
    assert MARK not in text
    assert "aHVudGVyMg" not in text  # the same in base64
