"""Two ends of a connection that talk, and a record of what was said."""

from __future__ import annotations

from dataclasses import dataclass, field

from nvmetcp.controller import ControllerConfig, ControllerConnection
from nvmetcp.events import Event
from nvmetcp.host import HostConfig, HostConnection

HOST, CONTROLLER = "host", "controller"


@dataclass
class Conversation:
    """`wire` holds (who, bytes) of every turn; `exchange` passes bytes until both are silent."""

    host: HostConnection
    controller: ControllerConnection
    wire: list[tuple[str, bytes]] = field(default_factory=list)

    def exchange(self) -> list[Event]:
        events: list[Event] = []
        while True:
            up = b"".join(self.host.data_to_send())
            if up:
                self.wire.append((HOST, up))
                events += self.controller.receive(up)
            down = b"".join(self.controller.data_to_send())
            if down:
                self.wire.append((CONTROLLER, down))
                events += self.host.receive(down)
            if not up and not down:
                return events


def conversation(
    host: HostConfig | None = None, controller: ControllerConfig | None = None
) -> Conversation:
    return Conversation(HostConnection(host), ControllerConnection(controller))


def opened(
    host: HostConfig | None = None, controller: ControllerConfig | None = None
) -> Conversation:
    talk = conversation(host, controller)
    talk.host.open()
    talk.exchange()
    return talk
