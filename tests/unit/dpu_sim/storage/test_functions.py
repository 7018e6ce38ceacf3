"""Functions of the card as places for controllers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import grpc
import pytest

from dpu_sim.api.errors import ApiError
from dpu_sim.card import CardTable, parse_card
from dpu_sim.pci import function_address
from dpu_sim.personality import load_personality
from dpu_sim.storage.functions import Functions
from opi.proto.opi_api.storage.v1.opicommon_pb2 import PciEndpoint

PCI = load_personality("generic").pci
FOLDER = Path("/run/functions")


def endpoint(physical: int, virtual: int, port: int = 0) -> PciEndpoint:
    numbers: dict[str, Any] = {
        "port_id": port, "physical_function": physical, "virtual_function": virtual,
    }  # fmt: skip
    return PciEndpoint(**{name: {"value": number} for name, number in numbers.items()})


def card(*wired: tuple[int, int, str]) -> CardTable:
    """A card whose functions (PF, OPI's number of the VF, host) are wired."""
    functions = [
        {
            "representor": f"pf{pf}n{number}",
            "pf": pf,
            "vf": number - 1 if number else None,
            "opi": {"port_id": 0, "physical_function": pf, "virtual_function": number},
            "lif": number,
            "address": function_address(pf, number - 1 if number else None),
            "host": host,
            "host_interface": "eth1",
        }
        for pf, number, host in wired
    ]
    return parse_card(json.dumps({"functions": functions}).encode(), "card")


def refusal(functions: Functions, where: PciEndpoint) -> ApiError:
    with pytest.raises(ApiError) as caught:
        functions.folder(where)
    return caught.value


@pytest.mark.parametrize(
    ("where", "field"),
    [
        (endpoint(0, 0, port=1), "port_id"),
        (endpoint(-1, 0), "physical_function"),
        (endpoint(PCI.physical_functions, 0), "physical_function"),
        (endpoint(0, PCI.virtual_functions + 1), "virtual_function"),
    ],
)
def test_what_the_card_does_not_have_is_an_invalid_argument(where: PciEndpoint, field: str) -> None:
    error = refusal(Functions(PCI, None, FOLDER), where)
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT
    assert f"spec.pcie_id.{field}.value" in error.message


def test_without_a_folder_there_are_no_controllers_on_functions() -> None:
    error = refusal(Functions(PCI, None, None), endpoint(0, 1))
    assert error.code is grpc.StatusCode.UNIMPLEMENTED
    assert function_address(0, 0) in error.message


def test_every_function_has_a_folder_of_its_own() -> None:
    functions = Functions(PCI, None, FOLDER)
    assert functions.folder(endpoint(0, 0)) == FOLDER / "pf0"
    assert functions.folder(endpoint(1, 1)) == FOLDER / "pf1vf0"


def test_in_a_lab_it_lies_in_that_of_the_functions_host() -> None:
    functions = Functions(PCI, card((0, 1, "host1"), (0, 2, "host2"), (0, 3, "")), FOLDER)
    assert functions.folder(endpoint(0, 1)) == FOLDER / "host1" / "pf0vf0"
    assert functions.folder(endpoint(0, 2)) == FOLDER / "host2" / "pf0vf1"
    for unwired in (endpoint(0, 3), endpoint(1, 0)):
        error = refusal(functions, unwired)
        assert error.code is grpc.StatusCode.FAILED_PRECONDITION
        assert "no host" in error.message


def test_a_folder_is_made_for_its_owner_alone_and_removed(tmp_path: Path) -> None:
    functions = Functions(PCI, None, tmp_path / "functions")
    folder = functions.make_folder(endpoint(0, 1))
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "cntrl").touch()
    functions.remove_folder(endpoint(0, 1))  # not what the target still has in it
    assert folder.exists()
    (folder / "cntrl").unlink()
    functions.remove_folder(endpoint(0, 1))
    assert not folder.exists()
