"""The page to try the API, in a browser: it lists calls, sends them, and loads nothing else."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse

from tests.http_call import call
from tests.opid_process import DEADLINE, Opid, starting_opid
from tests.spdk_process import running_spdk_sim

pytestmark = pytest.mark.integration

CREATE = "#" + "POST%20%2Fv1%2FnvmeSubsystems"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
FLAGS += ["--no-first-run", "--disable-background-networking", "--window-size=1300,1000"]


@pytest.fixture
def opid(tmp_path: Path) -> Iterator[Opid]:
    """A server with a storage target."""
    with running_spdk_sim(tmp_path / "spdk.sock") as socket, starting_opid(tmp_path) as start:
        yield start("--spdk-socket", str(socket), http="127.0.0.1:0")


class Browser:
    """A page of a browser, driven by the Chrome DevTools Protocol."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self.requested: list[str] = []

    async def send(self, method: str, **parameters: Any) -> Any:
        """Call a method of the protocol."""
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            message = json.loads((await self._socket.receive()).data)
            if message.get("method") == "Network.requestWillBeSent":
                self.requested.append(message["params"]["request"]["url"])
            if message.get("id") == number:
                return message["result"]

    async def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        result = await self.send("Runtime.evaluate", expression=script, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def wait_for(self, script: str) -> Any:
        """The value of an expression, once it is true."""
        while not (value := await self.evaluate(script)):
            await asyncio.sleep(0.05)
        return value


@asynccontextmanager
async def browsing(folder: Path) -> AsyncIterator[Browser]:
    """A browser with an empty page."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("there is no chromium")
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        program, *FLAGS, f"--user-data-dir={folder}", "about:blank", stdout=quiet, stderr=quiet
    )
    try:
        port = folder / "DevToolsActivePort"
        while not port.exists() or not port.read_text():
            assert process.returncode is None, "the browser has ended"
            await asyncio.sleep(0.05)
        base = f"http://127.0.0.1:{port.read_text().split()[0]}"
        async with ClientSession() as session:
            async with session.get(f"{base}/json/list") as response:
                targets = await response.json(content_type=None)
            url = next(one for one in targets if one["type"] == "page")["webSocketDebuggerUrl"]
            async with session.ws_connect(url, max_msg_size=0) as socket:
                yield Browser(socket)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def test_a_subsystem_is_created_on_the_page(opid: Opid, tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(3 * DEADLINE), browsing(tmp_path / "browser") as browser:
            await browser.send("Network.enable")
            await browser.send("Page.navigate", url=f"http://{opid.http}/{CREATE}")
            await browser.wait_for("document.querySelector('button.send') !== null")
            assert "nqn" in await browser.evaluate("document.querySelector('textarea').value")
            listed = "[...document.querySelectorAll('.operation .path')].map(o => o.textContent)"
            assert "/v1/nvmeSubsystems" in await browser.evaluate(f"{listed}.join(' ')")
            body = json.dumps({"spec": {"nqn": "nqn.2022-09.io.spdk:page"}})
            await browser.evaluate(
                "document.getElementById('p-nvmeSubsystemId').value = 'page0';"
                f"document.querySelector('textarea').value = {json.dumps(body)};"
                "document.querySelector('button.send').click()"
            )
            shown = await browser.wait_for("document.querySelector('pre')?.textContent")
            assert json.loads(shown)["name"] == "nvmeSubsystems/page0"
            assert "200 OK" in await browser.evaluate("document.querySelector('.good').textContent")
            own = f"http://{opid.http}/"
            assert browser.requested
            assert all(url.startswith(own) for url in browser.requested), browser.requested

    asyncio.run(main())
    assert call(opid.http, "GET", "/v1/nvmeSubsystems/page0").status == 200
