"""`python -m bootstrap.protolint`: check the interface definitions against proto/buf.yaml.

The linter is `buf`, which PyPI has as a binary (buf-bin, in the lock of the development tools). It
is given compiled descriptors: so it sees what protoc sees, and fetches nothing from anywhere.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bootstrap.console import BootstrapError
from bootstrap.descriptors import SOURCE, compile_protos, own_files

BUF = Path(sys.executable).parent / "buf"


def lint(source: Path = SOURCE, config: Path = SOURCE / "buf.yaml") -> list[str]:
    """Findings as `file:line:column: RULE: message`; empty when there are none.

    Raises:
        BootstrapError: the linter is missing or does not work, or the definitions do not compile.
    """
    descriptors = compile_protos(source)
    with tempfile.TemporaryDirectory(prefix="dpulab-lint-") as folder:
        image = Path(folder) / "image.binpb"
        image.write_bytes(descriptors.SerializeToString())
        return _run_buf(image, config.resolve())


def _run_buf(image: Path, config: Path) -> list[str]:
    """Run buf beside the image; exit code 100 means findings, any other but 0 that it failed."""
    command = [str(BUF), "lint", image.name, "--config", str(config), "--error-format", "json"]
    try:
        done = subprocess.run(
            command, cwd=image.parent, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise BootstrapError(f"cannot run {BUF}: {error.strerror}", "run: make lint") from error
    if done.returncode not in {0, 100}:
        raise BootstrapError(f"buf failed with exit code {done.returncode}: {done.stderr.strip()}")
    return [_finding(json.loads(line)) for line in done.stdout.splitlines()]


def _finding(said: dict[str, Any]) -> str:
    at = f"{said['path']}:{said.get('start_line', 1)}:{said.get('start_column', 1)}"
    return f"{at}: {said['type']}: {said['message']}"


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    argparse.ArgumentParser(prog="python -m bootstrap.protolint", description=__doc__).parse_args(
        argv
    )
    try:
        found = lint()
    except BootstrapError as error:
        sys.stderr.write(f"protolint: {error}\n")
        return 1
    for line in found:
        sys.stderr.write(f"proto/{line}\n")
    sys.stdout.write(f"{len(own_files())} interface definitions, {len(found)} findings\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
