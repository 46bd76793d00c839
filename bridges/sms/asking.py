"""The same client where every gateway can be asked what became of a send whose answer was lost."""

from __future__ import annotations

from datetime import datetime

from bridgekit import Absence, Found, MatrixEvent, Message, SupportsLookup
from bridges.sms.client import SMSClient
from bridges.sms.inbound import message_id
from bridges.sms.numbers import Conversation
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
        memory = self._office.notes.memory
        answer = await provider.find(
            message, since, lambda one: memory.knows(talk.id, message_id(name, one))
        )
        if isinstance(answer, Found):
            return Found(tuple(message_id(name, one) for one in answer.ids))
        return answer
