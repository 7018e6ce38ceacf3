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

class NullVolume(_message.Message):
    __slots__ = ("name", "block_size", "blocks_count", "uuid")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BLOCK_SIZE_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_COUNT_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    name: str
    block_size: int
    blocks_count: int
    uuid: str
    def __init__(self, name: _Optional[str] = ..., block_size: _Optional[int] = ..., blocks_count: _Optional[int] = ..., uuid: _Optional[str] = ...) -> None: ...

class CreateNullVolumeRequest(_message.Message):
    __slots__ = ("null_volume", "null_volume_id")
    NULL_VOLUME_FIELD_NUMBER: _ClassVar[int]
    NULL_VOLUME_ID_FIELD_NUMBER: _ClassVar[int]
    null_volume: NullVolume
    null_volume_id: str
    def __init__(self, null_volume: _Optional[_Union[NullVolume, _Mapping]] = ..., null_volume_id: _Optional[str] = ...) -> None: ...

class DeleteNullVolumeRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateNullVolumeRequest(_message.Message):
    __slots__ = ("null_volume", "update_mask", "allow_missing")
    NULL_VOLUME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    null_volume: NullVolume
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, null_volume: _Optional[_Union[NullVolume, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class ListNullVolumesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListNullVolumesResponse(_message.Message):
    __slots__ = ("null_volumes", "next_page_token")
    NULL_VOLUMES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    null_volumes: _containers.RepeatedCompositeFieldContainer[NullVolume]
    next_page_token: str
    def __init__(self, null_volumes: _Optional[_Iterable[_Union[NullVolume, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetNullVolumeRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsNullVolumeRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsNullVolumeResponse(_message.Message):
    __slots__ = ("stats",)
    STATS_FIELD_NUMBER: _ClassVar[int]
    stats: _opicommon_pb2.VolumeStats
    def __init__(self, stats: _Optional[_Union[_opicommon_pb2.VolumeStats, _Mapping]] = ...) -> None: ...
