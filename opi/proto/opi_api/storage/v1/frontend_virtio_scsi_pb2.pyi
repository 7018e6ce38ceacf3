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

class VirtioScsiTarget(_message.Message):
    __slots__ = ("name", "max_luns")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MAX_LUNS_FIELD_NUMBER: _ClassVar[int]
    name: str
    max_luns: int
    def __init__(self, name: _Optional[str] = ..., max_luns: _Optional[int] = ...) -> None: ...

class VirtioScsiController(_message.Message):
    __slots__ = ("name", "pcie_id", "min_limit", "max_limit")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PCIE_ID_FIELD_NUMBER: _ClassVar[int]
    MIN_LIMIT_FIELD_NUMBER: _ClassVar[int]
    MAX_LIMIT_FIELD_NUMBER: _ClassVar[int]
    name: str
    pcie_id: _opicommon_pb2.PciEndpoint
    min_limit: _opicommon_pb2.QosLimit
    max_limit: _opicommon_pb2.QosLimit
    def __init__(self, name: _Optional[str] = ..., pcie_id: _Optional[_Union[_opicommon_pb2.PciEndpoint, _Mapping]] = ..., min_limit: _Optional[_Union[_opicommon_pb2.QosLimit, _Mapping]] = ..., max_limit: _Optional[_Union[_opicommon_pb2.QosLimit, _Mapping]] = ...) -> None: ...

class VirtioScsiLun(_message.Message):
    __slots__ = ("name", "target_name_ref", "volume_name_ref")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TARGET_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    VOLUME_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    name: str
    target_name_ref: str
    volume_name_ref: str
    def __init__(self, name: _Optional[str] = ..., target_name_ref: _Optional[str] = ..., volume_name_ref: _Optional[str] = ...) -> None: ...

class CreateVirtioScsiTargetRequest(_message.Message):
    __slots__ = ("virtio_scsi_target", "virtio_scsi_target_id")
    VIRTIO_SCSI_TARGET_FIELD_NUMBER: _ClassVar[int]
    VIRTIO_SCSI_TARGET_ID_FIELD_NUMBER: _ClassVar[int]
    virtio_scsi_target: VirtioScsiTarget
    virtio_scsi_target_id: str
    def __init__(self, virtio_scsi_target: _Optional[_Union[VirtioScsiTarget, _Mapping]] = ..., virtio_scsi_target_id: _Optional[str] = ...) -> None: ...

class DeleteVirtioScsiTargetRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateVirtioScsiTargetRequest(_message.Message):
    __slots__ = ("virtio_scsi_target", "update_mask", "allow_missing")
    VIRTIO_SCSI_TARGET_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    virtio_scsi_target: VirtioScsiTarget
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, virtio_scsi_target: _Optional[_Union[VirtioScsiTarget, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class ListVirtioScsiTargetsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListVirtioScsiTargetsResponse(_message.Message):
    __slots__ = ("virtio_scsi_targets", "next_page_token")
    VIRTIO_SCSI_TARGETS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    virtio_scsi_targets: _containers.RepeatedCompositeFieldContainer[VirtioScsiTarget]
    next_page_token: str
    def __init__(self, virtio_scsi_targets: _Optional[_Iterable[_Union[VirtioScsiTarget, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetVirtioScsiTargetRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsVirtioScsiTargetRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsVirtioScsiTargetResponse(_message.Message):
    __slots__ = ("stats",)
    STATS_FIELD_NUMBER: _ClassVar[int]
    stats: _opicommon_pb2.VolumeStats
    def __init__(self, stats: _Optional[_Union[_opicommon_pb2.VolumeStats, _Mapping]] = ...) -> None: ...

class CreateVirtioScsiControllerRequest(_message.Message):
    __slots__ = ("virtio_scsi_controller", "virtio_scsi_controller_id")
    VIRTIO_SCSI_CONTROLLER_FIELD_NUMBER: _ClassVar[int]
    VIRTIO_SCSI_CONTROLLER_ID_FIELD_NUMBER: _ClassVar[int]
    virtio_scsi_controller: VirtioScsiController
    virtio_scsi_controller_id: str
    def __init__(self, virtio_scsi_controller: _Optional[_Union[VirtioScsiController, _Mapping]] = ..., virtio_scsi_controller_id: _Optional[str] = ...) -> None: ...

class DeleteVirtioScsiControllerRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateVirtioScsiControllerRequest(_message.Message):
    __slots__ = ("virtio_scsi_controller", "update_mask", "allow_missing")
    VIRTIO_SCSI_CONTROLLER_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    virtio_scsi_controller: VirtioScsiController
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, virtio_scsi_controller: _Optional[_Union[VirtioScsiController, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class ListVirtioScsiControllersRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListVirtioScsiControllersResponse(_message.Message):
    __slots__ = ("virtio_scsi_controllers", "next_page_token")
    VIRTIO_SCSI_CONTROLLERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    virtio_scsi_controllers: _containers.RepeatedCompositeFieldContainer[VirtioScsiController]
    next_page_token: str
    def __init__(self, virtio_scsi_controllers: _Optional[_Iterable[_Union[VirtioScsiController, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetVirtioScsiControllerRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsVirtioScsiControllerRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsVirtioScsiControllerResponse(_message.Message):
    __slots__ = ("stats",)
    STATS_FIELD_NUMBER: _ClassVar[int]
    stats: _opicommon_pb2.VolumeStats
    def __init__(self, stats: _Optional[_Union[_opicommon_pb2.VolumeStats, _Mapping]] = ...) -> None: ...

class CreateVirtioScsiLunRequest(_message.Message):
    __slots__ = ("virtio_scsi_lun", "virtio_scsi_lun_id")
    VIRTIO_SCSI_LUN_FIELD_NUMBER: _ClassVar[int]
    VIRTIO_SCSI_LUN_ID_FIELD_NUMBER: _ClassVar[int]
    virtio_scsi_lun: VirtioScsiLun
    virtio_scsi_lun_id: str
    def __init__(self, virtio_scsi_lun: _Optional[_Union[VirtioScsiLun, _Mapping]] = ..., virtio_scsi_lun_id: _Optional[str] = ...) -> None: ...

class DeleteVirtioScsiLunRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateVirtioScsiLunRequest(_message.Message):
    __slots__ = ("virtio_scsi_lun", "update_mask", "allow_missing")
    VIRTIO_SCSI_LUN_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    virtio_scsi_lun: VirtioScsiLun
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, virtio_scsi_lun: _Optional[_Union[VirtioScsiLun, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class ListVirtioScsiLunsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListVirtioScsiLunsResponse(_message.Message):
    __slots__ = ("virtio_scsi_luns", "next_page_token")
    VIRTIO_SCSI_LUNS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    virtio_scsi_luns: _containers.RepeatedCompositeFieldContainer[VirtioScsiLun]
    next_page_token: str
    def __init__(self, virtio_scsi_luns: _Optional[_Iterable[_Union[VirtioScsiLun, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetVirtioScsiLunRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsVirtioScsiLunRequest(_message.Message):
    __slots__ = ("name", "controller_name_ref")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONTROLLER_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    name: str
    controller_name_ref: str
    def __init__(self, name: _Optional[str] = ..., controller_name_ref: _Optional[str] = ...) -> None: ...

class StatsVirtioScsiLunResponse(_message.Message):
    __slots__ = ("stats",)
    STATS_FIELD_NUMBER: _ClassVar[int]
    stats: _opicommon_pb2.VolumeStats
    def __init__(self, stats: _Optional[_Union[_opicommon_pb2.VolumeStats, _Mapping]] = ...) -> None: ...
