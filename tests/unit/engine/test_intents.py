"""OPI start-up intents: what is read, and what is said about files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.engine import intents
from lab.engine.intents import apply_intents, check_intents, read_intents
from lab.errors import LabError
from lab.opi import OpiCallError
from lab.topology.model import Node, Role, Topology

SHAPE = "a list of {method: package.Service/Method, body: {...}}"
METHOD = "opi_api.storage.v1.NvmeService/CreateNvmeSubsystem"

ERRORS = {
    "a map": ("method: a.B/C\n", "not a list", f"OPI start-up intents are {SHAPE}"),
    "nothing": ("", "not a list", f"OPI start-up intents are {SHAPE}"),
    "a word": ("- hello\n", "entry 1 is not an intent", f"give {SHAPE}"),
    "no method": ("- {body: {}}\n", "entry 1 is not an intent", f"give {SHAPE}"),
    "an unknown key": (
        f"- method: {METHOD}\n- {{method: {METHOD}, bodies: {{}}}}\n",
        "entry 2 is not an intent",
        f"give {SHAPE}",
    ),
    "a body that is a list": (
        f"- {{method: {METHOD}, body: [1]}}\n",
        "entry 1 is not an intent",
        f"give {SHAPE}",
    ),
}


@pytest.mark.parametrize(("text", "message", "hint"), ERRORS.values(), ids=ERRORS.keys())
def test_error_text(tmp_path: Path, text: str, message: str, hint: str) -> None:
    path = tmp_path / "dpu1.opi.yml"
    path.write_text(text)
    with pytest.raises(LabError) as caught:
        read_intents(path)
    assert (caught.value.message, caught.value.hint) == (f"{path}: {message}", hint)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="No such file or directory"):
        read_intents(tmp_path / "gone.yml")


def test_calls_are_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "dpu1.opi.yml"
    path.write_text(f"- method: {METHOD}\n  body: {{parent: x, n: 1}}\n- method: a.B/C\n")
    assert read_intents(path) == [(METHOD, {"parent": "x", "n": 1}), ("a.B/C", {})]


PIECES = st.sampled_from(
    [
        *("- ", "method: ", "body: ", "{", "}", "[", "]", "a.B/C", "\n", "  ", "&x ", "*x", "-"),
        *("!!set ", "!!int ", "!!timestamp x", "2001-13-40", "0o9", "1e999", "? ", ": ", "<<: "),
        *("'", '"', "|", "%", "\x00", "é"),
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join).map(str.encode)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TEXTS | st.binary(max_size=40))
def test_any_bytes_are_calls_or_an_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "fuzz.yml"
    path.write_bytes(data)
    try:
        found = read_intents(path)
    except LabError as error:
        said = error.message
    else:
        said = str(path)
        assert all(isinstance(m, str) and isinstance(body, dict) for m, body in found)
    assert said.startswith(str(path))


def test_mistakes_are_found_before_anything_is_created(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("{}")
    config = str(tmp_path / "bad.yml")
    router = Node("r1", role=Role.ROUTER, startup_config=config)
    topology = Topology("t", tmp_path / "t.clab.yml", nodes={"r1": router})
    check_intents(topology)
    topology.nodes["dpu1"] = Node("dpu1", role=Role.DPU, startup_config=config)
    with pytest.raises(LabError, match=r"bad\.yml: not a list"):
        check_intents(topology)


def test_every_call_is_sent_until_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, object]] = []

    class Client:
        def __init__(self, target: str) -> None:
            self.target = target

        def __enter__(self) -> Client:
            return self

        def __exit__(self, *_: object) -> None: ...

        def call(self, method: str, body: object) -> None:
            sent.append((method, body))
            if method == "a.B/Refused":
                raise OpiCallError("INVALID_ARGUMENT", "no such parent")

    monkeypatch.setattr(intents, "OpiClient", Client)
    path = tmp_path / "dpu1.opi.yml"
    path.write_text("- method: a.B/One\n- method: a.B/Refused\n- method: a.B/Never\n")
    node = Node("dpu1", role=Role.DPU, startup_config=str(path))
    with pytest.raises(LabError, match=r"dpu1: intent 2 of .*dpu1\.opi\.yml \(a\.B/Refused\): "):
        apply_intents(node, "10.0.0.1")
    assert sent == [("a.B/One", {}), ("a.B/Refused", {})]
    path.write_text("- method: a.B/One\n")
    assert apply_intents(node, "10.0.0.1") == 1
