"""What opi-spdk-bridge does not run without, on loopback: its store and a collector of traces.

    python3 bridge_surroundings.py REDIS_SOCKET

Port 6379 leads to a Redis behind a Unix domain socket. On 4317 is a gRPC server that takes nothing:
without one each of the bridge's calls would wait for it.
"""

from __future__ import annotations

import asyncio
import sys

import grpc.aio

REDIS, COLLECTOR = 6379, 4317


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes one way until they end."""
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.close()


async def main(path: str) -> None:
    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_unix_connection(path)
        await asyncio.gather(pump(reader, forth), pump(back, writer))

    collector = grpc.aio.server()
    collector.add_insecure_port(f"127.0.0.1:{COLLECTOR}")
    await collector.start()
    redis = await asyncio.start_server(forward, "127.0.0.1", REDIS)
    print("ready", flush=True)
    await redis.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
