"""The commands of `python3 -m bootstrap`."""

from __future__ import annotations

import argparse
import fcntl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bootstrap import venv
from bootstrap.areas import run_areas
from bootstrap.base_image import NAME
from bootstrap.console import BUILD, ROOT, BootstrapError, say
from bootstrap.docker_client import choose_builder, find_clients, inspect_images
from bootstrap.docker_engine import answers, ensure_engine
from bootstrap.images import IMAGES, ensure_images, stale_images
from bootstrap.machine import ensure_tools
from bootstrap.uninstall import uninstall


def set_up_images() -> None:
    """Set up all that the images need, then the images."""
    venv.ensure_venv()
    ensure_engine()
    ensure_images()


def set_up_everything() -> None:
    """Do all set-up, and say that it is done and how long it took."""
    began = time.monotonic()
    set_up_images()
    ensure_tools()
    say(f"set-up: complete after {time.monotonic() - began:.1f} s")


def status() -> None:
    """Print what set-up would find and do; changes nothing."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    sys.stdout.write(f"python    {python} ({sys.executable})\n")
    sys.stdout.write(f"venv      {'current' if venv.is_current() else 'would be made'}\n")
    if not answers():
        sys.stdout.write("docker    no engine answers: would be installed or started\n")
        return
    sys.stdout.write(f"docker    answers; builds with {choose_builder(find_clients()).label}\n")
    debian = inspect_images([NAME]).get(NAME, {})
    sys.stdout.write(f"base      {NAME} {'present' if debian else 'would be pulled or made'}\n")
    stale = {image.name for image in stale_images(IMAGES, str(debian.get("Id", "")))}
    for image in IMAGES:
        state = "would be built" if image.name in stale else "current"
        sys.stdout.write(f"image     {image.tag} {state}\n")


COMMANDS: dict[str, tuple[Callable[[], None], str]] = {
    "all": (set_up_everything, "everything: environment, engine, images"),
    "venv": (venv.ensure_venv, "the Python environment in .venv"),
    "docker": (ensure_engine, "a Docker Engine that answers"),
    "images": (set_up_images, "the project's images, and what they need"),
    "status": (status, "say what there is and what would be done"),
    "uninstall": (uninstall, "remove what set-up made"),
}


@contextmanager
def only_one() -> Iterator[None]:
    """Wait for another set-up in this folder to end: two would fill the same folders."""
    BUILD.mkdir(exist_ok=True)
    with (ROOT / "Makefile").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("set-up: waiting for another set-up in this folder to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    """Run one command; return the exit code (0 done, 1 failed with an explanation)."""
    parser = argparse.ArgumentParser(prog="python3 -m bootstrap", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (_, text) in COMMANDS.items():
        commands.add_parser(name, help=text)
    test = commands.add_parser("test", help="run the areas of `make test` and print their times")
    test.add_argument("--full", action="store_true", help="also what is marked `full`")
    test.add_argument("area", nargs="*", help="only these areas")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "test":
            return run_areas(chosen.area, full=chosen.full)
        with only_one():
            COMMANDS[chosen.command][0]()
    except BootstrapError as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; run the same command again to go on")
        return 130
    return 0
