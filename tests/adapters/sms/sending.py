"""Sends like the core does: split, paced and sent, through gateways that are made up."""

from __future__ import annotations

from typing import Any

import pytest

from bridgekit import (
    Chat,
    ChatID,
    MatrixEvent,
    Message,
    Profile,
    Rejected,
    from_plain,
)
from bridges.sms.client import Office, SMSClient
from tests.adapters.sms.office import BOB, OWN, Place

CHAT = Chat(ChatID(f"{OWN}/{BOB}"))


def client_of(office: Place) -> SMSClient:
    host: Any = office.host
    return SMSClient(host, Office(office.config, office.lines, office.desk, office.notes))


def saying(content: Any, *, relayed: bool = True, chat: Chat = CHAT) -> MatrixEvent[Message]:
    message = Message(from_plain(content)) if isinstance(content, str) else content
    return MatrixEvent(chat, message, "txn-1", Profile("Alice"), relayed=relayed)


async def sent(office: Place, content: Any, **how: Any) -> list[str]:
    client = client_of(office)
    event = saying(content, **how)
    for part in client.split(event):
        piece = MatrixEvent(event.chat, part, event.txn, event.author, relayed=event.relayed)
        await client.pace(piece)
        await client.send(piece)
    return [one.text for name in office.gateways for one in office.gateways[name].sent]


async def refused(office: Place, content: Any, match: str, **how: Any) -> None:
    with pytest.raises(Rejected, match=match):
        await sent(office, content, **how)
    assert all(gateway.sent == [] for gateway in office.gateways.values())
