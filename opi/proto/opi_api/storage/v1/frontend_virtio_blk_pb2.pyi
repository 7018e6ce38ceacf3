# mypy: ignore-errors
from google.api import annotations_pb2 as _annotations_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from opi.proto.opi_api.storage.v1 import opicommon_pb2 as _opicommon_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class VirtioBlk(_message.Message):
    __slots__ = ("name", "pcie_id", "volume_name_ref", "max_io_qps", "min_limit", "max_limit")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PCIE_ID_FIELD_NUMBER: _ClassVar[int]
    VOLUME_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    MAX_IO_QPS_FIELD_NUMBER: _ClassVar[int]
    MIN_LIMIT_FIELD_NUMBER: _ClassVar[int]
    MAX_LIMIT_FIELD_NUMBER: _ClassVar[int]
    name: str
    pcie_id: _opicommon_pb2.PciEndpoint
    volume_name_ref: str
    max_io_qps: int
    min_limit: _opicommon_pb2.QosLimit
    max_limit: _opicommon_pb2.QosLimit
    def __init__(self, name: _Optional[str] = ..., pcie_id: _Optional[_Union[_opicommon_pb2.PciEndpoint, _Mapping]] = ..., volume_name_ref: _Optional[str] = ..., max_io_qps: _Optional[int] = ..., min_limit: _Optional[_Union[_opicommon_pb2.QosLimit, _Mapping]] = ..., max_limit: _Optional[_Union[_opicommon_pb2.QosLimit, _Mapping]] = ...) -> None: ...

class CreateVirtioBlkRequest(_message.Message):
    __slots__ = ("virtio_blk", "virtio_blk_id")
    VIRTIO_BLK_FIELD_NUMBER: _ClassVar[int]
    VIRTIO_BLK_ID_FIELD_NUMBER: _ClassVar[int]
    virtio_blk: VirtioBlk
    virtio_blk_id: str
    def __init__(self, virtio_blk: _Optional[_Union[VirtioBlk, _Mapping]] = ..., virtio_blk_id: _Optional[str] = ...) -> None: ...

class DeleteVirtioBlkRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateVirtioBlkRequest(_message.Message):
    __slots__ = ("virtio_blk", "update_mask", "allow_missing")
    VIRTIO_BLK_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    virtio_blk: VirtioBlk
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, virtio_blk: _Optional[_Union[VirtioBlk, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class ListVirtioBlksRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListVirtioBlksResponse(_message.Message):
    __slots__ = ("virtio_blks", "next_page_token")
    VIRTIO_BLKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    virtio_blks: _containers.RepeatedCompositeFieldContainer[VirtioBlk]
    next_page_token: str
    def __init__(self, virtio_blks: _Optional[_Iterable[_Union[VirtioBlk, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetVirtioBlkRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsVirtioBlkRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsVirtioBlkResponse(_message.Message):
    __slots__ = ("stats",)
    STATS_FIELD_NUMBER: _ClassVar[int]
    stats: _opicommon_pb2.VolumeStats
    def __init__(self, stats: _Optional[_Union[_opicommon_pb2.VolumeStats, _Mapping]] = ...) -> None: ...
