"""The namespaces of remote NVMe controllers: nobody makes them, the target finds them."""

from __future__ import annotations

from typing import Any

from dpu_sim.api.call import Call
from dpu_sim.api.errors import invalid_argument, not_found
from dpu_sim.api.names import RequestNames, is_any
from dpu_sim.api.paging import PageTokens, page_size
from dpu_sim.storage.bdevs import Found, bdev_name
from dpu_sim.storage.records import Records
from dpu_sim.storage.remote import Remote, nsid
from dpu_sim.storage.spdk import SpdkClient
from opi.proto.opi_api.storage.v1.backend_nvme_pb2 import (
    ListNvmeRemoteNamespacesResponse,
    NvmeRemoteNamespace,
)
from opi.resources import resources


class RemoteNamespaces:
    """Answers their two RPCs."""

    def __init__(self, spdk: SpdkClient, records: Records, secret: bytes) -> None:
        """`secret` is what page tokens are signed with."""
        self._kind = resources().kind("NvmeRemoteNamespace")
        self._names = RequestNames(self._kind)
        self._remote = Remote(spdk)
        self._records = records
        self._tokens = PageTokens(secret)

    async def GetNvmeRemoteNamespace(  # noqa: N802 (the RPC's name)
        self,
        request: Any,
        call: Call,  # noqa: ARG002
    ) -> NvmeRemoteNamespace:
        """One of them. Raises ApiError: NOT_FOUND."""
        name = self._names.name(request.name)
        for one in await self._of(self._names.parent_of(name)):
            if one.name == name:
                return one
        raise not_found(name, self._kind.type_name)

    async def ListNvmeRemoteNamespaces(  # noqa: N802
        self, request: Any, call: Call
    ) -> ListNvmeRemoteNamespacesResponse:
        """A page of those of one controller, or of all, by controller and number."""
        parent = self._names.parent(request)
        scope = f"{call.method} {parent}"
        try:
            size, after = page_size(request.page_size), 0
            if token := self._tokens.last(scope, request.page_token):
                after = int(token)
        except ValueError as error:
            field = "page_size" if request.page_size < 0 else "page_token"
            raise invalid_argument(field, str(error)) from None
        found = await self._all() if is_any(parent) else await self._of(parent)
        response = ListNvmeRemoteNamespacesResponse()
        response.nvme_remote_namespaces.extend(found[after : after + size])
        if len(found) > after + size:
            response.next_page_token = self._tokens.issue(scope, str(after + size))
        return response

    async def _all(self) -> list[NvmeRemoteNamespace]:
        return [one for each in self._records.remotes() for one in await self._of(each.name)]

    async def _of(self, controller: str) -> list[NvmeRemoteNamespace]:
        """Those of one controller. Raises ApiError: NOT_FOUND, there is no such controller."""
        if not self._records.has_remote(controller):
            raise not_found(controller, resources().kind("NvmeRemoteController").type_name)
        name = bdev_name(controller)
        return [_described(controller, name, one) for one in await self._remote.devices(name)]


def _described(controller: str, name: str, found: Found) -> NvmeRemoteNamespace:
    """What the target tells of a namespace; its uuid is made of the NGUID where there is one."""
    number = nsid(found, name)
    return NvmeRemoteNamespace(
        name=f"{controller}/nvmeRemoteNamespaces/{number}",
        nsid=number,
        uuid=found.get("uuid", ""),
    )
