"""The same client where every gateway can be asked what became of a send whose answer was lost."""

from __future__ import annotations

from datetime import datetime

from bridgekit import Absence, Found, MatrixEvent, Message, MessageID, SupportsLookup
from bridges.sms.client import SMSClient
from bridges.sms.inbound import message_id
from bridges.sms.numbers import Conversation, between
from bridges.sms.provider import Outgoing, Searchable


class AskableClient(SMSClient, SupportsLookup):
    """Where every gateway can be asked what became of a send."""

    async def find(self, event: MatrixEvent[Message], since: datetime) -> Found | Absence:
        talk = self._talk(event.chat.id)
        message = await self._outgoing(talk, event)
        names = self._config.via(talk.own)
        answers = [await self._ask(name, talk, message, since) for name in names]
        found = next((one for one in answers if isinstance(one, Found)), None)
        if found is not None:
            return found
        sure = all(answer is Absence.ABSENT for answer in answers)
        return Absence.ABSENT if sure else Absence.UNSURE

    async def _ask(
        self, name: str, talk: Conversation, message: Outgoing, since: datetime
    ) -> Found | Absence:
        provider = self._office.lines[name]
        assert isinstance(provider, Searchable)  # noqa: S101 (why this class was taken)

        async def known(id_: str) -> bool:
            return await self._known(talk, message_id(name, id_))

        answer = await provider.find(message, since, known)
        if not isinstance(answer, Found):
            return answer
        found = Found(tuple(message_id(name, one) for one in answer.ids))
        self._office.notes.memory.add(talk.id, found.ids, message.text)
        return found

    async def _known(self, talk: Conversation, message: MessageID) -> bool:
        """Also of what was sent from another number of ours: a service may choose one."""
        desk, memory = self._office.desk, self._office.notes.memory
        for own in (talk.own, *self._config.numbers):
            other = between(own, *talk.peers)
            if memory.knows(other.id, message):
                return True
            if await self._host.knows(desk.login, other.chat, message):
                return True
        return False
