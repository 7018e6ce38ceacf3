# mypy: ignore-errors
import datetime

from google.api import resource_pb2 as _resource_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PortAdminState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PORT_ADMIN_STATE_UNSPECIFIED: _ClassVar[PortAdminState]
    PORT_ADMIN_STATE_DOWN: _ClassVar[PortAdminState]
    PORT_ADMIN_STATE_UP: _ClassVar[PortAdminState]

class PortXcvrState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PORT_XCVR_STATE_UNSPECIFIED: _ClassVar[PortXcvrState]
    PORT_XCVR_STATE_INSERTED: _ClassVar[PortXcvrState]
    PORT_XCVR_STATE_PENDING: _ClassVar[PortXcvrState]
    PORT_XCVR_STATE_SPROM_READ: _ClassVar[PortXcvrState]
    PORT_XCVR_STATE_SPROM_READ_ERR: _ClassVar[PortXcvrState]

class PortXcvrPid(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PORT_XCVR_PID_UNSPECIFIED: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_100G_CR4: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_40GBASE_CR4: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_25GBASE_CR_S: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_25GBASE_CR_L: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_25GBASE_CR_N: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_50G_CR2_FC: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_50G_CR2: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_200G_CR4: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_100G_AOC: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_100G_ACC: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_100G_SR4: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_100G_LR4: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_100G_ER4: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_40GBASE_ER4: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_40GBASE_SR4: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_40GBASE_LR4: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_40GBASE_AOC: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_25GBASE_SR: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_25GBASE_LR: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_25GBASE_ER: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_25GBASE_AOC: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_10GBASE_SR: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_10GBASE_LR: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_10GBASE_LRM: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_10GBASE_ER: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_10GBASE_AOC: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_10GBASE_CU: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_100G_CWDM4: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_QSFP_100G_PSM4: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_25GBASE_ACC: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_10GBASE_T: _ClassVar[PortXcvrPid]
    PORT_XCVR_PID_SFP_1000BASE_T: _ClassVar[PortXcvrPid]

class MediaType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEDIA_TYPE_UNSPECIFIED: _ClassVar[MediaType]
    MEDIA_TYPE_COPPER: _ClassVar[MediaType]
    MEDIA_TYPE_FIBER: _ClassVar[MediaType]

class PortOperState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PORT_OPER_STATE_UNSPECIFIED: _ClassVar[PortOperState]
    PORT_OPER_STATE_UP: _ClassVar[PortOperState]
    PORT_OPER_STATE_DOWN: _ClassVar[PortOperState]

class PortPauseType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PORT_PAUSE_TYPE_UNSPECIFIED: _ClassVar[PortPauseType]
    PORT_PAUSE_TYPE_LINK: _ClassVar[PortPauseType]
    PORT_PAUSE_TYPE_PFC: _ClassVar[PortPauseType]

class PortLinkFSM(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PORT_LINK_FSM_UNSPECIFIED: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_ENABLED: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_AN_CFG: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_AN_DISABLED: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_AN_START: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_AN_SIGNAL_DETECT: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_AN_WAIT_HCD: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_AN_COMPLETE: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_SERDES_CFG: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_WAIT_SERDES_RDY: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_MAC_CFG: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_SIGNAL_DETECT: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_AN_DFE_TUNING: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_DFE_TUNING: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_DFE_DISABLED: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_DFE_START_ICAL: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_DFE_WAIT_ICAL: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_DFE_START_PCAL: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_DFE_WAIT_PCAL: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_DFE_PCAL_CONTINUOUS: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_CLEAR_MAC_REMOTE_FAULTS: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_WAIT_MAC_SYNC: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_WAIT_MAC_FAULTS_CLEAR: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_WAIT_PHY_LINK_UP: _ClassVar[PortLinkFSM]
    PORT_LINK_FSM_UP: _ClassVar[PortLinkFSM]

class PortLoopBackMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PORT_LOOP_BACK_MODE_UNSPECIFIED: _ClassVar[PortLoopBackMode]
    PORT_LOOP_BACK_MODE_MAC: _ClassVar[PortLoopBackMode]
    PORT_LOOP_BACK_MODE_PHY: _ClassVar[PortLoopBackMode]

class PortFecType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PORT_FEC_TYPE_UNSPECIFIED: _ClassVar[PortFecType]
    PORT_FEC_TYPE_FC: _ClassVar[PortFecType]
    PORT_FEC_TYPE_RS: _ClassVar[PortFecType]

class PortType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PORT_TYPE_UNSPECIFIED: _ClassVar[PortType]
    PORT_TYPE_ETH: _ClassVar[PortType]
    PORT_TYPE_ETH_MGMT: _ClassVar[PortType]

class PortSpeed(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PORT_SPEED_UNSPECIFIED: _ClassVar[PortSpeed]
    PORT_SPEED_10M: _ClassVar[PortSpeed]
    PORT_SPEED_100M: _ClassVar[PortSpeed]
    PORT_SPEED_1G: _ClassVar[PortSpeed]
    PORT_SPEED_10G: _ClassVar[PortSpeed]
    PORT_SPEED_25G: _ClassVar[PortSpeed]
    PORT_SPEED_40G: _ClassVar[PortSpeed]
    PORT_SPEED_50G: _ClassVar[PortSpeed]
    PORT_SPEED_100G: _ClassVar[PortSpeed]
    PORT_SPEED_200G: _ClassVar[PortSpeed]
    PORT_SPEED_400G: _ClassVar[PortSpeed]
PORT_ADMIN_STATE_UNSPECIFIED: PortAdminState
PORT_ADMIN_STATE_DOWN: PortAdminState
PORT_ADMIN_STATE_UP: PortAdminState
PORT_XCVR_STATE_UNSPECIFIED: PortXcvrState
PORT_XCVR_STATE_INSERTED: PortXcvrState
PORT_XCVR_STATE_PENDING: PortXcvrState
PORT_XCVR_STATE_SPROM_READ: PortXcvrState
PORT_XCVR_STATE_SPROM_READ_ERR: PortXcvrState
PORT_XCVR_PID_UNSPECIFIED: PortXcvrPid
PORT_XCVR_PID_QSFP_100G_CR4: PortXcvrPid
PORT_XCVR_PID_QSFP_40GBASE_CR4: PortXcvrPid
PORT_XCVR_PID_SFP_25GBASE_CR_S: PortXcvrPid
PORT_XCVR_PID_SFP_25GBASE_CR_L: PortXcvrPid
PORT_XCVR_PID_SFP_25GBASE_CR_N: PortXcvrPid
PORT_XCVR_PID_QSFP_50G_CR2_FC: PortXcvrPid
PORT_XCVR_PID_QSFP_50G_CR2: PortXcvrPid
PORT_XCVR_PID_QSFP_200G_CR4: PortXcvrPid
PORT_XCVR_PID_QSFP_100G_AOC: PortXcvrPid
PORT_XCVR_PID_QSFP_100G_ACC: PortXcvrPid
PORT_XCVR_PID_QSFP_100G_SR4: PortXcvrPid
PORT_XCVR_PID_QSFP_100G_LR4: PortXcvrPid
PORT_XCVR_PID_QSFP_100G_ER4: PortXcvrPid
PORT_XCVR_PID_QSFP_40GBASE_ER4: PortXcvrPid
PORT_XCVR_PID_QSFP_40GBASE_SR4: PortXcvrPid
PORT_XCVR_PID_QSFP_40GBASE_LR4: PortXcvrPid
PORT_XCVR_PID_QSFP_40GBASE_AOC: PortXcvrPid
PORT_XCVR_PID_SFP_25GBASE_SR: PortXcvrPid
PORT_XCVR_PID_SFP_25GBASE_LR: PortXcvrPid
PORT_XCVR_PID_SFP_25GBASE_ER: PortXcvrPid
PORT_XCVR_PID_SFP_25GBASE_AOC: PortXcvrPid
PORT_XCVR_PID_SFP_10GBASE_SR: PortXcvrPid
PORT_XCVR_PID_SFP_10GBASE_LR: PortXcvrPid
PORT_XCVR_PID_SFP_10GBASE_LRM: PortXcvrPid
PORT_XCVR_PID_SFP_10GBASE_ER: PortXcvrPid
PORT_XCVR_PID_SFP_10GBASE_AOC: PortXcvrPid
PORT_XCVR_PID_SFP_10GBASE_CU: PortXcvrPid
PORT_XCVR_PID_QSFP_100G_CWDM4: PortXcvrPid
PORT_XCVR_PID_QSFP_100G_PSM4: PortXcvrPid
PORT_XCVR_PID_SFP_25GBASE_ACC: PortXcvrPid
PORT_XCVR_PID_SFP_10GBASE_T: PortXcvrPid
PORT_XCVR_PID_SFP_1000BASE_T: PortXcvrPid
MEDIA_TYPE_UNSPECIFIED: MediaType
MEDIA_TYPE_COPPER: MediaType
MEDIA_TYPE_FIBER: MediaType
PORT_OPER_STATE_UNSPECIFIED: PortOperState
PORT_OPER_STATE_UP: PortOperState
PORT_OPER_STATE_DOWN: PortOperState
PORT_PAUSE_TYPE_UNSPECIFIED: PortPauseType
PORT_PAUSE_TYPE_LINK: PortPauseType
PORT_PAUSE_TYPE_PFC: PortPauseType
PORT_LINK_FSM_UNSPECIFIED: PortLinkFSM
PORT_LINK_FSM_ENABLED: PortLinkFSM
PORT_LINK_FSM_AN_CFG: PortLinkFSM
PORT_LINK_FSM_AN_DISABLED: PortLinkFSM
PORT_LINK_FSM_AN_START: PortLinkFSM
PORT_LINK_FSM_AN_SIGNAL_DETECT: PortLinkFSM
PORT_LINK_FSM_AN_WAIT_HCD: PortLinkFSM
PORT_LINK_FSM_AN_COMPLETE: PortLinkFSM
PORT_LINK_FSM_SERDES_CFG: PortLinkFSM
PORT_LINK_FSM_WAIT_SERDES_RDY: PortLinkFSM
PORT_LINK_FSM_MAC_CFG: PortLinkFSM
PORT_LINK_FSM_SIGNAL_DETECT: PortLinkFSM
PORT_LINK_FSM_AN_DFE_TUNING: PortLinkFSM
PORT_LINK_FSM_DFE_TUNING: PortLinkFSM
PORT_LINK_FSM_DFE_DISABLED: PortLinkFSM
PORT_LINK_FSM_DFE_START_ICAL: PortLinkFSM
PORT_LINK_FSM_DFE_WAIT_ICAL: PortLinkFSM
PORT_LINK_FSM_DFE_START_PCAL: PortLinkFSM
PORT_LINK_FSM_DFE_WAIT_PCAL: PortLinkFSM
PORT_LINK_FSM_DFE_PCAL_CONTINUOUS: PortLinkFSM
PORT_LINK_FSM_CLEAR_MAC_REMOTE_FAULTS: PortLinkFSM
PORT_LINK_FSM_WAIT_MAC_SYNC: PortLinkFSM
PORT_LINK_FSM_WAIT_MAC_FAULTS_CLEAR: PortLinkFSM
PORT_LINK_FSM_WAIT_PHY_LINK_UP: PortLinkFSM
PORT_LINK_FSM_UP: PortLinkFSM
PORT_LOOP_BACK_MODE_UNSPECIFIED: PortLoopBackMode
PORT_LOOP_BACK_MODE_MAC: PortLoopBackMode
PORT_LOOP_BACK_MODE_PHY: PortLoopBackMode
PORT_FEC_TYPE_UNSPECIFIED: PortFecType
PORT_FEC_TYPE_FC: PortFecType
PORT_FEC_TYPE_RS: PortFecType
PORT_TYPE_UNSPECIFIED: PortType
PORT_TYPE_ETH: PortType
PORT_TYPE_ETH_MGMT: PortType
PORT_SPEED_UNSPECIFIED: PortSpeed
PORT_SPEED_10M: PortSpeed
PORT_SPEED_100M: PortSpeed
PORT_SPEED_1G: PortSpeed
PORT_SPEED_10G: PortSpeed
PORT_SPEED_25G: PortSpeed
PORT_SPEED_40G: PortSpeed
PORT_SPEED_50G: PortSpeed
PORT_SPEED_100G: PortSpeed
PORT_SPEED_200G: PortSpeed
PORT_SPEED_400G: PortSpeed

class Port(_message.Message):
    __slots__ = ("name", "spec", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SPEC_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    spec: PortSpec
    status: PortStatus
    def __init__(self, name: _Optional[str] = ..., spec: _Optional[_Union[PortSpec, _Mapping]] = ..., status: _Optional[_Union[PortStatus, _Mapping]] = ...) -> None: ...

class PortSpec(_message.Message):
    __slots__ = ("port_number", "admin_state", "type", "speed", "fec_type", "autoneg_enable", "debounce_timeout", "mtu", "pause_type", "tx_pause_en", "rx_pause_en", "loopback_mode", "lanes_count")
    PORT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ADMIN_STATE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SPEED_FIELD_NUMBER: _ClassVar[int]
    FEC_TYPE_FIELD_NUMBER: _ClassVar[int]
    AUTONEG_ENABLE_FIELD_NUMBER: _ClassVar[int]
    DEBOUNCE_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    MTU_FIELD_NUMBER: _ClassVar[int]
    PAUSE_TYPE_FIELD_NUMBER: _ClassVar[int]
    TX_PAUSE_EN_FIELD_NUMBER: _ClassVar[int]
    RX_PAUSE_EN_FIELD_NUMBER: _ClassVar[int]
    LOOPBACK_MODE_FIELD_NUMBER: _ClassVar[int]
    LANES_COUNT_FIELD_NUMBER: _ClassVar[int]
    port_number: int
    admin_state: PortAdminState
    type: PortType
    speed: PortSpeed
    fec_type: PortFecType
    autoneg_enable: bool
    debounce_timeout: int
    mtu: int
    pause_type: PortPauseType
    tx_pause_en: bool
    rx_pause_en: bool
    loopback_mode: PortLoopBackMode
    lanes_count: int
    def __init__(self, port_number: _Optional[int] = ..., admin_state: _Optional[_Union[PortAdminState, str]] = ..., type: _Optional[_Union[PortType, str]] = ..., speed: _Optional[_Union[PortSpeed, str]] = ..., fec_type: _Optional[_Union[PortFecType, str]] = ..., autoneg_enable: _Optional[bool] = ..., debounce_timeout: _Optional[int] = ..., mtu: _Optional[int] = ..., pause_type: _Optional[_Union[PortPauseType, str]] = ..., tx_pause_en: _Optional[bool] = ..., rx_pause_en: _Optional[bool] = ..., loopback_mode: _Optional[_Union[PortLoopBackMode, str]] = ..., lanes_count: _Optional[int] = ...) -> None: ...

class PortStatus(_message.Message):
    __slots__ = ("if_index", "link_status", "xcvr_status", "fsm_state", "mac_id", "mac_ch", "fsm_record")
    IF_INDEX_FIELD_NUMBER: _ClassVar[int]
    LINK_STATUS_FIELD_NUMBER: _ClassVar[int]
    XCVR_STATUS_FIELD_NUMBER: _ClassVar[int]
    FSM_STATE_FIELD_NUMBER: _ClassVar[int]
    MAC_ID_FIELD_NUMBER: _ClassVar[int]
    MAC_CH_FIELD_NUMBER: _ClassVar[int]
    FSM_RECORD_FIELD_NUMBER: _ClassVar[int]
    if_index: int
    link_status: PortLinkStatus
    xcvr_status: PortXcvrStatus
    fsm_state: PortLinkFSM
    mac_id: int
    mac_ch: int
    fsm_record: _containers.RepeatedCompositeFieldContainer[PortLinkFSMRecord]
    def __init__(self, if_index: _Optional[int] = ..., link_status: _Optional[_Union[PortLinkStatus, _Mapping]] = ..., xcvr_status: _Optional[_Union[PortXcvrStatus, _Mapping]] = ..., fsm_state: _Optional[_Union[PortLinkFSM, str]] = ..., mac_id: _Optional[int] = ..., mac_ch: _Optional[int] = ..., fsm_record: _Optional[_Iterable[_Union[PortLinkFSMRecord, _Mapping]]] = ...) -> None: ...

class PortLinkStatus(_message.Message):
    __slots__ = ("oper_state", "port_speed", "autoneg_en", "lanes_count", "fec_type")
    OPER_STATE_FIELD_NUMBER: _ClassVar[int]
    PORT_SPEED_FIELD_NUMBER: _ClassVar[int]
    AUTONEG_EN_FIELD_NUMBER: _ClassVar[int]
    LANES_COUNT_FIELD_NUMBER: _ClassVar[int]
    FEC_TYPE_FIELD_NUMBER: _ClassVar[int]
    oper_state: PortOperState
    port_speed: PortSpeed
    autoneg_en: bool
    lanes_count: int
    fec_type: PortFecType
    def __init__(self, oper_state: _Optional[_Union[PortOperState, str]] = ..., port_speed: _Optional[_Union[PortSpeed, str]] = ..., autoneg_en: _Optional[bool] = ..., lanes_count: _Optional[int] = ..., fec_type: _Optional[_Union[PortFecType, str]] = ...) -> None: ...

class PortXcvrStatus(_message.Message):
    __slots__ = ("port", "state", "pid", "media_type", "xcvr_sprom", "vendorname", "vendor_oui", "encoding_type", "serial_number", "part_number", "revision", "temperature", "warn_temperature", "alarm_temperature")
    PORT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    XCVR_SPROM_FIELD_NUMBER: _ClassVar[int]
    VENDORNAME_FIELD_NUMBER: _ClassVar[int]
    VENDOR_OUI_FIELD_NUMBER: _ClassVar[int]
    ENCODING_TYPE_FIELD_NUMBER: _ClassVar[int]
    SERIAL_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PART_NUMBER_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    WARN_TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    ALARM_TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    port: int
    state: PortXcvrState
    pid: PortXcvrPid
    media_type: MediaType
    xcvr_sprom: bytes
    vendorname: str
    vendor_oui: str
    encoding_type: int
    serial_number: str
    part_number: str
    revision: str
    temperature: int
    warn_temperature: int
    alarm_temperature: int
    def __init__(self, port: _Optional[int] = ..., state: _Optional[_Union[PortXcvrState, str]] = ..., pid: _Optional[_Union[PortXcvrPid, str]] = ..., media_type: _Optional[_Union[MediaType, str]] = ..., xcvr_sprom: _Optional[bytes] = ..., vendorname: _Optional[str] = ..., vendor_oui: _Optional[str] = ..., encoding_type: _Optional[int] = ..., serial_number: _Optional[str] = ..., part_number: _Optional[str] = ..., revision: _Optional[str] = ..., temperature: _Optional[int] = ..., warn_temperature: _Optional[int] = ..., alarm_temperature: _Optional[int] = ...) -> None: ...

class PortLinkFSMRecord(_message.Message):
    __slots__ = ("fsm_state", "state_time", "duration")
    FSM_STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DURATION_FIELD_NUMBER: _ClassVar[int]
    fsm_state: PortLinkFSM
    state_time: _timestamp_pb2.Timestamp
    duration: str
    def __init__(self, fsm_state: _Optional[_Union[PortLinkFSM, str]] = ..., state_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., duration: _Optional[str] = ...) -> None: ...
