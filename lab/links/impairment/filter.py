"""The classifier's place: a filter on the egress side of an interface's clsact qdisc."""

from __future__ import annotations

import errno
import struct
from typing import Any

from pyroute2.netlink.exceptions import NetlinkError

from lab.errors import UnsupportedError
from lab.links.impairment import bpf_syscall as bpf
from lab.links.impairment import classifier
from lab.links.impairment.classifier import State
from lab.topology.model import Impairment

EGRESS = 0xFFFFFFF3
"""TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS) in linux/pkt_sched.h."""
PRIORITY = 0xFFF0
"""Near the end: the link comes after whatever the node itself does to leaving frames."""

_HANDLE = 1
_TCA_BPF_ID = 11  # linux/pkt_cls.h; newer than pyroute2's table


def find(ipr: Any, index: int) -> State | None:
    """The state of our classifier on this interface; None when there is none."""
    prog_id = program_id(ipr, index)
    if prog_id is None:
        return None
    with bpf.closing(bpf.prog_by_id(prog_id)) as prog_fd:
        return classifier.state_of(prog_fd)


def program_id(ipr: Any, index: int) -> int | None:
    """The kernel-wide id of our classifier on this interface; None when there is none."""
    for message in ipr.get_filters(index=index, parent=EGRESS):
        options = message.get_attr("TCA_OPTIONS")
        if options is not None and options.get_attr("TCA_BPF_NAME") == classifier.NAME:
            return _program_id(options)
    return None


def attach(ipr: Any, index: int, impairment: Impairment) -> None:
    """Install a classifier, swapping out an earlier one atomically; its frames count from 0.

    TCP on this interface is held to one segment a frame (gso_max_segs 1), because the classifier
    runs before the kernel cuts large sends into frames. Raises UnsupportedError when the kernel
    refuses the program or has no clsact.
    """
    before = find(ipr, index)
    segments = before.gso_segs_before if before else _gso_segments(ipr, index)
    try:
        with bpf.closing(classifier.load(impairment, gso_segs_before=segments)) as prog_fd:
            _ensure_clsact(ipr, index)
            ipr.tc("replace-filter", "bpf", fd=prog_fd, direct_action=True, **_place(index))
    except (OSError, NetlinkError) as error:
        raise UnsupportedError(
            "ebpf",
            f"this kernel does not take the loss classifier: {error}",
            "loss, duplicate and corrupt need Linux 5.15 with CONFIG_NET_CLS_BPF and "
            "CONFIG_NET_SCH_INGRESS; `dpulab doctor` shows what is missing",
        ) from error
    ipr.link("set", index=index, gso_max_segs=1)


def detach(ipr: Any, index: int) -> None:
    """Remove our classifier, if any, and allow large sends again.

    The clsact qdisc stays: another program may be about to attach to it, and without filters it
    does nothing.
    """
    before = find(ipr, index)
    if before is None:
        return
    ipr.tc("del-filter", "bpf", **_place(index))
    ipr.link("set", index=index, gso_max_segs=before.gso_segs_before)


def _place(index: int) -> dict[str, Any]:
    return {
        "index": index,
        "parent": EGRESS,
        "prio": PRIORITY,
        "handle": _HANDLE,
        "name": classifier.NAME,
    }


def _ensure_clsact(ipr: Any, index: int) -> None:
    try:
        ipr.tc("add", "clsact", index=index)
    except NetlinkError as error:
        if error.code != errno.EEXIST:
            raise


def _gso_segments(ipr: Any, index: int) -> int:
    (link,) = ipr.get_links(index)
    return int(link.get_attr("IFLA_GSO_MAX_SEGS") or 0xFFFF)


def _program_id(options: Any) -> int:
    """TCA_BPF_ID out of the attributes that pyroute2 leaves undecoded."""
    for name, value in options["attrs"]:
        if name == "UNKNOWN" and value["header"]["type"] == _TCA_BPF_ID:
            return int(struct.unpack_from("=I", value.data, value.offset + 4)[0])
    raise UnsupportedError("ebpf", "this kernel does not tell a filter's program (Linux 4.13)")
