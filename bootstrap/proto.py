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
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

from bootstrap.comments import comment_table
from bootstrap.grpc_types import grpc_stub_types

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "proto"
TARGET = ROOT / "opi" / "proto"
PACKAGE = "opi.proto"

_MARK = '"""Generated from proto/ by `python -m bootstrap.proto`; not edited by hand."""\n'
_LENIENT = "# mypy: ignore-errors\n"


class ProtoError(Exception):
    """The stubs could not be generated."""


def render(source: Path = SOURCE, package: str = PACKAGE) -> dict[str, str]:
    """Compile every .proto below `source`: path relative to the target folder -> file text.

    Raises:
        ProtoError: nothing to compile, a missing requirement, or what protoc rejects (protoc's own
            message, with file and line, is on stderr by then).
    """
    protos = sorted(path.relative_to(source).as_posix() for path in source.rglob("*.proto"))
    if not protos:
        raise ProtoError(f"no .proto file below {source}")
    with tempfile.TemporaryDirectory(prefix="dpulab-proto-") as folder:
        out = Path(folder)
        descriptors = _compile(source, protos, out)
        return _reroot(_stubs(out, descriptors, protos, package), package)


def drift(target: Path = TARGET, source: Path = SOURCE, package: str = PACKAGE) -> list[str]:
    """Say how `target` differs from what would be generated now; empty when it does not."""
    wanted = render(source, package)
    present = _generated_files(target)
    found = [f"missing: {name}" for name in sorted(wanted.keys() - present)]
    found += [f"stale: {name}" for name in sorted(present - wanted.keys())]
    found += [
        f"differs: {name}"
        for name in sorted(wanted.keys() & present)
        if (target / name).read_text() != wanted[name]
    ]
    return found


def write(target: Path = TARGET, source: Path = SOURCE, package: str = PACKAGE) -> int:
    """Bring `target` up to date; return how many files were written or removed."""
    wanted = render(source, package)
    stale = _generated_files(target) - wanted.keys()
    for name in stale:
        (target / name).unlink()
    changed = 0
    for name, text in wanted.items():
        path = target / name
        if path.is_file() and path.read_text() == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        changed += 1
    return changed + len(stale)


def _compile(source: Path, protos: Sequence[str], out: Path) -> FileDescriptorSet:
    descriptor_set = out / "descriptors.bin"
    arguments = [
        "protoc",
        f"-I{source}",
        f"-I{_folder('grpc_tools') / '_proto'}",
        f"-I{_folder('google.api').parent.parent}",
        f"--python_out={out}",
        f"--pyi_out={out}",
        f"--grpc_python_out={out}",
        f"--descriptor_set_out={descriptor_set}",
        "--include_imports",
        "--include_source_info",
        *protos,
    ]
    if protoc.main(arguments) != 0:
        raise ProtoError("protoc rejected the interface definitions; its message is above")
    return FileDescriptorSet.FromString(descriptor_set.read_bytes())


def _folder(package: str) -> Path:
    """Where an installed package (also a namespace package) keeps its files."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ProtoError(f"Python package {package} is missing: install the development tools")
    return Path(next(iter(spec.submodule_search_locations)))


def _stubs(
    out: Path, descriptors: FileDescriptorSet, protos: Sequence[str], package: str
) -> dict[str, str]:
    """What protoc wrote, plus types for gRPC stubs; no gRPC stubs where there is no service."""
    own = [file for file in descriptors.file if file.name in protos]
    stubs = {"__init__.py": _MARK, "docs.json": comment_table(own)}
    for proto in own:
        stem = proto.name.removesuffix(".proto")
        stubs[stem + "_pb2.py"] = (out / (stem + "_pb2.py")).read_text()
        # protoc's types are right but not complete enough for mypy's strict mode.
        stubs[stem + "_pb2.pyi"] = _LENIENT + (out / (stem + "_pb2.pyi")).read_text()
        if proto.service:
            stubs[stem + "_pb2_grpc.py"] = (out / (stem + "_pb2_grpc.py")).read_text()
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


def _generated_files(target: Path) -> set[str]:
    return {
        path.relative_to(target).as_posix()
        for path in target.rglob("*.*")
        if path.suffix in {".py", ".pyi", ".json"}
    }


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
    except ProtoError as error:
        sys.stderr.write(f"proto: {error}\n")
        return 1
    for line in found:
        sys.stderr.write(f"proto: {line}\n")
    if found:
        sys.stderr.write("proto: run `python -m bootstrap.proto` and commit the result\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
