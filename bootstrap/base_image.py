"""The base image `debian:trixie-slim`: present, else pulled, else made from a Debian mirror."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from bootstrap.apt import Mirror, debian_mirror, ensure_packages, installed, read_sources
from bootstrap.console import BUILD, LOGS, BootstrapError, say, step
from bootstrap.docker_client import docker, inspect_images
from bootstrap.privilege import as_root
from bootstrap.process import Limits, probe, run_logged

NAME = "debian:trixie-slim"
SUITE = "trixie"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MIRROR_VARIABLE = "DPULAB_DEBIAN_MIRROR"
PULL_LIMITS = Limits(total=900, first_output=30)
PULLED = BUILD / "pulled-images.txt"
SLIM_PATHS = ("doc", "man", "info", "locale", "lintian", "linda")


def ensure_base_image() -> str:
    """Return the id of the base image, getting it first if need be. Raises BootstrapError."""
    if not inspect_images([NAME]):
        reason = _pull()
        if reason:
            say(f"base image: {NAME} cannot be pulled ({reason}); making it from a Debian mirror")
            _make()
    return str(inspect_images([NAME])[NAME]["Id"])


def _pull() -> str:
    """Pull the image; return '' or why that did not work."""
    try:
        with step("base image", f"pulling {NAME}") as current:
            run_logged(
                ["docker", "pull", NAME],
                LOGS / "pull.log",
                current,
                milestone=lambda line: line if "Pull complete" in line else None,
                limits=PULL_LIMITS,
            )
    except BootstrapError:
        log = (LOGS / "pull.log").read_text().strip()
        return log.splitlines()[-1] if log else f"no answer in {PULL_LIMITS.first_output:g} s"
    PULLED.write_text(f"{NAME}\n")
    return ""


def source_lines(mirror: Mirror) -> list[str]:
    """Return the sources.list lines of the image: the release, its updates, its security fixes."""
    lines = [f"deb {mirror.main} {SUITE} main", f"deb {mirror.main} {SUITE}-updates main"]
    return [*lines, f"deb {mirror.security} {SUITE}-security main"] if mirror.security else lines


def bootstrap_command(mirror: Mirror | None, tar: Path) -> list[str]:
    """Return the mmdebstrap command; without a mirror it uses its own default."""
    command = ["mmdebstrap", "--variant=minbase", f"--keyring={KEYRING}"]
    command += [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in SLIM_PATHS]
    command.append("--dpkgopt=path-include=/usr/share/doc/*/copyright")
    if mirror and mirror.main.startswith("https:"):
        command.append("--include=ca-certificates")
    return [*command, SUITE, str(tar), *(source_lines(mirror) if mirror else [])]


def chosen_mirror() -> Mirror | None:
    """Return the mirror that the user names, else the machine's own; None where it has none."""
    named = os.environ.get(MIRROR_VARIABLE, "")
    return Mirror(named.rstrip("/")) if named else debian_mirror(read_sources())


def _make() -> None:
    """Bootstrap a minimal Debian and import it under the usual name, labelled as ours."""
    packages = ["mmdebstrap"] if KEYRING.exists() else ["mmdebstrap", "debian-archive-keyring"]
    if not all(map(installed, packages)):
        ensure_packages(packages, f"the base image {NAME} has to be made here")
    tar = BUILD / "base-image.tar"
    tar.parent.mkdir(parents=True, exist_ok=True)
    mirror = chosen_mirror()
    command = bootstrap_command(mirror, tar)
    with step("base image", f"from {mirror.main if mirror else 'the default mirror'}") as current:
        run_logged(
            as_root(command, "making a base image"),
            LOGS / "mmdebstrap.log",
            current,
            milestone=lambda line: line[3:] if line.startswith("I: ") else None,
            limits=Limits(total=900),
        )
        current.line("importing")
        _import(tar)


def _import(tar: Path) -> None:
    changes = ('CMD ["bash"]', "LABEL dpulab.image=1", "LABEL dpulab.imported=1")
    arguments = [word for change in changes for word in ("--change", change)]
    done = docker("import", *arguments, str(tar), NAME, timeout=300)
    if done.code != 0:
        raise BootstrapError(
            f"docker import of {shlex.quote(str(tar))} failed: {done.text.strip()}"
        )
    remove = probe(as_root(["rm", "-f", str(tar)], "removing a temporary file"))
    if remove.code != 0:
        say(f"base image: {tar} could not be removed: {remove.text.strip()}")
