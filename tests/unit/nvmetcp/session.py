"""A connected queue between our two ends, whose every command is one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from nvmetcp.command import Command
from nvmetcp.fabrics import Connect, ConnectData
from nvmetcp.status import Completion, Status
from tests.unit.nvmetcp.playbook import Conversation

WHO = ConnectData(hostid=b"h" * 16, subnqn="nqn.2026-01.io.lab:s", hostnqn="nqn.2026-01.io.lab:h")


@dataclass
class Session:
    """One queue; every method is one command with its answer."""

    talk: Conversation

    def connect(self, qid: int, cntlid: int = 0xFFFF, **fields: int) -> Self:
        talk = self.talk
        who = ConnectData(hostid=WHO.hostid, cntlid=cntlid, subnqn=WHO.subnqn, hostnqn=WHO.hostnqn)
        made = Connect(qid=qid, sqsize=31, **fields)
        cid = talk.host.submit(made.command(), who.pack())
        talk.exchange()
        if talk.host.config.in_capsule == 0:
            talk.controller.request_data(cid)
            talk.exchange()
        talk.controller.queue_created(qid, 32, flow_control=made.flow_control)
        return self.done(cid, 1)

    def done(self, cid: int, result: int = 0) -> Self:
        self.talk.controller.complete(Completion(cid, result=result))
        self.talk.exchange()
        return self

    def bare(self, command: Command, result: int = 0) -> Self:
        cid = self.talk.host.submit(command)
        self.talk.exchange()
        return self.done(cid, result)

    def read(self, command: Command, data: bytes) -> Self:
        cid = self.talk.host.submit(command, length=len(data))
        self.talk.exchange()
        self.talk.controller.respond(cid, data)
        self.talk.exchange()
        return self

    def write(self, command: Command, data: bytes) -> Self:
        cid = self.talk.host.submit(command, data)
        self.talk.exchange()
        if len(data) > self.talk.host.config.in_capsule:
            self.talk.controller.request_data(cid)
            self.talk.exchange()
        return self.done(cid)

    def fail(self, command: Command, status: Status) -> Self:
        cid = self.talk.host.submit(command)
        self.talk.exchange()
        self.talk.controller.fail(cid, status)
        self.talk.exchange()
        return self
