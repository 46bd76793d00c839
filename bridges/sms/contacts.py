"""Who people are: as a file of contacts has it, and by names that were given by command."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256

from bridgekit import Attachment, AttachmentKind, Host, Rejected, RemoteUserID, UserInfo
from bridges.sms.cards import Card

SOURCE = (
    "|"  # what the source of a picture begins with; that of a gateway's file begins with a name
)
MOST = 2_000  # names given by command: they are stored as one
_KEY = "names"
_NOBODY = Card("")


class Contacts:
    """Of one network. What a command says goes before what the file says."""

    def __init__(self, host: Host, file: Mapping[RemoteUserID, Card]) -> None:
        self._host, self._file = host, dict(file)
        self._given: dict[RemoteUserID, str] = {}

    async def load(self) -> None:
        """The names that were given by command."""
        self._given = json.loads(await self._host.load(_KEY) or "{}")

    async def name(self, user: RemoteUserID) -> str | None:
        """What somebody is called; None if nobody has said."""
        return self._given.get(user) or self._card(user).name or None

    async def info(self, user: RemoteUserID) -> UserInfo | None:
        """The same, with their picture."""
        name = await self.name(user)
        return None if name is None else UserInfo(id=user, name=name, avatar=self._avatar(user))

    def _card(self, user: RemoteUserID) -> Card:
        return self._file.get(user, _NOBODY)

    def _avatar(self, user: RemoteUserID) -> Attachment | None:
        """Another picture has another source, so that it is looked at again."""
        card = self._card(user)
        if not card.picture:
            return None
        source = f"{SOURCE}{user} {sha256(card.picture).hexdigest()[:16]}"
        return Attachment(AttachmentKind.IMAGE, source, "picture", card.mime, len(card.picture))

    def picture(self, source: str) -> bytes:
        """The bytes of what was named so."""
        user = source.removeprefix(SOURCE).partition(" ")[0]
        return self._card(RemoteUserID(user)).picture

    async def call(self, user: RemoteUserID, name: str | None) -> None:
        """From here on they are called so; None: as the file has it."""
        given = {one: called for one, called in self._given.items() if one != user}
        if name is not None:
            given[user] = name
        if len(given) > MOST:
            raise Rejected(f"{MOST} names were given by command; write more into the file.")
        await self._host.save(_KEY, json.dumps(given))
        self._given = given

    def search(self, text: str) -> Iterator[tuple[RemoteUserID, str]]:
        """Whose name or number has this in it."""
        wanted, digits = text.casefold(), re.sub(r"\D", "", text)
        names = {user: card.name for user, card in self._file.items()}
        for user, name in {**names, **self._given}.items():
            if wanted in name.casefold() or (digits and digits in user):
                yield user, name

    def named(self, name: str) -> list[RemoteUserID]:
        """Everybody who is called exactly so."""
        wanted = name.strip().casefold()
        return [user for user, one in self.search(name) if one.casefold() == wanted]
