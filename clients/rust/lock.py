#!/usr/bin/env python3
"""Keep Cargo.lock without the address of a registry in it.

    lock.py restore    crates.lock -> Cargo.lock, for `cargo --locked`
    lock.py record     Cargo.lock -> crates.lock, after `cargo update`

crates.lock is Cargo.lock without its `source` lines: versions and checksums, no place to get them
from. That place is cargo's own default, and cargo is asked how it spells it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RECORDED = HERE / "crates.lock"
RESTORED = HERE / "Cargo.lock"


def default_registry() -> str:
    """How this cargo names its default registry in a lock file; needs no network."""
    command = ["cargo", "metadata", "--no-deps", "--offline", "--format-version=1"]
    done = subprocess.run(command, cwd=HERE, check=True, stdout=subprocess.PIPE)
    package = json.loads(done.stdout)["packages"][0]
    return str(package["dependencies"][0]["source"])


def record(lock: str) -> str:
    """Text of crates.lock for that of a Cargo.lock."""
    return re.sub(r'^source = ".*"\n', "", lock, flags=re.MULTILINE)


def restore(recorded: str, registry: str) -> str:
    """Text of Cargo.lock: what has a checksum comes from the registry, the rest is ours."""
    return re.sub(r"^(?=checksum = )", f'source = "{registry}"\n', recorded, flags=re.MULTILINE)


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main(arguments: list[str]) -> int:
    """Command line; returns the exit code."""
    if arguments == ["restore"]:
        _write(RESTORED, restore(RECORDED.read_text(), default_registry()))
    elif arguments == ["record"]:
        _write(RECORDED, record(RESTORED.read_text()))
    else:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
