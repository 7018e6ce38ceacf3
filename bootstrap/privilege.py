"""Root where set-up needs it: as root, or through sudo when sudo asks for no password."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping, Sequence

from bootstrap.console import BootstrapError
from bootstrap.process import probe

NO_INSTALL = "DPULAB_NO_INSTALL"


def as_root(argv: Sequence[str], why: str) -> list[str]:
    """Return the command line that runs `argv` as root.

    Raises BootstrapError with the command to run by hand when neither root nor sudo is there.
    """
    if os.geteuid() == 0:
        return list(argv)
    if shutil.which("sudo") and probe(["sudo", "-n", "true"]).code == 0:
        return ["sudo", "-n", *argv]
    raise BootstrapError(
        f"{why} needs root, and this user is neither root nor allowed sudo without a password",
        f"run as root, then try again: {shlex.join(argv)}",
    )


def refuse_when_told(argv: Sequence[str], why: str, env: Mapping[str, str] | None = None) -> None:
    """Raise BootstrapError naming the command when the user forbade installing and starting."""
    if (os.environ if env is None else env).get(NO_INSTALL, "") not in {"", "0"}:
        by_hand = list(argv) if os.geteuid() == 0 else ["sudo", *argv]
        raise BootstrapError(
            f"{why}, and {NO_INSTALL} is set",
            f"run it yourself, then try again: {shlex.join(by_hand)}",
        )
