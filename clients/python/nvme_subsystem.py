"""Read a card's inventory, then create, list and delete an NVMe subsystem.

    nvme_subsystem.py [--address HOST:PORT] [--ca FILE [--cert FILE --key FILE]]

Without --ca the connection is not encrypted; --cert and --key are the client's own certificate, for
servers that ask for one. Exit codes: 0 done, 1 the server refused or is not there, 2 usage.
"""
# ruff: noqa: T201 - printing is what this program does

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from opi.proto.opi_api.inventory.v1.inventory_pb2 import GetInventoryRequest
from opi.proto.opi_api.inventory.v1.inventory_pb2_grpc import InventoryServiceStub
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2 import (
    CreateNvmeSubsystemRequest,
    DeleteNvmeSubsystemRequest,
    ListNvmeSubsystemsRequest,
    NvmeSubsystem,
    NvmeSubsystemSpec,
)
from opi.proto.opi_api.storage.v1.frontend_nvme_pb2_grpc import FrontendNvmeServiceStub
from opi.status import CallError, status_of

TIMEOUT = 10.0
"""Deadline of every single call, in seconds."""

Request = TypeVar("Request", bound=Message)
Reply = TypeVar("Reply", bound=Message)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the options; ends the process with code 2 when they make no sense."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--address", default="127.0.0.1:50051", metavar="HOST:PORT")
    parser.add_argument("--ca", type=Path, help="authority of the server's certificate: use TLS")
    parser.add_argument("--cert", type=Path, help="the client's certificate")
    parser.add_argument("--key", type=Path, help="key of --cert")
    parser.add_argument("--id", default="example", help="id of the subsystem")
    parser.add_argument("--nqn", default="nqn.2014-08.org.example:subsystem")
    options = parser.parse_args(argv)
    if (options.cert is None) != (options.key is None):
        parser.error("--cert and --key need each other")
    if options.cert and not options.ca:
        parser.error("--cert needs --ca")
    return options


def connect(options: argparse.Namespace) -> grpc.Channel:
    """Return a channel: plain text without --ca. Raises OSError on a file that cannot be read."""
    if options.ca is None:
        return grpc.insecure_channel(options.address)
    key, cert = (path.read_bytes() if path else None for path in (options.key, options.cert))
    credentials = grpc.ssl_channel_credentials(options.ca.read_bytes(), key, cert)
    return grpc.secure_channel(options.address, credentials)


def call(
    name: str, method: grpc.UnaryUnaryMultiCallable[Request, Reply], request: Request
) -> Reply:
    """Make one call within TIMEOUT. Raises CallError."""
    try:
        return method(request, timeout=TIMEOUT)
    except grpc.RpcError as error:
        raise CallError(status_of(error), name) from None


def show_inventory(stub: InventoryServiceStub) -> None:
    """Print what card it is."""
    card = call("GetInventory", stub.GetInventory, GetInventoryRequest())
    system = card.system
    print(
        f"inventory: {system.vendor} {system.name}, serial {system.serial_number}, "
        f"{len(card.pci)} PCI functions"
    )


def create(stub: FrontendNvmeServiceStub, subsystem_id: str, nqn: str) -> str:
    """Create a subsystem; return the resource name that the server gave it."""
    spec = NvmeSubsystemSpec(
        nqn=nqn, serial_number="EXAMPLE0001", model_number="Example", max_namespaces=8
    )
    request = CreateNvmeSubsystemRequest(
        nvme_subsystem_id=subsystem_id, nvme_subsystem=NvmeSubsystem(spec=spec)
    )
    created = call("CreateNvmeSubsystem", stub.CreateNvmeSubsystem, request)
    print(f"created: {created.name}")
    return created.name


def list_all(stub: FrontendNvmeServiceStub) -> Iterator[NvmeSubsystem]:
    """Yield every subsystem. A list comes in pages; the last has no token for a next one."""
    request = ListNvmeSubsystemsRequest()
    while True:
        page = call("ListNvmeSubsystems", stub.ListNvmeSubsystems, request)
        yield from page.nvme_subsystems
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token


def delete(stub: FrontendNvmeServiceStub, name: str) -> None:
    """Delete a subsystem by its resource name."""
    call("DeleteNvmeSubsystem", stub.DeleteNvmeSubsystem, DeleteNvmeSubsystemRequest(name=name))
    print(f"deleted: {name}")


def run(channel: grpc.Channel, subsystem_id: str, nqn: str) -> None:
    """Make the calls one after the other. Raises CallError."""
    show_inventory(InventoryServiceStub(channel))
    nvme = FrontendNvmeServiceStub(channel)
    name = create(nvme, subsystem_id, nqn)
    for subsystem in list_all(nvme):
        print(f"listed: {subsystem.name} {subsystem.spec.nqn}")
    delete(nvme, name)


def explain(error: CallError) -> None:
    """Print what went wrong, and for a request that was refused each field with the reason."""
    print(f"error: {error.method}: {error}", file=sys.stderr)
    for violation in error.status.violations:
        print(f"  {violation.field}: {violation.description}", file=sys.stderr)


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    options = parse(argv)
    try:
        channel = connect(options)
    except OSError as error:
        print(f"usage: {error}", file=sys.stderr)
        return 2
    with channel:
        try:
            run(channel, options.id, options.nqn)
        except CallError as error:
            explain(error)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
