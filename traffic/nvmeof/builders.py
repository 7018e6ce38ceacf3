"""Legal PDUs, as they look under what a handshake agreed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from traffic.nvmeof import nvme_tcp as tcp
from traffic.nvmeof.nvme import (
    CONNECT_DATA_SIZE,
    NVMeConnect,
    NVMeConnectData,
    NVMeCQE,
    NVMeSGL,
    NVMeSQE,
)
from traffic.nvmeof.nvme_tcp import (
    NVMeTCP,
    NVMeTCPC2HData,
    NVMeTCPCapsuleCmd,
    NVMeTCPCapsuleResp,
    NVMeTCPH2CData,
    NVMeTCPICReq,
    NVMeTCPICResp,
    NVMeTCPR2T,
)

DISCOVERY_NQN: Final = "nqn.2014-08.org.nvmexpress.discovery"
HOST_NQN: Final = "nqn.2014-08.org.nvmexpress:uuid:d91ab5a1-0000-4000-8000-00d91ab00001"
HOST_ID: Final = bytes.fromhex("d91ab5a10000400080000d91ab000001")


def in_capsule(length: int, offset: int = 0) -> NVMeSGL:
    """Describe data that follow the command in its capsule."""
    return NVMeSGL(address=offset, length=length, type=0, subtype=1)


def transport(length: int) -> NVMeSGL:
    """Describe data that travel in data PDUs."""
    return NVMeSGL(length=length)


def connect_data(subnqn: str, hostnqn: str = HOST_NQN, cntlid: int = 0xFFFF) -> NVMeConnectData:
    """Return the data of Connect."""
    return NVMeConnectData(
        hostid=HOST_ID, cntlid=cntlid, subnqn=subnqn.encode(), hostnqn=hostnqn.encode()
    )


def connect(*, inside: bool = True, **fields: Any) -> NVMeConnect:
    """Return Connect; its data go into the capsule, or wait for an R2T."""
    made = in_capsule if inside else transport
    return NVMeConnect(sgl=made(CONNECT_DATA_SIZE), **fields)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the handshake agreed: digests, and how each receiver wants data aligned (0's based)."""

    header_digest: bool = False
    data_digest: bool = False
    cpda: int = 0
    hpda: int = 0
    max_h2c: int = 131072

    def ic_req(self, maxr2t: int = 0) -> NVMeTCPICReq:
        """Return the ICReq that asks for this."""
        return NVMeTCPICReq(hpda=self.hpda, dgst=self._digests, maxr2t=maxr2t)

    def ic_resp(self) -> NVMeTCPICResp:
        """Return the ICResp that grants this."""
        return NVMeTCPICResp(cpda=self.cpda, dgst=self._digests, maxh2cdata=self.max_h2c)

    def command(self, sqe: NVMeSQE, data: Any = b"") -> NVMeTCPCapsuleCmd:
        """Return a command, with `data` in its capsule."""
        return NVMeTCPCapsuleCmd(sqe=sqe, **self._with(data, 72, self.cpda))

    def response(self, **fields: Any) -> NVMeTCPCapsuleResp:
        """Return a completion; `fields` are NVMeCQE's."""
        return NVMeTCPCapsuleResp(flags=self._header_flag, cqe=NVMeCQE(**fields))

    def r2t(self, cid: int, ttag: int, offset: int, length: int) -> NVMeTCPR2T:
        """Return a request to transfer."""
        return NVMeTCPR2T(flags=self._header_flag, cccid=cid, ttag=ttag, r2to=offset, r2tl=length)

    def h2c_data(
        self, cid: int, ttag: int, offset: int, data: bytes, *, last: bool = True
    ) -> NVMeTCPH2CData:
        """Return data for the controller."""
        made = NVMeTCPH2CData(cccid=cid, ttag=ttag, datao=offset, **self._with(data, 24, self.cpda))
        made.flags |= tcp.LAST if last else 0
        return made

    def c2h_data(
        self, cid: int, offset: int, data: bytes, *, last: bool = True, success: bool = False
    ) -> NVMeTCPC2HData:
        """Return data for the host."""
        made = NVMeTCPC2HData(cccid=cid, datao=offset, **self._with(data, 24, self.hpda))
        made.flags |= (tcp.LAST if last else 0) | (tcp.SUCCESS if success else 0)
        return made

    @property
    def _header_flag(self) -> int:
        return tcp.HDGSTF if self.header_digest else 0

    @property
    def _digests(self) -> int:
        return self._header_flag | (tcp.DDGSTF if self.data_digest else 0)

    def _with(self, data: Any, header_size: int, alignment: int) -> dict[str, Any]:
        if not data:
            return {"flags": self._header_flag}
        pad = tcp.padding(header_size, header_digest=self.header_digest, alignment=alignment)
        return {"flags": self._digests, "pad": pad, "data": data}


def agreed(request: NVMeTCP, response: NVMeTCP) -> Dialect:
    """Return what an ICReq and its ICResp agree on."""
    digests = int(response.dgst)
    return Dialect(
        bool(digests & tcp.HDGSTF), bool(digests & tcp.DDGSTF), int(response.cpda),
        int(request.hpda), int(response.maxh2cdata),
    )  # fmt: skip
