"""An SMSC in this process: one transceiver, what it submits, and what phones text to it.

For what only happens in memory, crashes above all: it speaks with the bridge's own records. Those
are held against an SMSC that others have written, in `tests/adapters/sms/real`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from pydantic import SecretStr

from bridgekit import Content, Message, MessageID, from_plain, plain
from bridgekit.testing.contract import FakeNetwork, Heard, OtherChat
from bridges.sms import udh
from bridges.sms.config import SMSConfig
from bridges.sms.fake.another import AnotherPhone
from bridges.sms.fake.provider import configured
from bridges.sms.fake.troubles import BOB, CHAT, COMMANDS, OWN
from bridges.sms.joining import decode
from bridges.sms.provider import Outgoing
from bridges.sms.segments import segments
from bridges.sms.settings import ProviderSettings
from bridges.sms.smpp.pdu import (
    HEADER,
    RECEIPT,
    Address,
    Command,
    Pdu,
    Status,
    Tag,
    length_of,
    message,
    unpack,
)
from bridges.sms.smpp.pdu import Message as ShortMessage
from bridges.sms.smpp.texts import messages

USER, PASSWORD = "bridge", "tulip-7"
_SUBMIT_FAILED = 0x45
_AGAIN = 0.5  # seconds before what was not taken is told again


class FakeSmsc(FakeNetwork):
    """What each verb promises is in the docstrings of `FakeNetwork`."""

    chat = CHAT
    direct = True
    commands = COMMANDS

    def __init__(self) -> None:
        self.port = 0
        self.submitted: list[ShortMessage] = []
        self.watchers: list[Callable[[str, str], None]] = []
        """Told of each text that is whole, with the number that it went to."""
        self._heard: list[tuple[str, Heard]] = []
        self._parts: dict[str, dict[int, str]] = {}
        self._waiting: deque[bytes] = deque()
        self._last: list[bytes] = []
        self._early: list[bytes] = []
        self._writer: asyncio.StreamWriter | None = None
        self._under_way = 0  # sequence number of the delivery that is not answered yet
        self._sequence = self._numbers = 0
        self._refusing = self._rejecting = self._swapping = False
        self._throttled = 0
        self._losing: bool | None = None
        self._muted: bool | None = None
        self.names = True
        """Whether it answers with an ID; some do not, where no receipt follows."""
        self._silent: set[asyncio.StreamWriter] = set()
        self._unanswered: list[tuple[asyncio.StreamWriter, Pdu]] = []

    @property
    def settings(self) -> SMSConfig:
        account = ProviderSettings(
            provider="smpp",
            api_url=f"smpp://127.0.0.1:{self.port}",
            user=USER,
            secret=SecretStr(PASSWORD),
        )
        return configured("smpp", account)

    # What people do.

    async def say(self, who: str, content: Content) -> MessageID | None:
        del who  # the chat is with Bob alone
        return await self.says(BOB, content)

    async def says(self, peer: str, content: Content) -> MessageID | None:
        """Whoever has this number does this."""
        if not isinstance(content, Message):
            raise NotImplementedError
        self.texts(peer, plain(content.text))
        return None

    def texts(self, peer: str, words: str) -> None:
        """Somebody texts us, in parts where they must, as a phone does."""
        self._numbers += 1
        name = f"phone-{self._numbers}"
        said = Outgoing(f"+{peer}", (f"+{OWN}",), words, segments(words), name)
        self._tell([one.pack() for one in messages(said, "udh")])

    def report(self, named: str, state: str, code: str = "000", peer: str = BOB) -> None:
        """A receipt for a message that was submitted, as SMSCs write it (appendix B)."""
        text = f"id:{named} sub:001 dlvrd:000 submit date:3001011200 done date:3001011200 "
        octets = f"{text}stat:{state} err:{code} text:".encode()
        there, own = Address(1, 1, peer), Address(1, 1, OWN)
        tags: dict[int, bytes] = {Tag.RECEIPTED_MESSAGE_ID: named.encode() + b"\0"}
        self._tell([ShortMessage(there, own, octets, 0, RECEIPT, 0, tags).pack()])

    def _tell(self, bodies: list[bytes]) -> None:
        if self._swapping:
            self._swapping, self._early = False, bodies
            return
        early, self._early = self._early, []
        self._last = bodies
        self._waiting.extend([*bodies, *early])
        self._push()

    def heard(self) -> Sequence[Heard]:
        return self.heard_by(BOB)

    def heard_by(self, peer: str) -> Sequence[Heard]:
        return [heard for to, heard in self._heard if to == peer]

    async def another_chat(self) -> OtherChat:
        return AnotherPhone(self)

    # What can go wrong.

    async def drop(self) -> None:
        self.cut()

    def cut(self) -> None:
        """The connection breaks."""
        writer, self._writer, self._under_way = self._writer, None, 0
        if writer is not None:
            writer.close()

    async def stall(self) -> None:
        if self._writer is not None:
            self._silent.add(self._writer)
        self._writer, self._under_way = None, 0

    async def refuse(self) -> None:
        self._refusing = True

    async def reject(self) -> None:
        self._rejecting = True

    def throttle(self, times: int) -> None:
        """So many messages are not taken yet."""
        self._throttled = times

    def mute(self, *, taken: bool) -> None:
        """The next message is not answered, and the connection stays."""
        self._muted = taken

    def answer(self) -> None:
        """What was not answered is answered now."""
        for writer, answer in self._unanswered:
            writer.write(answer.pack())
        self._unanswered.clear()

    async def lose(self, *, taken: bool) -> None:
        self.lose_next(taken=taken)

    def lose_next(self, *, taken: bool) -> None:
        """The connection breaks while the next message is submitted."""
        self._losing = taken

    async def repeat(self) -> None:
        """As SMPP has it: what was not answered is told again on the next connection."""
        self._waiting.extendleft(reversed(self._last))
        await self.drop()

    async def swap(self) -> None:
        self._swapping = True

    async def garble(self) -> None:
        self._tell([b""])

    # Its side of the connection.

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                header = await reader.readexactly(HEADER)
                pdu = unpack(header, await reader.readexactly(length_of(header)))
                if writer not in self._silent:
                    self._take(writer, pdu)
        if writer is self._writer:
            self._writer, self._under_way = None, 0
        writer.close()

    def _take(self, writer: asyncio.StreamWriter, pdu: Pdu) -> None:
        match pdu.command:
            case Command.BIND_TRANSCEIVER:
                known = not self._refusing and pdu.body.startswith(f"{USER}\0{PASSWORD}\0".encode())
                status = Status.OK if known else Status.INVALID_PASSWORD
                writer.write(pdu.response(b"smsc\0", status).pack())
                if known:
                    self._writer, self._under_way = writer, 0
                    self._push()
            case Command.SUBMIT_SM:
                self._submit(writer, pdu)
            case Command.ENQUIRE_LINK | Command.UNBIND:
                writer.write(pdu.response().pack())
            case _ if pdu.is_response and pdu.sequence == self._under_way:
                self._under_way = 0
                if pdu.status == Status.OK:
                    self._waiting.popleft()
                    self._push()
                else:
                    asyncio.get_running_loop().call_later(_AGAIN, self._push)

    def _push(self) -> None:
        """One delivery at a time, again until it is taken."""
        if self._writer is None or self._under_way or not self._waiting:
            return
        self._sequence += 1
        self._under_way = self._sequence
        pdu = Pdu(Command.DELIVER_SM, self._sequence, self._waiting[0])
        self._writer.write(pdu.pack())

    def _submit(self, writer: asyncio.StreamWriter, pdu: Pdu) -> None:
        if self._throttled:
            self._throttled -= 1
            writer.write(pdu.response(b"\0", Status.THROTTLED).pack())
            return
        if self._rejecting:
            self._rejecting = False
            writer.write(pdu.response(b"\0", _SUBMIT_FAILED).pack())
            return
        losing, self._losing = self._losing, None
        muted, self._muted = self._muted, None
        named = ""
        if losing is not False and muted is not False:
            named = self._keep(message(pdu.body))
        if muted is not None:
            self._unanswered.append((writer, pdu.response(named.encode() + b"\0")))
            return
        if losing is None:
            answer = named if self.names else ""
            writer.write(pdu.response(answer.encode() + b"\0").pack())
        else:
            self._writer = None
            writer.close()

    def _keep(self, one: ShortMessage) -> str:
        self.submitted.append(one)
        named = f"{len(self.submitted)}"
        head, octets = udh.split(one.octets) if one.flags else (b"", one.text)
        text = decode(octets, "ucs2" if one.coding else "gsm7")
        part = udh.concatenation(head)
        if part is None:
            self._hear(one.target.number, text, named)
            return named
        whose = f"{one.target.number} {part.reference}"
        parts = self._parts.setdefault(whose, {})
        parts[part.number] = text
        if len(parts) == part.total:
            text = "".join(parts[number] for number in sorted(parts))
            self._hear(one.target.number, text, named)
            del self._parts[whose]
        return named

    def _hear(self, peer: str, text: str, named: str) -> None:
        for watcher in self.watchers:
            watcher(peer, text)
        heard = Heard(Message(from_plain(text)), MessageID(f"smpp:{named}"))
        self._heard.append((peer, heard))


@asynccontextmanager
async def fake_smsc() -> AsyncIterator[FakeSmsc]:
    """The SMSC, on a free port of this machine."""
    network = FakeSmsc()
    server = await asyncio.start_server(network.connected, "127.0.0.1", 0)
    network.port = server.sockets[0].getsockname()[1]
    try:
        yield network
    finally:
        await network.drop()
        server.close()
