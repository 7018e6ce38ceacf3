# mypy: ignore-errors
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import wrappers_pb2 as _wrappers_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EncryptionType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENCRYPTION_TYPE_UNSPECIFIED: _ClassVar[EncryptionType]
    ENCRYPTION_TYPE_AES_CBC_128: _ClassVar[EncryptionType]
    ENCRYPTION_TYPE_AES_CBC_192: _ClassVar[EncryptionType]
    ENCRYPTION_TYPE_AES_CBC_256: _ClassVar[EncryptionType]
    ENCRYPTION_TYPE_AES_XTS_128: _ClassVar[EncryptionType]
    ENCRYPTION_TYPE_AES_XTS_192: _ClassVar[EncryptionType]
    ENCRYPTION_TYPE_AES_XTS_256: _ClassVar[EncryptionType]

class NvmeTransportType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NVME_TRANSPORT_TYPE_UNSPECIFIED: _ClassVar[NvmeTransportType]
    NVME_TRANSPORT_TYPE_FC: _ClassVar[NvmeTransportType]
    NVME_TRANSPORT_TYPE_PCIE: _ClassVar[NvmeTransportType]
    NVME_TRANSPORT_TYPE_RDMA: _ClassVar[NvmeTransportType]
    NVME_TRANSPORT_TYPE_TCP: _ClassVar[NvmeTransportType]
    NVME_TRANSPORT_TYPE_CUSTOM: _ClassVar[NvmeTransportType]

class NvmeAddressFamily(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NVME_ADDRESS_FAMILY_UNSPECIFIED: _ClassVar[NvmeAddressFamily]
    NVME_ADDRESS_FAMILY_IPV4: _ClassVar[NvmeAddressFamily]
    NVME_ADDRESS_FAMILY_IPV6: _ClassVar[NvmeAddressFamily]
    NVME_ADDRESS_FAMILY_IB: _ClassVar[NvmeAddressFamily]
    NVME_ADDRESS_FAMILY_FC: _ClassVar[NvmeAddressFamily]
    NVME_ADDRESS_FAMILY_INTRA_HOST: _ClassVar[NvmeAddressFamily]
ENCRYPTION_TYPE_UNSPECIFIED: EncryptionType
ENCRYPTION_TYPE_AES_CBC_128: EncryptionType
ENCRYPTION_TYPE_AES_CBC_192: EncryptionType
ENCRYPTION_TYPE_AES_CBC_256: EncryptionType
ENCRYPTION_TYPE_AES_XTS_128: EncryptionType
ENCRYPTION_TYPE_AES_XTS_192: EncryptionType
ENCRYPTION_TYPE_AES_XTS_256: EncryptionType
NVME_TRANSPORT_TYPE_UNSPECIFIED: NvmeTransportType
NVME_TRANSPORT_TYPE_FC: NvmeTransportType
NVME_TRANSPORT_TYPE_PCIE: NvmeTransportType
NVME_TRANSPORT_TYPE_RDMA: NvmeTransportType
NVME_TRANSPORT_TYPE_TCP: NvmeTransportType
NVME_TRANSPORT_TYPE_CUSTOM: NvmeTransportType
NVME_ADDRESS_FAMILY_UNSPECIFIED: NvmeAddressFamily
NVME_ADDRESS_FAMILY_IPV4: NvmeAddressFamily
NVME_ADDRESS_FAMILY_IPV6: NvmeAddressFamily
NVME_ADDRESS_FAMILY_IB: NvmeAddressFamily
NVME_ADDRESS_FAMILY_FC: NvmeAddressFamily
NVME_ADDRESS_FAMILY_INTRA_HOST: NvmeAddressFamily

class PciEndpoint(_message.Message):
    __slots__ = ("port_id", "physical_function", "virtual_function")
    PORT_ID_FIELD_NUMBER: _ClassVar[int]
    PHYSICAL_FUNCTION_FIELD_NUMBER: _ClassVar[int]
    VIRTUAL_FUNCTION_FIELD_NUMBER: _ClassVar[int]
    port_id: _wrappers_pb2.Int32Value
    physical_function: _wrappers_pb2.Int32Value
    virtual_function: _wrappers_pb2.Int32Value
    def __init__(self, port_id: _Optional[_Union[_wrappers_pb2.Int32Value, _Mapping]] = ..., physical_function: _Optional[_Union[_wrappers_pb2.Int32Value, _Mapping]] = ..., virtual_function: _Optional[_Union[_wrappers_pb2.Int32Value, _Mapping]] = ...) -> None: ...

class FabricsEndpoint(_message.Message):
    __slots__ = ("traddr", "trsvcid", "adrfam")
    TRADDR_FIELD_NUMBER: _ClassVar[int]
    TRSVCID_FIELD_NUMBER: _ClassVar[int]
    ADRFAM_FIELD_NUMBER: _ClassVar[int]
    traddr: str
    trsvcid: str
    adrfam: NvmeAddressFamily
    def __init__(self, traddr: _Optional[str] = ..., trsvcid: _Optional[str] = ..., adrfam: _Optional[_Union[NvmeAddressFamily, str]] = ...) -> None: ...

class VolumeStats(_message.Message):
    __slots__ = ("read_bytes_count", "read_ops_count", "write_bytes_count", "write_ops_count", "unmap_bytes_count", "unmap_ops_count", "read_latency_ticks", "write_latency_ticks", "unmap_latency_ticks")
    READ_BYTES_COUNT_FIELD_NUMBER: _ClassVar[int]
    READ_OPS_COUNT_FIELD_NUMBER: _ClassVar[int]
    WRITE_BYTES_COUNT_FIELD_NUMBER: _ClassVar[int]
    WRITE_OPS_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNMAP_BYTES_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNMAP_OPS_COUNT_FIELD_NUMBER: _ClassVar[int]
    READ_LATENCY_TICKS_FIELD_NUMBER: _ClassVar[int]
    WRITE_LATENCY_TICKS_FIELD_NUMBER: _ClassVar[int]
    UNMAP_LATENCY_TICKS_FIELD_NUMBER: _ClassVar[int]
    read_bytes_count: int
    read_ops_count: int
    write_bytes_count: int
    write_ops_count: int
    unmap_bytes_count: int
    unmap_ops_count: int
    read_latency_ticks: int
    write_latency_ticks: int
    unmap_latency_ticks: int
    def __init__(self, read_bytes_count: _Optional[int] = ..., read_ops_count: _Optional[int] = ..., write_bytes_count: _Optional[int] = ..., write_ops_count: _Optional[int] = ..., unmap_bytes_count: _Optional[int] = ..., unmap_ops_count: _Optional[int] = ..., read_latency_ticks: _Optional[int] = ..., write_latency_ticks: _Optional[int] = ..., unmap_latency_ticks: _Optional[int] = ...) -> None: ...

class QosLimit(_message.Message):
    __slots__ = ("rd_iops_kiops", "wr_iops_kiops", "rw_iops_kiops", "rd_bandwidth_mbs", "wr_bandwidth_mbs", "rw_bandwidth_mbs")
    RD_IOPS_KIOPS_FIELD_NUMBER: _ClassVar[int]
    WR_IOPS_KIOPS_FIELD_NUMBER: _ClassVar[int]
    RW_IOPS_KIOPS_FIELD_NUMBER: _ClassVar[int]
    RD_BANDWIDTH_MBS_FIELD_NUMBER: _ClassVar[int]
    WR_BANDWIDTH_MBS_FIELD_NUMBER: _ClassVar[int]
    RW_BANDWIDTH_MBS_FIELD_NUMBER: _ClassVar[int]
    rd_iops_kiops: int
    wr_iops_kiops: int
    rw_iops_kiops: int
    rd_bandwidth_mbs: int
    wr_bandwidth_mbs: int
    rw_bandwidth_mbs: int
    def __init__(self, rd_iops_kiops: _Optional[int] = ..., wr_iops_kiops: _Optional[int] = ..., rw_iops_kiops: _Optional[int] = ..., rd_bandwidth_mbs: _Optional[int] = ..., wr_bandwidth_mbs: _Optional[int] = ..., rw_bandwidth_mbs: _Optional[int] = ...) -> None: ...
