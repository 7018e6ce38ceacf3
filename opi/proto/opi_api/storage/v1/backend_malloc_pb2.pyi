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

class MallocVolume(_message.Message):
    __slots__ = ("name", "block_size", "blocks_count", "metadata_size", "uuid")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BLOCK_SIZE_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_COUNT_FIELD_NUMBER: _ClassVar[int]
    METADATA_SIZE_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    name: str
    block_size: int
    blocks_count: int
    metadata_size: int
    uuid: str
    def __init__(self, name: _Optional[str] = ..., block_size: _Optional[int] = ..., blocks_count: _Optional[int] = ..., metadata_size: _Optional[int] = ..., uuid: _Optional[str] = ...) -> None: ...

class CreateMallocVolumeRequest(_message.Message):
    __slots__ = ("malloc_volume", "malloc_volume_id")
    MALLOC_VOLUME_FIELD_NUMBER: _ClassVar[int]
    MALLOC_VOLUME_ID_FIELD_NUMBER: _ClassVar[int]
    malloc_volume: MallocVolume
    malloc_volume_id: str
    def __init__(self, malloc_volume: _Optional[_Union[MallocVolume, _Mapping]] = ..., malloc_volume_id: _Optional[str] = ...) -> None: ...

class DeleteMallocVolumeRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateMallocVolumeRequest(_message.Message):
    __slots__ = ("malloc_volume", "update_mask", "allow_missing")
    MALLOC_VOLUME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    malloc_volume: MallocVolume
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, malloc_volume: _Optional[_Union[MallocVolume, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class ListMallocVolumesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListMallocVolumesResponse(_message.Message):
    __slots__ = ("malloc_volumes", "next_page_token")
    MALLOC_VOLUMES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    malloc_volumes: _containers.RepeatedCompositeFieldContainer[MallocVolume]
    next_page_token: str
    def __init__(self, malloc_volumes: _Optional[_Iterable[_Union[MallocVolume, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetMallocVolumeRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsMallocVolumeRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsMallocVolumeResponse(_message.Message):
    __slots__ = ("stats",)
    STATS_FIELD_NUMBER: _ClassVar[int]
    stats: _opicommon_pb2.VolumeStats
    def __init__(self, stats: _Optional[_Union[_opicommon_pb2.VolumeStats, _Mapping]] = ...) -> None: ...
