"""In the virtual machine: probes say yes to what Debian's kernel has, and why not where it has not.

The machine loads no module beforehand: a probe that says yes made the kernel load what it needs.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab.capabilities import probe, probe_one

# what a cloud kernel brings; most machines that run containers lack some of it
MODULES = {
    "veth": "veth",
    "bridge": "bridge",
    "macvlan": "macvlan",
    "vxlan": "vxlan",
    "dummy": "dummy",
    "vrf": "vrf",
    "vlan": "8021q",
    "tbf": "sch_tbf",
    "netem": "sch_netem",
    "esp": "esp4",
}


def _loaded(module: str) -> bool:
    lines = Path("/proc/modules").read_text().splitlines()
    return any(line.split()[0] == module for line in lines)


@pytest.mark.parametrize("name", MODULES)
def test_has(name: str) -> None:
    found = probe_one(name)
    assert found.available, found.reason
    assert _loaded(MODULES[name])


@pytest.mark.parametrize("name", ["root", "netns", "ebpf", "ebpf-atomic", "xdp-native", "btf"])
def test_has_built_in(name: str) -> None:
    found = probe_one(name)
    assert found.available, found.reason


def test_nvme_tcp_is_there_once_it_is_loaded() -> None:
    before = probe_one("nvme-tcp")
    assert (before.available, before.reason) == (
        False,
        "module nvme_tcp exists but is not loaded: modprobe nvme-tcp",
    )
    subprocess.run(["modprobe", "nvme-tcp"], check=True, timeout=60)
    after = probe_one("nvme-tcp")
    assert (after.available, after.reason) == (True, "module nvme_tcp is loaded")


def test_what_the_machine_lacks_has_its_reason() -> None:
    found = {each.name: each for each in probe()}
    assert not found["docker"].available
    assert found["docker"].reason.startswith("no Docker Engine answers: ")
    assert not found["kvm"].available
    assert found["cgroup"].reason == "version 2"


def test_probing_leaves_no_interface_behind() -> None:
    before = set(Path("/sys/class/net").iterdir())
    probe()
    assert set(Path("/sys/class/net").iterdir()) == before
