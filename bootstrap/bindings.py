"""Generate the Go, Rust and C++ bindings in the toolchain's container, or check them.

    python -m bootstrap.bindings               write what is kept in clients/, remove what is stale
    python -m bootstrap.bindings --check       exit 1 and name the files that differ
    python -m bootstrap.bindings --build       compile all of it and the example programs
    python -m bootstrap.bindings --lock        resolve the Go and Rust dependencies anew
    python -m bootstrap.bindings go cpp        only these languages; goes with the others

Go and Rust sources are kept. C++ sources fit one version of protobuf only and are not: they are
made in build/, and --check demands that making them twice gives the same.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.console import ROOT, BootstrapError, Step, say
from bootstrap.generated import differences, read_files, replace
from bootstrap.toolchain import CACHE, CACHE_INSIDE, ensure_toolchain, run

CLIENTS = ROOT / "clients"


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the bindings; scripts are for sh, in its folder, with /cache beside it."""

    name: str
    suffixes: tuple[str, ...]
    """How the names of generated files end."""
    kept: str
    """Folder below clients/NAME with the generated files; empty if they are not kept."""
    build: str
    """Compiles the example to $1 with what it needs; if $2 is not empty, everything else too."""
    lock: str = ""
    """Resolves the dependencies, if there are any that the image does not have."""

    @property
    def folder(self) -> Path:
        """Where it is in the tree."""
        return CLIENTS / self.name

    @property
    def example(self) -> str:
        """The example program, once it is built, in terms of the container."""
        return str(CACHE_INSIDE / "bin" / f"{self.name}-nvme_subsystem")


GO = Language(
    name="go",
    suffixes=(".pb.go",),
    kept=".",
    build="""
        gofmt -d examples | tee /dev/stderr | cmp - /dev/null
        go vet ./examples/... ${2:+./...}
        go build -o "$1" ./examples/nvme_subsystem
    """,
    lock="go mod tidy",
)
RUST = Language(
    name="rust",
    suffixes=(".rs",),
    kept="src/generated",
    build="""
        python3 lock.py restore
        cargo fmt --all --check
        cargo build --locked --example nvme_subsystem
        cp "$CARGO_TARGET_DIR/debug/examples/nvme_subsystem" "$1"
    """,
    lock="""
        rm -f Cargo.lock
        cargo generate-lockfile
        python3 lock.py record
    """,
)
CPP = Language(
    name="cpp",
    suffixes=(".pb.h", ".pb.cc"),
    kept="",
    build="""
        cmake -S . -B /cache/cpp -G Ninja
        cmake --build /cache/cpp --parallel "$(nproc)" --target nvme_subsystem ${2:+opi_all}
        cp /cache/cpp/nvme_subsystem "$1"
    """,
)
LANGUAGES = {language.name: language for language in (GO, RUST, CPP)}


def render(language: Language, attempt: str = "1") -> dict[str, str]:
    """Generate into an empty folder of build/; return the files. Raises BootstrapError."""
    out = Path("generated", f"{language.name}-{attempt}")
    shutil.rmtree(CACHE / out, ignore_errors=True)
    (CACHE / out).mkdir(parents=True)
    step = Step(f"{language.name} bindings")
    script = f"clients/{language.name}/generate.sh {CACHE_INSIDE / out}"
    run(script, f"bindings-{language.name}", step)
    return read_files(CACHE / out, language.suffixes)


def drift(language: Language) -> list[str]:
    """Say what is not as it would be generated now; empty when all is. Raises BootstrapError."""
    wanted = render(language)
    if not language.kept:
        return differences(render(language, "2"), wanted)
    return differences(_kept(language), wanted)


def write(language: Language) -> list[str]:
    """Bring the kept files up to date. Raises BootstrapError."""
    wanted = render(language)
    if language.kept:
        changed = replace(language.folder / language.kept, _kept(language), wanted)
        say(f"{language.name} bindings: {changed} of {len(wanted)} files changed")
    return []


def build(language: Language) -> list[str]:
    """Compile everything and the example program. Raises BootstrapError with the compiler's end."""
    _build(language, "everything")
    return []


def build_example(language: Language) -> None:
    """Compile the example program alone: in C++ that is a third of everything.

    Raises BootstrapError with the compiler's end.
    """
    _build(language, "")


def lock(language: Language) -> list[str]:
    """Resolve the dependencies anew and record them. Raises BootstrapError."""
    if language.lock:
        _run_inside(language, language.lock, "lock")
    return []


def _build(language: Language, more: str) -> None:
    (CACHE / "bin").mkdir(parents=True, exist_ok=True)
    script = f"set -- {language.example} '{more}'\n{language.build}"
    _run_inside(language, script, "build")


def _run_inside(language: Language, script: str, what: str) -> None:
    current = Step(f"{language.name} {what}")
    run(f"cd clients/{language.name}\n{script}", f"bindings-{language.name}-{what}", current)


def _kept(language: Language) -> dict[str, str]:
    return read_files(language.folder / language.kept, language.suffixes)


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bootstrap.bindings",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("language", nargs="*", choices=[*LANGUAGES, []], help="default: all")
    parser.set_defaults(action=write)
    actions: dict[str, Callable[[Language], list[str]]] = {
        "--check": drift,
        "--build": build,
        "--lock": lock,
    }
    group = parser.add_mutually_exclusive_group()
    for option, action in actions.items():
        group.add_argument(option, dest="action", action="store_const", const=action)
    options = parser.parse_args(argv)
    try:
        ensure_toolchain()
        names = options.language or LANGUAGES
        found = {name: options.action(LANGUAGES[name]) for name in names}
    except BootstrapError as error:
        say(f"error: {error}")
        return 1
    for name, lines in found.items():
        for line in lines:
            say(f"{name} bindings: {line}")
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
