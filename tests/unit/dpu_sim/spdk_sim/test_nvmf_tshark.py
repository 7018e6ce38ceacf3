"""tshark, which we did not write, finds nothing wrong with what the target sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from nvmetcp.admin import AsyncEventRequest, GetLogPage
from nvmetcp.host import HostConfig
from nvmetcp.io import Flush, Read, Write
from tests.nvme_host import CommandFailedError, Host
from tests.nvmf_loop import BLOCK, SUBNQN, target_loop
from tests.unit.nvmetcp.capture import ask, needs_tshark, write_capture

pytestmark = needs_tshark


@pytest.mark.parametrize("digests", [False, True])
def test_a_session_has_no_malformed_frame(tmp_path: Path, digests: bool) -> None:
    """Handshake, admin commands, I/O in capsules and on request, errors, an event."""
    with target_loop() as loop:
        subsystem = loop.subsystem()
        loop.namespace(subsystem)
        config = HostConfig(digests, digests)
        with Host(loop.listen(subsystem), SUBNQN, config=config, kato=5000) as host:
            waiting = host.admin.submit(AsyncEventRequest().command())
            for cns, nsid in ((1, 0), (2, 0), (3, 1), (0, 1), (6, 0)):
                host.identify(cns, nsid)
            wanted = GetLogPage(lid=2, nsid=0xFFFFFFFF)
            wanted.size = 512
            host.admin.run(wanted.command(), length=512)
            queue = host.io_queue()
            for size in (BLOCK, 4096, 65536):
                nlb = size // BLOCK - 1
                queue.run(Write(nsid=1, slba=0, nlb=nlb).command(), bytes(size))
                queue.run(Read(nsid=1, slba=0, nlb=nlb).command(), length=size)
            queue.run(Flush(nsid=1).command())
            with pytest.raises(CommandFailedError):
                queue.run(Read(nsid=9, slba=0, nlb=0).command(), length=BLOCK)
            host.keep_alive()
            loop.call(lambda: loop.transport.controllers(SUBNQN))
            wires = [one.wire for one in host.queues]
            assert waiting not in host.admin.completions
    path = tmp_path / "session.pcap"
    write_capture(path, *wires)
    assert ask(path, "frame.number", only="_ws.malformed") == []
    kinds = {kind for (row,) in ask(path, "nvme-tcp.type") for kind in row.split(",")}
    assert kinds == {"0", "1", "4", "5", "6", "7", "9"}
    for digest in ("hdgst", "ddgst"):
        verdicts = {
            one for (row,) in ask(path, f"nvme-tcp.{digest}.status") for one in row.split(",")
        }
        assert verdicts - {""} == ({"1"} if digests else set())
