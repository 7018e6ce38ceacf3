"""One job in the virtual machine: a tar goes in on a disk, a tar comes back on another."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bootstrap.inputs import source_files
from bootstrap.vm_image import QEMU
from lab.capabilities import probe_one

MEMORY_MB = 2048
RESULT_BYTES = 32 << 20
TAIL_LINES = 60  # a kernel's last words are long


class MachineFailedError(AssertionError):
    """The machine did not do its job; the message ends with the end of its console."""


@dataclass(frozen=True, slots=True)
class Machine:
    """`files` holds vmlinuz, initrd and disk; jobs leave their traces in `work`."""

    files: Path
    work: Path

    @property
    def console(self) -> Path:
        """Everything that the machine printed."""
        return self.work / "console.txt"

    def run(self, job: Path, limit: float) -> dict[str, bytes]:
        """Run the job (a tar with a program `run`) and return its results, contents by file name.

        Raises MachineFailedError when the machine is not done within `limit` seconds or leaves no
        results. It is gone in any case.
        """
        results = self.work / "results.tar"
        results.unlink(missing_ok=True)
        with results.open("wb") as disk:
            disk.truncate(RESULT_BYTES)
        self._boot(self.command(job, results), limit)
        return self._unpack(results)

    def command(self, job: Path, results: Path) -> list[str]:
        """The QEMU command line: no network, no display, three disks, console on stdout."""
        # Without KVM the machine's clock counts its instructions instead of our seconds, and jumps
        # while it sleeps: however busy this machine is, the tests in it see the right times. It
        # jumps while waiting for a disk as well: a job whose times count reads all files first.
        emulated = ("-accel", "tcg,thread=single", "-icount", "shift=1,sleep=off", "-smp", "1")
        accel = ("-accel", "kvm", "-smp", "2") if probe_one("kvm").available else emulated
        files = self.files
        return [
            QEMU, "-M", "q35", *accel, "-cpu", "max", "-m", str(MEMORY_MB),
            "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio",
            "-no-reboot", "-kernel", str(files / "vmlinuz"), "-initrd", str(files / "initrd"),
            "-append", "console=ttyS0 quiet panic=-1",
            "-drive", _disk(files / "disk", readonly=True),
            "-drive", _disk(job, readonly=True),
            "-drive", _disk(results, readonly=False),
        ]  # fmt: skip

    def _boot(self, command: list[str], limit: float) -> None:
        # timeout(1) ends the machine also when this process is killed before it can
        guarded = ["timeout", "--kill-after=5", f"{limit + 10:g}", *command]
        with self.console.open("wb") as console:
            child = subprocess.Popen(
                guarded, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT
            )
            try:
                code = child.wait(limit)
            except subprocess.TimeoutExpired:
                raise self._failed(f"not done within {limit:g} s") from None
            finally:
                _end(child)
        if code:
            raise self._failed(f"{QEMU} ended with code {code}")

    def _unpack(self, results: Path) -> dict[str, bytes]:
        found = {}
        try:
            with tarfile.open(results) as archive:
                for member in archive:
                    if content := archive.extractfile(member):
                        found[member.name.removeprefix("./")] = content.read()
        except tarfile.TarError as error:
            raise self._failed(f"no results ({error})") from error
        if not found:
            raise self._failed("no results")
        return found

    def _failed(self, reason: str) -> MachineFailedError:
        tail = self.console.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        text = "\n".join(f"    {line.rstrip()}" for line in tail)
        return MachineFailedError(f"virtual machine: {reason}; {self.console} ends with\n{text}")


def _disk(path: Path, *, readonly: bool) -> str:
    switch = "on" if readonly else "off"
    return f"file={str(path).replace(',', ',,')},format=raw,if=virtio,readonly={switch}"


def _end(child: subprocess.Popen[bytes]) -> None:
    """End timeout(1), which hands the signal on to QEMU."""
    if child.poll() is None:
        child.terminate()
        child.wait(15)


def write_job(target: Path, root: Path, folders: list[str], texts: Mapping[str, str]) -> None:
    """Write a job: folders and files of the project under `root`, and short files of its own."""
    with tarfile.open(target, "w") as archive:
        for name in folders:
            inside = [root / name] if (root / name).is_file() else source_files(root / name)
            for path in inside:
                archive.add(path, str(path.relative_to(root)), recursive=False)
        for name, text in texts.items():
            place = target.with_name(name)
            place.write_text(text)
            archive.add(place, name)
    # the machine sees whole sectors only
    with target.open("ab") as disk:
        disk.truncate(-(-disk.tell() // 512) * 512)
