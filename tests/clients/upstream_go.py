"""OPI's own programs in Go: built from Go's module proxy, or those that variables name."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from bootstrap.console import BootstrapError
from bootstrap.oracles import install_go_program
from lab.capabilities import probe_one


@dataclass(frozen=True, slots=True)
class UpstreamProgram:
    """A program, the commit that it is built from, and the variable that names one instead."""

    package: str
    version: str
    variable: str

    def path(self) -> Path:
        """The program; skips where it cannot be had."""
        if named := os.environ.get(self.variable, ""):
            return Path(named)
        docker = probe_one("docker")
        if not docker.available:
            pytest.skip(f"docker: {docker.reason}, and {self.variable} names no program")
        try:
            return install_go_program(self.package, self.version)
        except BootstrapError as error:
            reason = str(error).strip().splitlines()[-1]
            pytest.skip(
                f"{self.package}@{self.version} cannot be built from the Go module proxy, and "
                f"{self.variable} names no program: {reason}"
            )


GODPU = UpstreamProgram("github.com/opiproject/godpu", "2bc04190a2db", "DPULAB_GODPU")
BRIDGE = UpstreamProgram(
    "github.com/opiproject/opi-spdk-bridge/cmd", "1e4061183114", "DPULAB_SPDK_BRIDGE"
)
