"""Flags, their environment variables, and log lines."""

from __future__ import annotations

import json
import logging
import socket
import sys
from pathlib import Path

import pytest

from dpu_sim.logs import JsonFormatter
from dpu_sim.settings import Settings, parse_settings


def test_defaults_listen_on_loopback_alone() -> None:
    assert parse_settings([], {}) == Settings(node=socket.gethostname())


ENVIRON = {
    "OPID_LISTEN": "10.0.0.1 ::1",
    "OPID_LISTEN_INTERFACE": "eth0",
    "OPID_PORT": "50151",
    "OPID_LISTEN_TIMEOUT": "2.5",
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
        listen=("10.0.0.1", "::1"),
        listen_interfaces=("eth0",),
        port=50151,
        listen_timeout=2.5,
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
    settings = parse_settings(["--listen", "127.0.0.2", "--port", "0"], ENVIRON)
    assert (settings.listen, settings.port) == (("127.0.0.2",), 0)
    assert settings.listen_interfaces == ("eth0",)


def test_empty_variables_mean_nothing_is_set() -> None:
    assert parse_settings([], dict.fromkeys(ENVIRON, "")) == parse_settings([], {})


def test_an_interface_alone_leaves_loopback_out() -> None:
    assert parse_settings(["--listen-interface", "eth0"], {}).listen == ()


@pytest.mark.parametrize(
    ("argv", "environ", "message"),
    [
        (["--listen", "localhost"], {}, "argument --listen: 'localhost' is not an IP address"),
        ([], {"OPID_LISTEN": "::1 x"}, "OPID_LISTEN: 'x' is not an IP address"),
        (["--port", "65536"], {}, "argument --port: '65536' is not a port (0 to 65535)"),
        ([], {"OPID_PORT": "-1"}, "argument --port: '-1' is not a port (0 to 65535)"),
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
