"""bootstrap.proto: committed stubs are current, and the generator can do more than they need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import proto
from bootstrap.console import BootstrapError

COMMON = """
syntax = "proto3";
package acme.common.v1;
message Page { message Token { string text = 1; } Token next = 1; }
"""
LOG = """
syntax = "proto3";
package acme.log.v2;
import "acme/common/v1/common.proto";
import "google/protobuf/empty.proto";
service LogService {
  rpc Append(stream Line) returns (google.protobuf.Empty);
  rpc Follow(google.protobuf.Empty) returns (stream Line);
  rpc Turn(acme.common.v1.Page.Token) returns (acme.common.v1.Page);
}
message Line { string text = 1; acme.common.v1.Page page = 2; }
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two files, one importing the other, one with services of every arity."""
    root = tmp_path / "proto"
    for name, text in (("acme/common/v1/common", COMMON), ("acme/log/v2/log", LOG)):
        path = root / f"{name}.proto"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return root


def test_committed_stubs_are_what_proto_generates() -> None:
    assert proto.drift() == []


def test_generated_modules_import_each_other_below_the_package(
    source: Path, tmp_path: Path
) -> None:
    target = tmp_path / "inner"
    assert proto.write(target, source, "inner") > 0
    code = (
        "from inner.acme.log.v2 import log_pb2, log_pb2_grpc\n"
        "import sys\n"
        "log_pb2_grpc.LogServiceServicer\n"
        "print(log_pb2.Line(text='a', page={'next': {'text': 'b'}}).page.next.text)\n"
        "print('acme' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == ["b", "False"]


def test_grpc_stubs_come_with_types_and_only_where_there_is_a_service(source: Path) -> None:
    stubs = proto.render(source, "inner")
    assert "acme/common/v1/common_pb2_grpc.py" not in stubs
    types = stubs["acme/log/v2/log_pb2_grpc.pyi"]
    line, empty = "inner.acme.log.v2.log_pb2.Line", "google.protobuf.empty_pb2.Empty"
    page = "inner.acme.common.v1.common_pb2.Page"
    assert f"Append: grpc.StreamUnaryMultiCallable[{line}, {empty}]" in types
    assert f"Follow: grpc.UnaryStreamMultiCallable[{empty}, {line}]" in types
    assert f"Turn: grpc.UnaryUnaryMultiCallable[{page}.Token, {page}]" in types
    assert f"def Append(self, request: AsyncIterator[{line}], " in types
    assert f"-> AsyncIterator[{line}]: ..." in types


def test_drift_names_what_differs_is_missing_or_stale(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "inner"
    proto.write(target, source, "inner")
    assert proto.drift(target, source, "inner") == []
    stub = target / "acme/log/v2/log_pb2.py"
    stub.write_text(stub.read_text() + "#")
    (target / "acme/log/v2/log_pb2.pyi").unlink()
    (target / "acme/old_pb2.py").write_text("")
    assert proto.drift(target, source, "inner") == [
        "missing: acme/log/v2/log_pb2.pyi",
        "stale: acme/old_pb2.py",
        "differs: acme/log/v2/log_pb2.py",
    ]
    assert proto.write(target, source, "inner") == 3
    assert proto.drift(target, source, "inner") == []


def test_what_protoc_rejects_is_an_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.proto").write_text('syntax = "proto3";\nmessage {\n')
    with pytest.raises(BootstrapError, match="protoc rejected"):
        proto.render(tmp_path)
    assert "bad.proto:2" in capfd.readouterr().err


def test_no_definitions_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BootstrapError, match=r"no \.proto file"):
        proto.render(tmp_path)
