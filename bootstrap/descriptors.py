"""The interface definitions as descriptors with their comments, for the tools that read them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from grpc_tools import protoc

from bootstrap.console import ROOT, BootstrapError

SOURCE = ROOT / "proto"


def compile_protos(source: Path = SOURCE, plugins: Sequence[str] = ()) -> FileDescriptorSet:
    """Compile every .proto below `source`, with comments and with everything that is imported.

    Args:
        source: folder that imports are relative to.
        plugins: options of protoc that make it generate code as well, such as `--python_out=DIR`.

    Raises:
        BootstrapError: nothing to compile, a missing requirement, or what protoc rejects (protoc's
            own message, with file and line, is on stderr by then).
    """
    protos = own_files(source)
    if not protos:
        raise BootstrapError(f"no .proto file below {source}")
    with tempfile.TemporaryDirectory(prefix="dpulab-proto-") as folder:
        out = Path(folder) / "set.bin"
        includes = [f"-I{path}" for path in (source, *_include_folders())]
        flags = ["--include_imports", "--include_source_info", f"--descriptor_set_out={out}"]
        if protoc.main(["protoc", *includes, *flags, *plugins, *protos]) != 0:
            raise BootstrapError("protoc rejected the interface definitions; its message is above")
        return FileDescriptorSet.FromString(out.read_bytes())


def own_files(source: Path = SOURCE) -> list[str]:
    """Paths of the .proto files below `source`, relative to it, in order."""
    return sorted(path.relative_to(source).as_posix() for path in source.rglob("*.proto"))


def _include_folders() -> list[Path]:
    """Where google/protobuf and google/api are installed."""
    return [_folder("grpc_tools") / "_proto", _folder("google.api").parent.parent]


def _folder(package: str) -> Path:
    """Where an installed package (also a namespace package) keeps its files."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise BootstrapError(f"Python package {package} is missing", "run: make lint")
    return Path(next(iter(spec.submodule_search_locations)))
