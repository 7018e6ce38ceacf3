"""Which RPC a request means."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dpu_sim.gateway.routes import NoRouteError, Route, Router, WrongVerbError
from dpu_sim.gateway.template import ONE
from opi.catalog import catalog
from tests.unit.dpu_sim.gateway.messages import EXAMPLES

NONE = Router(catalog(), lambda _: False)
STORAGE = "opi_api.storage.v1"


def example(route: Route) -> str:
    """A path that the route is for."""
    segments = [f"x{i}" if one == ONE else one for i, one in enumerate(route.template.segments)]
    verb = f":{route.template.verb}" if route.template.verb else ""
    return "/" + "/".join(segments) + verb


def test_every_rpc_has_a_route_of_its_own() -> None:
    for method in catalog().methods():
        match = NONE.find("POST", method.path)
        assert match.route.method is method
        assert match.values == {}
        with pytest.raises(WrongVerbError) as caught:
            NONE.find("GET", method.path)
        assert caught.value.allowed == ("POST",)


def test_every_annotated_route_is_found_unless_it_lost_a_conflict() -> None:
    losers = {one.loser for one in NONE.conflicts}
    for route in NONE.routes:
        match = NONE.find(route.verb, example(route))
        if route not in losers:
            assert match.route is route


def test_the_known_conflicts() -> None:
    found = {(one.winner.method.name, one.loser.method.name) for one in NONE.conflicts}
    assert found == {
        ("ListQosVolumes", "ListEncryptedVolumes"),
        ("ListNetInterfaces", "ListInterfaces"),
    }


def test_an_implemented_service_wins() -> None:
    service = f"{STORAGE}.MiddleendEncryptionService"
    router = Router(catalog(), lambda name: name == service)
    assert router.find("GET", "/v1/volumes").route.method.name == "ListEncryptedVolumes"
    assert NONE.find("GET", "/v1/volumes").route.method.name == "ListQosVolumes"


def test_what_paths_give() -> None:
    for verb, path, name, values in (
        ("GET", "/v1/nvmeSubsystems/s0", "GetNvmeSubsystem", {"name": "nvmeSubsystems/s0"}),
        ("GET", "/v1/nvmeSubsystems/s0:stats", "StatsNvmeSubsystem", {"name": "nvmeSubsystems/s0"}),
        ("GET", "/v1/nvmeSubsystems/a%3Ab", "GetNvmeSubsystem", {"name": "nvmeSubsystems/a:b"}),
        ("GET", "/v1/nvmeSubsystems/a:b", "GetNvmeSubsystem", {"name": "nvmeSubsystems/a:b"}),
        (
            "PATCH",
            "/v1/nvmeSubsystems/s0/nvmeControllers/c0",
            "UpdateNvmeController",
            {"nvme_controller.name": "nvmeSubsystems/s0/nvmeControllers/c0"},
        ),
        ("PATCH", "/v1/devices/d0", "UpdateDevice", {"name": "devices/d0"}),
        ("GET", "/v1/%6evmeSubsystems", "ListNvmeSubsystems", {}),
    ):
        match = NONE.find(verb, path)
        assert (match.route.method.name, dict(match.values)) == (name, values)


@pytest.mark.parametrize(
    "path",
    ["/", "/v1", "/v1/", "/v1/nvmeSubsystems/", "/v1//s0", "/v1/*", "/V1/nvmeSubsystems", "x"],
)
def test_no_route(path: str) -> None:
    with pytest.raises(NoRouteError):
        NONE.find("GET", path)


def test_the_other_verbs_are_told() -> None:
    with pytest.raises(WrongVerbError) as caught:
        NONE.find("PUT", "/v1/nvmeSubsystems/s0")
    assert caught.value.allowed == ("DELETE", "GET", "PATCH")


@settings(max_examples=EXAMPLES)
@given(
    st.sampled_from(["GET", "POST", "PATCH", "X"]),
    st.lists(st.sampled_from(["v1", "nvmeSubsystems", "a", "", "*", "**", ":stats", "%", "%2F"])),
)
def test_any_path_is_found_or_not(verb: str, segments: list[str]) -> None:
    path = "/" + "/".join(segments)
    try:
        match = NONE.find(verb, path)
    except (NoRouteError, WrongVerbError):
        return
    except ValueError:
        assert "%" in path
        return
    assert match.route.verb == verb
