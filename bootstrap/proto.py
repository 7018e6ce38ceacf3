"""Generate the Python stubs of proto/ into opi/proto/, or check that they are up to date.

    python -m bootstrap.proto            write the stubs, remove stale ones
    python -m bootstrap.proto --check    exit 1 and name the files that differ

The stubs are re-rooted: `opi_api/x/v1/y.proto` becomes `opi.proto.opi_api.x.v1.y_pb2`, so that
they never shadow, and are never shadowed by, another package's stubs of the same interface.
Needs grpcio-tools and googleapis-common-protos (requirements of developers, not of users).
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from bootstrap.comments import comment_table
from bootstrap.console import ROOT, BootstrapError
from bootstrap.descriptors import SOURCE, compile_protos, own_files
from bootstrap.generated import differences, read_files, replace
from bootstrap.grpc_types import grpc_stub_types

TARGET = ROOT / "opi" / "proto"
PACKAGE = "opi.proto"
SUFFIXES = (".py", ".pyi", ".json")

_MARK = '"""Generated from proto/ by `python -m bootstrap.proto`; not edited by hand."""\n'
_LENIENT = "# mypy: ignore-errors\n"


def render(source: Path = SOURCE, package: str = PACKAGE) -> dict[str, str]:
    """Compile every .proto below `source`: path relative to the target folder -> file text.

    Raises:
        BootstrapError: nothing to compile, a missing requirement, or what protoc rejects (protoc's
            own message, with file and line, is on stderr by then).
    """
    with tempfile.TemporaryDirectory(prefix="dpulab-proto-") as folder:
        out = Path(folder)
        plugins = [f"--{kind}_out={out}" for kind in ("python", "pyi", "grpc_python")]
        descriptors = compile_protos(source, plugins)
        stubs = _stubs(read_files(out, SUFFIXES), descriptors, own_files(source), package)
        return _reroot(stubs, package)


def drift(target: Path = TARGET, source: Path = SOURCE, package: str = PACKAGE) -> list[str]:
    """Say how `target` differs from what would be generated now; empty when it does not."""
    return differences(read_files(target, SUFFIXES), render(source, package))


def write(target: Path = TARGET, source: Path = SOURCE, package: str = PACKAGE) -> int:
    """Bring `target` up to date; return how many files were written or removed."""
    return replace(target, read_files(target, SUFFIXES), render(source, package))


def _stubs(
    compiled: Mapping[str, str],
    descriptors: FileDescriptorSet,
    protos: Sequence[str],
    package: str,
) -> dict[str, str]:
    """What protoc wrote, plus types for gRPC stubs; no gRPC stubs where there is no service."""
    own = [file for file in descriptors.file if file.name in protos]
    stubs = {"__init__.py": _MARK, "docs.json": comment_table(own)}
    for proto in own:
        stem = proto.name.removesuffix(".proto")
        stubs[stem + "_pb2.py"] = compiled[stem + "_pb2.py"]
        # protoc's types are right but not complete enough for mypy's strict mode.
        stubs[stem + "_pb2.pyi"] = _LENIENT + compiled[stem + "_pb2.pyi"]
        if proto.service:
            stubs[stem + "_pb2_grpc.py"] = compiled[stem + "_pb2_grpc.py"]
            stubs[stem + "_pb2_grpc.pyi"] = grpc_stub_types(descriptors, proto.name, package)
        for folder in list(Path(stem).parents)[:-1]:
            stubs[f"{folder.as_posix()}/__init__.py"] = ""
    return stubs


def _reroot(stubs: dict[str, str], package: str) -> dict[str, str]:
    """Make the stubs import each other from `package` instead of from the top level."""
    roots = {name.split("/", maxsplit=1)[0] for name in stubs if "/" in name}
    alternatives = "|".join(re.escape(root) for root in sorted(roots))
    imports = re.compile(rf"^from (?=(?:{alternatives})[. ])", re.MULTILINE)
    return {name: imports.sub(f"from {package}.", text) for name, text in stubs.items()}


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bootstrap.proto", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail on drift")
    check = parser.parse_args(argv).check
    try:
        if not check:
            sys.stderr.write(f"proto: {write()} files changed below {TARGET.relative_to(ROOT)}\n")
            return 0
        found = drift()
    except BootstrapError as error:
        sys.stderr.write(f"proto: {error}\n")
        return 1
    for line in found:
        sys.stderr.write(f"proto: {line}\n")
    if found:
        sys.stderr.write("proto: run `python -m bootstrap.proto` and commit the result\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
