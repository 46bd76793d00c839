"""What the bot did, in order, as the chats there got it: what a test looks at."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

JSON = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Did:
    """`method` in lower case; `message` is the one that was made, changed or meant."""

    method: str
    chat: int
    message: JSON
    about: Any = None


@dataclass(slots=True)
class Acts:
    did: list[Did] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    watchers: list[Callable[[Did], object]] = field(default_factory=list)

    def note(self, method: str, chat: int, message: JSON, about: Any = None) -> None:
        did = Did(method, chat, dict(message), about)
        self.did.append(did)
        for watch in self.watchers:
            watch(did)
        self.changed.set()

    async def until(self, condition: Callable[[], T]) -> T:
        """The first truthy value of this, looked at whenever the bot has done something."""
        while not (found := condition()):
            self.changed.clear()
            await self.changed.wait()
        return found

    def of(self, *methods: str) -> list[Did]:
        """All of some kinds (`sendmessage`)."""
        return [one for one in self.did if one.method in methods]

    def texts(self, chat: int | None = None) -> list[str]:
        """What the bot has said, captions too, of one chat or of all."""
        return [
            one.message.get("text") or one.message.get("caption") or ""
            for one in self.did
            if one.method.startswith("send") and chat in (None, one.chat)
        ]
