"""Flags, their environment variables, and log lines."""

from __future__ import annotations

import json
import logging
import socket
import sys
from pathlib import Path

import pytest

from dpu_sim.api.tls import TlsFiles
from dpu_sim.logs import JsonFormatter
from dpu_sim.settings import HTTP, Endpoint, Settings, parse_settings


def test_defaults_listen_on_loopback_alone() -> None:
    settings = parse_settings([], {})
    assert settings == Settings(node=socket.gethostname())
    assert [*map(str, settings.grpc), str(settings.http)] == ["127.0.0.1:50051", "127.0.0.1:8082"]


ENVIRON = {
    "OPID_GRPC": "10.0.0.1:50151 [::1]:50151",
    "OPID_HTTP": "10.0.0.1:8182",
    "OPID_LISTEN_INTERFACE": "eth0",
    "OPID_LISTEN_TIMEOUT": "2.5",
    "OPID_TLS_CERT": "/tmp/cert.pem",
    "OPID_TLS_KEY": "/tmp/key.pem",
    "OPID_TLS_CLIENT_CA": "/tmp/ca.pem",
    "OPID_AUTHORIZATION": "/tmp/roles.yml",
    "OPID_STATE_DIR": "/tmp/state",
    "OPID_SPDK_SOCKET": "/tmp/spdk.sock",
    "OPID_VICI_SOCKET": "/tmp/charon.vici",
    "OPID_PERSONALITY": "ipu",
    "OPID_CARD": "/tmp/card.json",
    "OPID_NODE": "dpu9",
    "OPID_NOTIFY_FD": "3",
    "OPID_GRACE": "0",
    "OPID_LOG_LEVEL": "debug",
}


def test_every_flag_has_a_variable() -> None:
    from_environ = parse_settings([], ENVIRON)
    assert from_environ == Settings(
        grpc=(Endpoint("10.0.0.1", 50151), Endpoint("::1", 50151)),
        http=Endpoint("10.0.0.1", 8182),
        listen_interfaces=("eth0",),
        listen_timeout=2.5,
        tls=TlsFiles(Path("/tmp/cert.pem"), Path("/tmp/key.pem"), Path("/tmp/ca.pem")),
        authorization=Path("/tmp/roles.yml"),
        state_dir=Path("/tmp/state"),
        spdk_socket=Path("/tmp/spdk.sock"),
        vici_socket=Path("/tmp/charon.vici"),
        personality="ipu",
        card=Path("/tmp/card.json"),
        node="dpu9",
        notify_fd=3,
        grace=0.0,
        log_level="debug",
    )
    flags = []
    for variable, value in ENVIRON.items():
        flag = "--" + variable.removeprefix("OPID_").lower().replace("_", "-")
        for part in value.split():
            flags += [flag, part]
    assert parse_settings(flags, {}) == from_environ


def test_flags_win_over_variables() -> None:
    settings = parse_settings(["--grpc", "127.0.0.2:0", "--http", ""], ENVIRON)
    assert (settings.grpc, settings.http) == ((Endpoint("127.0.0.2", 0),), None)
    assert settings.listen_interfaces == ("eth0",)


def test_empty_variables_mean_nothing_is_set() -> None:
    assert parse_settings([], dict.fromkeys(ENVIRON, "") | {"OPID_HTTP": str(HTTP)}) == (
        parse_settings([], {})
    )
    assert parse_settings([], {"OPID_HTTP": ""}).http is None


def test_an_interface_alone_leaves_loopback_out() -> None:
    assert parse_settings(["--listen-interface", "eth0"], {}).grpc == ()


@pytest.mark.parametrize(
    ("argv", "environ", "message"),
    [
        (["--grpc", "localhost:1"], {}, "argument --grpc: 'localhost' is not an IP address"),
        (["--grpc", "127.0.0.1"], {}, "'127.0.0.1' is not HOST:PORT, such as 127.0.0.1:50051"),
        ([], {"OPID_GRPC": "[::1]:1 x:1"}, "OPID_GRPC: 'x' is not an IP address"),
        (["--grpc", "::1:65536"], {}, "argument --grpc: '65536' is not a port (0 to 65535)"),
        ([], {"OPID_HTTP": "::1:-1"}, "argument --http: '-1' is not a port (0 to 65535)"),
        ([], {"OPID_INSECURE": "maybe"}, "OPID_INSECURE: 'maybe' is neither true nor false"),
        (["--tls-cert", "x"], {}, "--tls-cert and --tls-key need each other"),
        (["--tls-client-ca", "x"], {}, "--tls-client-ca needs --tls-cert and --tls-key"),
        (["--authorization", "x"], {}, "--authorization needs --tls-client-ca"),
        (["--grace", "nan"], {}, "argument --grace: 'nan' is not a time in seconds (0 to 3600)"),
        (["--log-level", "loud"], {}, "argument --log-level: 'loud' is not one of debug, info"),
    ],
)
def test_mistakes_end_with_code_2(
    argv: list[str], environ: dict[str, str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parse_settings(argv, environ)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_log_line_is_one_json_object() -> None:
    record = logging.makeLogRecord(
        {"name": "x", "levelname": "INFO", "msg": "a %s", "args": ("b\nc",), "created": 1.5,
         "data": {"port": 7, "path": Path("/p")}}
    )  # fmt: skip
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "1970-01-01T00:00:01.500Z",
        "level": "info",
        "logger": "x",
        "message": "a b\nc",
        "port": 7,
        "path": "/p",
    }


def test_log_line_holds_the_traceback() -> None:
    try:
        raise RuntimeError("why")
    except RuntimeError:
        record = logging.makeLogRecord({"msg": "failed", "exc_info": sys.exc_info()})
    entry = json.loads(JsonFormatter().format(record))
    assert entry["traceback"].endswith("RuntimeError: why")
