"""Compilers and code generators in a container: the same for everybody, none on the machine.

The image is `dpulab/toolchain`. Commands run in it under the caller's ids, see the protos and the
bindings below /src, and keep what they download and build in build/toolchain, which is /cache.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path

from bootstrap.console import BUILD, LOGS, ROOT, Step
from bootstrap.images import PROXY_VARIABLES, TOOLCHAIN, ensure_images
from bootstrap.process import Limits, run_logged

CACHE = BUILD / "toolchain"
"""On this machine; inside it is CACHE_INSIDE."""
CACHE_INSIDE = Path("/cache")
BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
"""Certificates of authorities, in the image and on most machines."""
OTHER_BUNDLES = (Path("/etc/pki/tls/certs/ca-bundle.crt"), Path("/etc/ssl/ca-bundle.pem"))
PASSED_ON = (*PROXY_VARIABLES, *(name.upper() for name in PROXY_VARIABLES), "GOPROXY", "GOSUMDB")
LIMITS = Limits(total=1200)


def ensure_toolchain() -> None:
    """Build the image if it is missing or changed. Raises BootstrapError."""
    ensure_images([TOOLCHAIN])
    CACHE.mkdir(parents=True, exist_ok=True)


def trusted_bundle(env: Mapping[str, str] | None = None) -> Path | None:
    """Return the file with the authorities that this machine trusts, None if it has none.

    A machine may sit behind a proxy with an authority of its own, which the image cannot know.
    """
    named = (os.environ if env is None else env).get("SSL_CERT_FILE", "")
    default = ssl.get_default_verify_paths().cafile
    candidates = [Path(name) for name in (named, default) if name] + [BUNDLE, *OTHER_BUNDLES]
    return next((path for path in candidates if path.is_file()), None)


def in_container(
    argv: Sequence[str], mounts: Mapping[Path, str] | None = None, network: str = "host"
) -> list[str]:
    """Return the docker command that runs `argv` in the toolchain.

    Args:
        argv: program and arguments, in terms of /src and /cache.
        mounts: more files and folders of the machine to read, and where they appear.
        network: as docker names it; the machine's own by default.
    """
    command = ["docker", "run", "--rm", "--init", "--network", network]
    command += ["--user", f"{os.getuid()}:{os.getgid()}"]
    readable = {ROOT / "proto": "/src/proto", **(mounts or {})}
    if bundle := trusted_bundle():
        readable[bundle.resolve()] = str(BUNDLE)
    for path, inside in readable.items():
        command += ["--volume", f"{path}:{inside}:ro"]
    for path, inside in {ROOT / "clients": "/src/clients", CACHE: str(CACHE_INSIDE)}.items():
        command += ["--volume", f"{path}:{inside}"]
    for name in PASSED_ON:
        command += ["--env", name]
    return [*command, TOOLCHAIN.tag, *argv]


def run(script: str, log: str, current: Step, mounts: Mapping[Path, str] | None = None) -> None:
    """Run a shell script in the toolchain; its output goes to build/logs/LOG.log.

    Raises BootstrapError with the log's end.
    """
    limit = ("timeout", "--kill-after=5", f"{LIMITS.total:g}")  # also if the client dies
    command = in_container([*limit, "sh", "-euc", script], mounts)
    run_logged(command, LOGS / f"{log}.log", current, limits=LIMITS)
