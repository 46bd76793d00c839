"""More adapters that break one rule each: in private chats, of the past, where they are asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

from bridgekit.adapter import Login, Sent
from bridgekit.adapter_supports import Finding, Severity
from bridgekit.errors import ChatMoved, Rejected
from bridgekit.events import Content, Edit, MatrixEvent, Message, Raw, RemoteEvent
from bridgekit.facts import Attachment, Chat, ChatInfo, Member
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.richtext import from_plain, plain
from bridgekit.testing.loopback.adapter import LoopbackAdapter
from bridgekit.testing.loopback.client import each
from bridgekit.testing.loopback.keeping import Listening
from tests.contract.mutants import Altering


def ignoring(kind: type[Content]) -> type[Listening]:
    """Hands over everything but this kind."""

    class Ignoring(Altering):
        def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any] | None:
            return None if isinstance(event.content, kind) else event

    Ignoring.__name__ = f"Ignores{kind.__name__}"
    return Ignoring


def idle(method: str) -> type[Listening]:
    """Does nothing where this is asked of it, and says that it has."""

    async def nothing(self: Listening, event: MatrixEvent[Any]) -> Sent:
        del self, event
        return Sent()

    return type(f"Idle{method.title()}", (Listening,), {method: nothing})


class ForgetsWhatItIsAbout(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        if isinstance(event.content, Message):
            return replace(event, content=replace(event.content, reply_to=None, thread=None))
        return event


class SendsItOnItsOwn(Listening):
    """Neither a reply, nor in a thread, nor with a file."""

    async def send(self, event: MatrixEvent[Message]) -> Sent:
        return await super().send(replace(event, content=Message(event.content.text)))


class SendsTheBeginning(Listening):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        text = from_plain(plain(event.content.text)[:100])
        return await super().send(replace(event, content=Message(text)))


class SendsOneLine(Listening):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        first, *_ = plain(event.content.text).split("\n")
        return await super().send(replace(event, content=Message(from_plain(first))))


class SendsTwice(Listening):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        await super().send(replace(event, txn=f"{event.txn}-b"))
        return await super().send(event)


class HearsLatin(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        if isinstance(event.content, Message):
            text = plain(event.content.text).encode("latin-1", "replace").decode("latin-1")
            return replace(event, content=Message(from_plain(text)))
        return event


class ChokesOnNothing(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        if isinstance(event.content, Message) and not plain(event.content.text).strip():
            raise ValueError("there is nothing in it")
        return event


class ExpectsOrder(Altering):
    """What comes after something newer is taken for a repetition."""

    newest = 0

    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any] | None:
        number = int(str(event.id or 0).strip("m-sent"))
        if event.txn is not None or number == 0:
            return event
        old, self.newest = number < self.newest, max(number, self.newest)
        return None if old else event


class ChokesOnNonsense(Listening):
    async def understand(self, body: bytes) -> None:
        raise ValueError(f"{body!r} is no event")


class IgnoresNonsense(Listening):
    async def understand(self, body: bytes) -> None:
        del body


class ForgetsNonsense(Listening):
    """It is set aside, and then is not acknowledged, the first two times."""

    times = 0

    async def understand(self, body: bytes) -> None:
        await super().understand(body)
        ForgetsNonsense.times += 1
        if ForgetsNonsense.times % 3:
            raise ConnectionError("it is not acknowledged")


class BeginsWithWhatIsNew(Listening):
    """What was said before it was connected is none of its business."""

    async def run(self) -> None:
        outbox = self.network.outbox(self.login.id)
        outbox.acknowledged = len(outbox.tellings)
        await super().run()


class DeniesThatItResumes(Listening):
    resumes = False


class LosesFiles(Listening):
    def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        del attachment
        return each([b"something else"])


class NoticesNoName(Altering):
    def __init__(self, login: Login, network: Any, host: Any) -> None:
        super().__init__(login, network, host)
        self.host.user_changed = self._ignore

    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        return event

    async def _ignore(self, *_: object) -> None:
        pass


# In private.


class TalksInPublic(Altering):
    def alter(self, event: RemoteEvent[Any]) -> RemoteEvent[Any]:
        return replace(event, chat=Chat(ChatID("#room")))


class AnswersNobody(Listening):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        return Sent() if event.chat.private else await super().send(event)


class AnswersInPublic(Listening):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        sent = await super().send(event)
        if event.chat.private:
            await super().send(replace(event, chat=Chat(ChatID("#room")), txn=f"{event.txn}-b"))
        return sent


# Of the past.


class _OtherPast(Listening):
    async def history(self, chat: ChatID, **span: Any) -> AsyncIterator[RemoteEvent[Content]]:
        told = [one async for one in super().history(chat, **span)]
        for one in self.other(told):
            yield one

    def other(self, told: Sequence[RemoteEvent[Content]]) -> Sequence[RemoteEvent[Content]]:
        raise NotImplementedError


class ForgetsThePast(_OtherPast):
    def other(self, told: Sequence[RemoteEvent[Content]]) -> Sequence[RemoteEvent[Content]]:
        return told[:0]


class ReadsBackwards(_OtherPast):
    def other(self, told: Sequence[RemoteEvent[Content]]) -> Sequence[RemoteEvent[Content]]:
        return told[::-1]


class RenamesThePast(_OtherPast):
    def other(self, told: Sequence[RemoteEvent[Content]]) -> Sequence[RemoteEvent[Content]]:
        return [replace(one, id=MessageID(f"past-{one.id}")) for one in told]


class SkipsToTheEnd(Listening):
    """Of what is behind a message it tells the last."""

    async def history(self, chat: ChatID, **span: Any) -> AsyncIterator[RemoteEvent[Content]]:
        told = [one async for one in super().history(chat, **{**span, "limit": 1000})]
        for one in told[-span["limit"] :]:
            yield one


class KnowsNoTime(Listening):
    """Whatever the moment is that it is asked for."""

    async def history(self, chat: ChatID, **span: Any) -> AsyncIterator[RemoteEvent[Content]]:
        async for one in super().history(chat, **{**span, "since": None}):
            yield one


class TakesAMoveForARefusal(Listening):
    async def send(self, event: MatrixEvent[Message]) -> Sent:
        try:
            return await super().send(event)
        except ChatMoved as error:
            raise Rejected("There is no such chat") from error


# Asked.


class ListsNobody(Listening):
    async def members(self, chat: ChatID) -> AsyncIterator[Member]:
        del chat
        yield Member(self.me)


class ListsAChatTwice(Listening):
    async def chats(self) -> AsyncIterator[ChatInfo]:
        for _ in range(2):
            async for one in super().chats():
                yield one


class FindsWhoIsNot(Listening):
    async def resolve(self, identifier: str) -> Chat:
        return Chat(ChatID(identifier), private=True)


class MakesNoChat(Listening):
    async def create(self, info: ChatInfo, members: Sequence[RemoteUserID]) -> Chat:
        del info, members
        return Chat(ChatID("#room"))


class ConvertsOnce(Listening):
    async def convert(self, raw: Raw) -> Sequence[RemoteEvent[Content]]:
        known = raw.body in self.network.converted
        events = await super().convert(raw)
        return [] if known else events


class HasNoPictures(Listening):
    async def emoji(self, name: str) -> Attachment | None:
        del name
        return None


class EditsAnother(Listening):
    async def edit(self, event: MatrixEvent[Edit]) -> None:
        target = MessageID(f"not-{event.content.target}")
        await super().edit(replace(event, content=replace(event.content, target=target)))


class FindsNoFault(LoopbackAdapter):
    async def check(self) -> AsyncIterator[Finding]:
        yield Finding(Severity.OK, "All is well.")


class FindsFaults(LoopbackAdapter):
    async def check(self) -> AsyncIterator[Finding]:
        yield Finding(Severity.ERROR, "Nothing is well.")


class UnderstandsNoName(LoopbackAdapter):
    def chat_named(self, name: str) -> Chat | None:
        del name
        return None


class HasNothingPrivate(LoopbackAdapter):
    def private_chat(self, user: RemoteUserID) -> Chat:
        return Chat(ChatID(user))
