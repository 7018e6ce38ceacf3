# mypy: ignore-errors
from google.api import field_behavior_pb2 as _field_behavior_pb2
from opi.proto.opi_api.network.opinetcommon.v1alpha1 import networkvlan_pb2 as _networkvlan_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EthDuplexMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ETH_DUPLEX_MODE_UNSPECIFIED: _ClassVar[EthDuplexMode]
    ETH_DUPLEX_MODE_FULL: _ClassVar[EthDuplexMode]
    ETH_DUPLEX_MODE_HALF: _ClassVar[EthDuplexMode]

class EthPortSpeed(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ETH_PORT_SPEED_UNSPECIFIED: _ClassVar[EthPortSpeed]
    ETH_PORT_SPEED_10M: _ClassVar[EthPortSpeed]
    ETH_PORT_SPEED_100M: _ClassVar[EthPortSpeed]
    ETH_PORT_SPEED_1G: _ClassVar[EthPortSpeed]
    ETH_PORT_SPEED_2500M: _ClassVar[EthPortSpeed]
    ETH_PORT_SPEED_5G: _ClassVar[EthPortSpeed]
    ETH_PORT_SPEED_10G: _ClassVar[EthPortSpeed]
    ETH_PORT_SPEED_25G: _ClassVar[EthPortSpeed]
    ETH_PORT_SPEED_40G: _ClassVar[EthPortSpeed]
    ETH_PORT_SPEED_50G: _ClassVar[EthPortSpeed]
    ETH_PORT_SPEED_100G: _ClassVar[EthPortSpeed]
    ETH_PORT_SPEED_200G: _ClassVar[EthPortSpeed]
    ETH_PORT_SPEED_400G: _ClassVar[EthPortSpeed]
    ETH_PORT_SPEED_600G: _ClassVar[EthPortSpeed]
    ETH_PORT_SPEED_800G: _ClassVar[EthPortSpeed]
    ETH_PORT_SPEED_UNKNOWN: _ClassVar[EthPortSpeed]

class EthFecMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ETH_FEC_MODE_UNSPECIFIED: _ClassVar[EthFecMode]
    ETH_FEC_MODE_FC: _ClassVar[EthFecMode]
    ETH_FEC_MODE_RS528: _ClassVar[EthFecMode]
    ETH_FEC_MODE_RS544: _ClassVar[EthFecMode]
    ETH_FEC_MODE_RS544_2X_INTERLEAVE: _ClassVar[EthFecMode]
    ETH_FEC_MODE_DISABLED: _ClassVar[EthFecMode]
ETH_DUPLEX_MODE_UNSPECIFIED: EthDuplexMode
ETH_DUPLEX_MODE_FULL: EthDuplexMode
ETH_DUPLEX_MODE_HALF: EthDuplexMode
ETH_PORT_SPEED_UNSPECIFIED: EthPortSpeed
ETH_PORT_SPEED_10M: EthPortSpeed
ETH_PORT_SPEED_100M: EthPortSpeed
ETH_PORT_SPEED_1G: EthPortSpeed
ETH_PORT_SPEED_2500M: EthPortSpeed
ETH_PORT_SPEED_5G: EthPortSpeed
ETH_PORT_SPEED_10G: EthPortSpeed
ETH_PORT_SPEED_25G: EthPortSpeed
ETH_PORT_SPEED_40G: EthPortSpeed
ETH_PORT_SPEED_50G: EthPortSpeed
ETH_PORT_SPEED_100G: EthPortSpeed
ETH_PORT_SPEED_200G: EthPortSpeed
ETH_PORT_SPEED_400G: EthPortSpeed
ETH_PORT_SPEED_600G: EthPortSpeed
ETH_PORT_SPEED_800G: EthPortSpeed
ETH_PORT_SPEED_UNKNOWN: EthPortSpeed
ETH_FEC_MODE_UNSPECIFIED: EthFecMode
ETH_FEC_MODE_FC: EthFecMode
ETH_FEC_MODE_RS528: EthFecMode
ETH_FEC_MODE_RS544: EthFecMode
ETH_FEC_MODE_RS544_2X_INTERLEAVE: EthFecMode
ETH_FEC_MODE_DISABLED: EthFecMode

class EthernetConfig(_message.Message):
    __slots__ = ("mac_address", "auto_negotiate", "standalone_link_training", "duplex_mode", "port_speed", "enable_flow_control", "fec_mode")
    MAC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    AUTO_NEGOTIATE_FIELD_NUMBER: _ClassVar[int]
    STANDALONE_LINK_TRAINING_FIELD_NUMBER: _ClassVar[int]
    DUPLEX_MODE_FIELD_NUMBER: _ClassVar[int]
    PORT_SPEED_FIELD_NUMBER: _ClassVar[int]
    ENABLE_FLOW_CONTROL_FIELD_NUMBER: _ClassVar[int]
    FEC_MODE_FIELD_NUMBER: _ClassVar[int]
    mac_address: str
    auto_negotiate: bool
    standalone_link_training: bool
    duplex_mode: EthDuplexMode
    port_speed: EthPortSpeed
    enable_flow_control: bool
    fec_mode: EthFecMode
    def __init__(self, mac_address: _Optional[str] = ..., auto_negotiate: _Optional[bool] = ..., standalone_link_training: _Optional[bool] = ..., duplex_mode: _Optional[_Union[EthDuplexMode, str]] = ..., port_speed: _Optional[_Union[EthPortSpeed, str]] = ..., enable_flow_control: _Optional[bool] = ..., fec_mode: _Optional[_Union[EthFecMode, str]] = ...) -> None: ...

class EthernetInDistribution(_message.Message):
    __slots__ = ("rx_frames_octets64", "rx_frames_octets65_to127", "rx_frames_octets128_to255", "rx_frames_octets256_to511", "rx_frames_octets512_to1023", "rx_frames_octets1024_to1518")
    RX_FRAMES_OCTETS64_FIELD_NUMBER: _ClassVar[int]
    RX_FRAMES_OCTETS65_TO127_FIELD_NUMBER: _ClassVar[int]
    RX_FRAMES_OCTETS128_TO255_FIELD_NUMBER: _ClassVar[int]
    RX_FRAMES_OCTETS256_TO511_FIELD_NUMBER: _ClassVar[int]
    RX_FRAMES_OCTETS512_TO1023_FIELD_NUMBER: _ClassVar[int]
    RX_FRAMES_OCTETS1024_TO1518_FIELD_NUMBER: _ClassVar[int]
    rx_frames_octets64: int
    rx_frames_octets65_to127: int
    rx_frames_octets128_to255: int
    rx_frames_octets256_to511: int
    rx_frames_octets512_to1023: int
    rx_frames_octets1024_to1518: int
    def __init__(self, rx_frames_octets64: _Optional[int] = ..., rx_frames_octets65_to127: _Optional[int] = ..., rx_frames_octets128_to255: _Optional[int] = ..., rx_frames_octets256_to511: _Optional[int] = ..., rx_frames_octets512_to1023: _Optional[int] = ..., rx_frames_octets1024_to1518: _Optional[int] = ...) -> None: ...

class EthernetCounters(_message.Message):
    __slots__ = ("rx_mac_control_frames", "rx_mac_pause_frames", "rx_oversize_frames", "rx_undersize_frames", "rx_jabber_frames", "rx_fragment_frames", "rx_ieee8021q_frames", "rx_crc_errors", "rx_block_errors", "rx_carrier_errors", "rx_interrupted_tx", "rx_late_collision", "rx_mac_errors_rx", "rx_single_collision", "rx_symbol_error", "rx_maxsize_exceeded", "out_mac_control_frames", "out_mac_pause_frames", "out_ieee8021q_frames", "out_mac_errors_tx", "eth_rx_distribution")
    RX_MAC_CONTROL_FRAMES_FIELD_NUMBER: _ClassVar[int]
    RX_MAC_PAUSE_FRAMES_FIELD_NUMBER: _ClassVar[int]
    RX_OVERSIZE_FRAMES_FIELD_NUMBER: _ClassVar[int]
    RX_UNDERSIZE_FRAMES_FIELD_NUMBER: _ClassVar[int]
    RX_JABBER_FRAMES_FIELD_NUMBER: _ClassVar[int]
    RX_FRAGMENT_FRAMES_FIELD_NUMBER: _ClassVar[int]
    RX_IEEE8021Q_FRAMES_FIELD_NUMBER: _ClassVar[int]
    RX_CRC_ERRORS_FIELD_NUMBER: _ClassVar[int]
    RX_BLOCK_ERRORS_FIELD_NUMBER: _ClassVar[int]
    RX_CARRIER_ERRORS_FIELD_NUMBER: _ClassVar[int]
    RX_INTERRUPTED_TX_FIELD_NUMBER: _ClassVar[int]
    RX_LATE_COLLISION_FIELD_NUMBER: _ClassVar[int]
    RX_MAC_ERRORS_RX_FIELD_NUMBER: _ClassVar[int]
    RX_SINGLE_COLLISION_FIELD_NUMBER: _ClassVar[int]
    RX_SYMBOL_ERROR_FIELD_NUMBER: _ClassVar[int]
    RX_MAXSIZE_EXCEEDED_FIELD_NUMBER: _ClassVar[int]
    OUT_MAC_CONTROL_FRAMES_FIELD_NUMBER: _ClassVar[int]
    OUT_MAC_PAUSE_FRAMES_FIELD_NUMBER: _ClassVar[int]
    OUT_IEEE8021Q_FRAMES_FIELD_NUMBER: _ClassVar[int]
    OUT_MAC_ERRORS_TX_FIELD_NUMBER: _ClassVar[int]
    ETH_RX_DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    rx_mac_control_frames: int
    rx_mac_pause_frames: int
    rx_oversize_frames: int
    rx_undersize_frames: int
    rx_jabber_frames: int
    rx_fragment_frames: int
    rx_ieee8021q_frames: int
    rx_crc_errors: int
    rx_block_errors: int
    rx_carrier_errors: int
    rx_interrupted_tx: int
    rx_late_collision: int
    rx_mac_errors_rx: int
    rx_single_collision: int
    rx_symbol_error: int
    rx_maxsize_exceeded: int
    out_mac_control_frames: int
    out_mac_pause_frames: int
    out_ieee8021q_frames: int
    out_mac_errors_tx: int
    eth_rx_distribution: EthernetInDistribution
    def __init__(self, rx_mac_control_frames: _Optional[int] = ..., rx_mac_pause_frames: _Optional[int] = ..., rx_oversize_frames: _Optional[int] = ..., rx_undersize_frames: _Optional[int] = ..., rx_jabber_frames: _Optional[int] = ..., rx_fragment_frames: _Optional[int] = ..., rx_ieee8021q_frames: _Optional[int] = ..., rx_crc_errors: _Optional[int] = ..., rx_block_errors: _Optional[int] = ..., rx_carrier_errors: _Optional[int] = ..., rx_interrupted_tx: _Optional[int] = ..., rx_late_collision: _Optional[int] = ..., rx_mac_errors_rx: _Optional[int] = ..., rx_single_collision: _Optional[int] = ..., rx_symbol_error: _Optional[int] = ..., rx_maxsize_exceeded: _Optional[int] = ..., out_mac_control_frames: _Optional[int] = ..., out_mac_pause_frames: _Optional[int] = ..., out_ieee8021q_frames: _Optional[int] = ..., out_mac_errors_tx: _Optional[int] = ..., eth_rx_distribution: _Optional[_Union[EthernetInDistribution, _Mapping]] = ...) -> None: ...

class EthernetState(_message.Message):
    __slots__ = ("mac_address", "auto_negotiate", "standalone_link_training", "duplex_mode", "port_speed", "enable_flow_control", "fec_mode", "hw_mac_address", "negotiated_duplex_mode", "negotiated_port_speed", "counters")
    MAC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    AUTO_NEGOTIATE_FIELD_NUMBER: _ClassVar[int]
    STANDALONE_LINK_TRAINING_FIELD_NUMBER: _ClassVar[int]
    DUPLEX_MODE_FIELD_NUMBER: _ClassVar[int]
    PORT_SPEED_FIELD_NUMBER: _ClassVar[int]
    ENABLE_FLOW_CONTROL_FIELD_NUMBER: _ClassVar[int]
    FEC_MODE_FIELD_NUMBER: _ClassVar[int]
    HW_MAC_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    NEGOTIATED_DUPLEX_MODE_FIELD_NUMBER: _ClassVar[int]
    NEGOTIATED_PORT_SPEED_FIELD_NUMBER: _ClassVar[int]
    COUNTERS_FIELD_NUMBER: _ClassVar[int]
    mac_address: str
    auto_negotiate: bool
    standalone_link_training: bool
    duplex_mode: EthDuplexMode
    port_speed: EthPortSpeed
    enable_flow_control: bool
    fec_mode: EthFecMode
    hw_mac_address: str
    negotiated_duplex_mode: EthDuplexMode
    negotiated_port_speed: EthPortSpeed
    counters: EthernetCounters
    def __init__(self, mac_address: _Optional[str] = ..., auto_negotiate: _Optional[bool] = ..., standalone_link_training: _Optional[bool] = ..., duplex_mode: _Optional[_Union[EthDuplexMode, str]] = ..., port_speed: _Optional[_Union[EthPortSpeed, str]] = ..., enable_flow_control: _Optional[bool] = ..., fec_mode: _Optional[_Union[EthFecMode, str]] = ..., hw_mac_address: _Optional[str] = ..., negotiated_duplex_mode: _Optional[_Union[EthDuplexMode, str]] = ..., negotiated_port_speed: _Optional[_Union[EthPortSpeed, str]] = ..., counters: _Optional[_Union[EthernetCounters, _Mapping]] = ...) -> None: ...

class EthernetInterface(_message.Message):
    __slots__ = ("config", "state", "switched_vlan")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SWITCHED_VLAN_FIELD_NUMBER: _ClassVar[int]
    config: EthernetConfig
    state: EthernetState
    switched_vlan: _networkvlan_pb2.VlanSwitchedIf
    def __init__(self, config: _Optional[_Union[EthernetConfig, _Mapping]] = ..., state: _Optional[_Union[EthernetState, _Mapping]] = ..., switched_vlan: _Optional[_Union[_networkvlan_pb2.VlanSwitchedIf, _Mapping]] = ...) -> None: ...
