# mypy: ignore-errors
from google.api import annotations_pb2 as _annotations_pb2
from google.api import client_pb2 as _client_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import resource_pb2 as _resource_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from opi.proto.opi_api.storage.v1 import opicommon_pb2 as _opicommon_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NvmeMultipath(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NVME_MULTIPATH_UNSPECIFIED: _ClassVar[NvmeMultipath]
    NVME_MULTIPATH_DISABLE: _ClassVar[NvmeMultipath]
    NVME_MULTIPATH_FAILOVER: _ClassVar[NvmeMultipath]
    NVME_MULTIPATH_MULTIPATH: _ClassVar[NvmeMultipath]
NVME_MULTIPATH_UNSPECIFIED: NvmeMultipath
NVME_MULTIPATH_DISABLE: NvmeMultipath
NVME_MULTIPATH_FAILOVER: NvmeMultipath
NVME_MULTIPATH_MULTIPATH: NvmeMultipath

class NvmeRemoteController(_message.Message):
    __slots__ = ("name", "multipath", "io_queues_count", "queue_size", "tcp")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MULTIPATH_FIELD_NUMBER: _ClassVar[int]
    IO_QUEUES_COUNT_FIELD_NUMBER: _ClassVar[int]
    QUEUE_SIZE_FIELD_NUMBER: _ClassVar[int]
    TCP_FIELD_NUMBER: _ClassVar[int]
    name: str
    multipath: NvmeMultipath
    io_queues_count: int
    queue_size: int
    tcp: TcpController
    def __init__(self, name: _Optional[str] = ..., multipath: _Optional[_Union[NvmeMultipath, str]] = ..., io_queues_count: _Optional[int] = ..., queue_size: _Optional[int] = ..., tcp: _Optional[_Union[TcpController, _Mapping]] = ...) -> None: ...

class TcpController(_message.Message):
    __slots__ = ("hdgst", "ddgst", "psk")
    HDGST_FIELD_NUMBER: _ClassVar[int]
    DDGST_FIELD_NUMBER: _ClassVar[int]
    PSK_FIELD_NUMBER: _ClassVar[int]
    hdgst: bool
    ddgst: bool
    psk: bytes
    def __init__(self, hdgst: _Optional[bool] = ..., ddgst: _Optional[bool] = ..., psk: _Optional[bytes] = ...) -> None: ...

class NvmePath(_message.Message):
    __slots__ = ("name", "trtype", "traddr", "fabrics")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TRTYPE_FIELD_NUMBER: _ClassVar[int]
    TRADDR_FIELD_NUMBER: _ClassVar[int]
    FABRICS_FIELD_NUMBER: _ClassVar[int]
    name: str
    trtype: _opicommon_pb2.NvmeTransportType
    traddr: str
    fabrics: FabricsPath
    def __init__(self, name: _Optional[str] = ..., trtype: _Optional[_Union[_opicommon_pb2.NvmeTransportType, str]] = ..., traddr: _Optional[str] = ..., fabrics: _Optional[_Union[FabricsPath, _Mapping]] = ...) -> None: ...

class FabricsPath(_message.Message):
    __slots__ = ("trsvcid", "subnqn", "adrfam", "source_traddr", "source_trsvcid", "hostnqn")
    TRSVCID_FIELD_NUMBER: _ClassVar[int]
    SUBNQN_FIELD_NUMBER: _ClassVar[int]
    ADRFAM_FIELD_NUMBER: _ClassVar[int]
    SOURCE_TRADDR_FIELD_NUMBER: _ClassVar[int]
    SOURCE_TRSVCID_FIELD_NUMBER: _ClassVar[int]
    HOSTNQN_FIELD_NUMBER: _ClassVar[int]
    trsvcid: int
    subnqn: str
    adrfam: _opicommon_pb2.NvmeAddressFamily
    source_traddr: str
    source_trsvcid: int
    hostnqn: str
    def __init__(self, trsvcid: _Optional[int] = ..., subnqn: _Optional[str] = ..., adrfam: _Optional[_Union[_opicommon_pb2.NvmeAddressFamily, str]] = ..., source_traddr: _Optional[str] = ..., source_trsvcid: _Optional[int] = ..., hostnqn: _Optional[str] = ...) -> None: ...

class NvmeRemoteNamespace(_message.Message):
    __slots__ = ("name", "nsid", "nguid", "eui64", "uuid")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NSID_FIELD_NUMBER: _ClassVar[int]
    NGUID_FIELD_NUMBER: _ClassVar[int]
    EUI64_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    name: str
    nsid: int
    nguid: str
    eui64: int
    uuid: str
    def __init__(self, name: _Optional[str] = ..., nsid: _Optional[int] = ..., nguid: _Optional[str] = ..., eui64: _Optional[int] = ..., uuid: _Optional[str] = ...) -> None: ...

class CreateNvmeRemoteControllerRequest(_message.Message):
    __slots__ = ("nvme_remote_controller", "nvme_remote_controller_id")
    NVME_REMOTE_CONTROLLER_FIELD_NUMBER: _ClassVar[int]
    NVME_REMOTE_CONTROLLER_ID_FIELD_NUMBER: _ClassVar[int]
    nvme_remote_controller: NvmeRemoteController
    nvme_remote_controller_id: str
    def __init__(self, nvme_remote_controller: _Optional[_Union[NvmeRemoteController, _Mapping]] = ..., nvme_remote_controller_id: _Optional[str] = ...) -> None: ...

class DeleteNvmeRemoteControllerRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateNvmeRemoteControllerRequest(_message.Message):
    __slots__ = ("nvme_remote_controller", "update_mask", "allow_missing")
    NVME_REMOTE_CONTROLLER_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    nvme_remote_controller: NvmeRemoteController
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, nvme_remote_controller: _Optional[_Union[NvmeRemoteController, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class ListNvmeRemoteControllersRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListNvmeRemoteControllersResponse(_message.Message):
    __slots__ = ("nvme_remote_controllers", "next_page_token")
    NVME_REMOTE_CONTROLLERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    nvme_remote_controllers: _containers.RepeatedCompositeFieldContainer[NvmeRemoteController]
    next_page_token: str
    def __init__(self, nvme_remote_controllers: _Optional[_Iterable[_Union[NvmeRemoteController, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetNvmeRemoteControllerRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ResetNvmeRemoteControllerRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsNvmeRemoteControllerRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsNvmeRemoteControllerResponse(_message.Message):
    __slots__ = ("stats",)
    STATS_FIELD_NUMBER: _ClassVar[int]
    stats: _opicommon_pb2.VolumeStats
    def __init__(self, stats: _Optional[_Union[_opicommon_pb2.VolumeStats, _Mapping]] = ...) -> None: ...

class ListNvmeRemoteNamespacesRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListNvmeRemoteNamespacesResponse(_message.Message):
    __slots__ = ("nvme_remote_namespaces", "next_page_token")
    NVME_REMOTE_NAMESPACES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    nvme_remote_namespaces: _containers.RepeatedCompositeFieldContainer[NvmeRemoteNamespace]
    next_page_token: str
    def __init__(self, nvme_remote_namespaces: _Optional[_Iterable[_Union[NvmeRemoteNamespace, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetNvmeRemoteNamespaceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class CreateNvmePathRequest(_message.Message):
    __slots__ = ("parent", "nvme_path", "nvme_path_id")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    NVME_PATH_FIELD_NUMBER: _ClassVar[int]
    NVME_PATH_ID_FIELD_NUMBER: _ClassVar[int]
    parent: str
    nvme_path: NvmePath
    nvme_path_id: str
    def __init__(self, parent: _Optional[str] = ..., nvme_path: _Optional[_Union[NvmePath, _Mapping]] = ..., nvme_path_id: _Optional[str] = ...) -> None: ...

class DeleteNvmePathRequest(_message.Message):
    __slots__ = ("name", "allow_missing")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_missing: bool
    def __init__(self, name: _Optional[str] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class UpdateNvmePathRequest(_message.Message):
    __slots__ = ("nvme_path", "update_mask", "allow_missing")
    NVME_PATH_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ALLOW_MISSING_FIELD_NUMBER: _ClassVar[int]
    nvme_path: NvmePath
    update_mask: _field_mask_pb2.FieldMask
    allow_missing: bool
    def __init__(self, nvme_path: _Optional[_Union[NvmePath, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., allow_missing: _Optional[bool] = ...) -> None: ...

class ListNvmePathsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListNvmePathsResponse(_message.Message):
    __slots__ = ("nvme_paths", "next_page_token")
    NVME_PATHS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    nvme_paths: _containers.RepeatedCompositeFieldContainer[NvmePath]
    next_page_token: str
    def __init__(self, nvme_paths: _Optional[_Iterable[_Union[NvmePath, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetNvmePathRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsNvmePathRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class StatsNvmePathResponse(_message.Message):
    __slots__ = ("stats",)
    STATS_FIELD_NUMBER: _ClassVar[int]
    stats: _opicommon_pb2.VolumeStats
    def __init__(self, stats: _Optional[_Union[_opicommon_pb2.VolumeStats, _Mapping]] = ...) -> None: ...
