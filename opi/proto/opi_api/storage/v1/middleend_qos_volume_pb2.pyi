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

class QosVolume(_message.Message):
    __slots__ = ("name", "volume_name_ref", "limits")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VOLUME_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    name: str
    volume_name_ref: str
    limits: Limits
    def __init__(self, name: _Optional[str] = ..., volume_name_ref: _Optional[str] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("min", "max")
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    min: _opicommon_pb2.QosLimit
    max: _opicommon_pb2.QosLimit
    def __init__(self, min: _Optional[_Union[_opicommon_pb2.QosLimit, _Mapping]] = ..., max: _Optional[_Union[_opicommon_pb2.QosLimit, _Mapping]] = ...) -> None: ...

class CreateQosVolumeRequest(_message.Message):
    __slots__ = ("qos_volume", "qos_volume_id")
    QOS_VOLUME_FIELD_NUMBER: _ClassVar[int]
    QOS_VOLUME_ID_FIELD_NUMBER: _ClassVar[int]
    qos_volume: QosVolume
    qos_volume_id: str
    def __init__(self, qos_volume: _Optional[_Union[QosVolume, _Mapping]] = ..., qos_volume_id: _Optional[str] = ...) -> None: ...

class DeleteQosVolumeRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateQosVolumeRequest(_message.Message):
    __slots__ = ("qos_volume", "update_mask", "allow_missing")
    QOS_VOLUME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    qos_volume: QosVolume
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, qos_volume: _Optional[_Union[QosVolume, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class ListQosVolumesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListQosVolumesResponse(_message.Message):
    __slots__ = ("qos_volumes", "next_page_token")
    QOS_VOLUMES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    qos_volumes: _containers.RepeatedCompositeFieldContainer[QosVolume]
    next_page_token: str
    def __init__(self, qos_volumes: _Optional[_Iterable[_Union[QosVolume, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetQosVolumeRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsQosVolumeRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsQosVolumeResponse(_message.Message):
    __slots__ = ("stats",)
    STATS_FIELD_NUMBER: _ClassVar[int]
    stats: _opicommon_pb2.VolumeStats
    def __init__(self, stats: _Optional[_Union[_opicommon_pb2.VolumeStats, _Mapping]] = ...) -> None: ...
