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

class EncryptedVolume(_message.Message):
    __slots__ = ("name", "volume_name_ref", "key", "cipher")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VOLUME_NAME_REF_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    CIPHER_FIELD_NUMBER: _ClassVar[int]
    name: str
    volume_name_ref: str
    key: bytes
    cipher: _opicommon_pb2.EncryptionType
    def __init__(self, name: _Optional[str] = ..., volume_name_ref: _Optional[str] = ..., key: _Optional[bytes] = ..., cipher: _Optional[_Union[_opicommon_pb2.EncryptionType, str]] = ...) -> None: ...

class CreateEncryptedVolumeRequest(_message.Message):
    __slots__ = ("encrypted_volume", "encrypted_volume_id")
    ENCRYPTED_VOLUME_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTED_VOLUME_ID_FIELD_NUMBER: _ClassVar[int]
    encrypted_volume: EncryptedVolume
    encrypted_volume_id: str
    def __init__(self, encrypted_volume: _Optional[_Union[EncryptedVolume, _Mapping]] = ..., encrypted_volume_id: _Optional[str] = ...) -> None: ...

class DeleteEncryptedVolumeRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateEncryptedVolumeRequest(_message.Message):
    __slots__ = ("encrypted_volume", "update_mask", "allow_missing")
    ENCRYPTED_VOLUME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    encrypted_volume: EncryptedVolume
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, encrypted_volume: _Optional[_Union[EncryptedVolume, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class ListEncryptedVolumesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListEncryptedVolumesResponse(_message.Message):
    __slots__ = ("encrypted_volumes", "next_page_token")
    ENCRYPTED_VOLUMES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    encrypted_volumes: _containers.RepeatedCompositeFieldContainer[EncryptedVolume]
    next_page_token: str
    def __init__(self, encrypted_volumes: _Optional[_Iterable[_Union[EncryptedVolume, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetEncryptedVolumeRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsEncryptedVolumeRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsEncryptedVolumeResponse(_message.Message):
    __slots__ = ("stats",)
    STATS_FIELD_NUMBER: _ClassVar[int]
    stats: _opicommon_pb2.VolumeStats
    def __init__(self, stats: _Optional[_Union[_opicommon_pb2.VolumeStats, _Mapping]] = ...) -> None: ...
