"""Resource names and the status that a refused call gets."""

from __future__ import annotations

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest

from dpu_sim.api.errors import ApiError, inside, invalid_argument, invalid_arguments, not_found
from dpu_sim.api.names import require_name

PATTERN = "inventory/*/inventory/*"


@pytest.mark.parametrize("name", ["inventory/1/inventory/2", "inventory/a-b/inventory/c.d_~"])
def test_names_of_the_form(name: str) -> None:
    require_name("name", name, PATTERN)


@pytest.mark.parametrize(
    "name",
    [
        "inventory/1",
        "inventory//inventory/2",
        "inventory/1/inventory/2/",
        "/inventory/1/inventory/2",
        "inventory/1/inventory/2\n",
        "inventory/a b/inventory/2",
        "inventory/1/inventory/2/3",
        "Inventory/1/inventory/2",
        "inventory/ä/inventory/2",
    ],
)
def test_names_of_another_form(name: str) -> None:
    with pytest.raises(ApiError) as caught:
        require_name("name", name, PATTERN)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.message == f"name: {name!r} does not have the form {PATTERN}"


def test_literal_parts_are_no_regular_expressions() -> None:
    with pytest.raises(ApiError):
        require_name("name", "xxb/1", "a.b/*")


def test_status_carries_the_field_violation() -> None:
    status = invalid_argument("spec.mtu", "is negative").status()
    assert (status.code, status.message) == (3, "spec.mtu: is negative")
    (packed,) = status.details
    detail = BadRequest()
    assert packed.Unpack(detail)
    (violation,) = detail.field_violations
    assert (violation.field, violation.description) == ("spec.mtu", "is negative")


def test_fields_of_a_resource_become_fields_of_the_request() -> None:
    error = inside(invalid_arguments({"spec.nqn": "is bad", "spec.psk": "is worse"}), "it")
    assert error.message == "it.spec.nqn: is bad; it.spec.psk: is worse"
    (detail,) = error.details
    assert isinstance(detail, BadRequest)
    assert [one.field for one in detail.field_violations] == ["it.spec.nqn", "it.spec.psk"]
    other = not_found("volumes/none")
    assert inside(other, "it") is other
