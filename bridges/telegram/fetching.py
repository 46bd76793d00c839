"""What Telegram knows of chats, people, pictures and files, asked when it is needed."""

import asyncio
from collections.abc import AsyncIterator

from telegram import Bot
from telegram.error import BadRequest, Forbidden

from bridgekit import Attachment, ChatInfo, Rejected, RemoteUserID, UserInfo
from bridges.telegram import animated
from bridges.telegram.config import TelegramConfig
from bridges.telegram.files import file_id, photo, picture_of, picture_of_moving, still
from bridges.telegram.ids import Place, peer_of
from bridges.telegram.memory import Memory
from bridges.telegram.refusals import translated
from bridges.telegram.speaking import name_of_chat
from bridges.telegram.visibility import by_invitation
from bridges.telegram.wire import GoneError, Wire, local_file

_MB = 1_000_000
_PREFIX = "0:hidden/"  # what the library puts before a path, of the token that it knows


class Fetching:
    """Raises the library's errors, but for files: they are read long after the call."""

    def __init__(self, bot: Bot, wire: Wire, memory: Memory, config: TelegramConfig) -> None:
        self._bot, self._wire, self._memory, self._config = bot, wire, memory, config
        self._one_at_a_time = asyncio.Semaphore(1)  # animated sticker, which costs a second

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """Asked anew each time for where it is: that holds for an hour only ("getFile")."""
        largest = self._config.largest_download
        if (attachment.size or 0) > largest:
            size, most = (number // _MB for number in (attachment.size or 0, largest))
            raise Rejected(f"It has {size} MB; Telegram gives bots no files of more than {most} MB")
        picture = picture_of_moving(attachment)
        if picture is None:
            async for piece in self._file(file_id(attachment)):
                yield piece
            return
        try:
            yield await self._moving(file_id(attachment))
        except Rejected:
            if not picture:
                raise
            async for piece in self._file(picture):
                yield piece

    async def _moving(self, name: str) -> bytes:
        packed = bytearray()
        async for piece in self._file(name):
            packed += piece
            if len(packed) > animated.LARGEST:
                raise Rejected("This animated sticker is too large.")
        async with self._one_at_a_time:
            return await animated.moving(bytes(packed))

    async def _file(self, name: str) -> AsyncIterator[bytes]:
        """A link that leads nowhere may have expired: it is asked for once more."""
        try:
            async for piece in self._at(await self._path(name)):
                yield piece
        except GoneError:  # before the first piece
            async for piece in self._at(await self._path(name)):
                yield piece

    async def _path(self, name: str) -> str:
        try:
            with translated():
                found = await self._bot.get_file(name)
        except Rejected as refused:
            if "temporarily unavailable" in str(refused):  # or never there: nobody can tell
                raise ConnectionError("The file cannot be had just now") from None
            raise
        return (found.file_path or "").removeprefix(_PREFIX)

    def _at(self, path: str) -> AsyncIterator[bytes]:
        return local_file(path) if self._is_local(path) else self._wire.file(path)

    def _is_local(self, path: str) -> bool:
        return self._config.local_server and path.startswith("/")

    async def emoji(self, name: str) -> Attachment | None:
        """The picture of a custom emoji, by its number."""
        if not name.isdecimal():
            return None
        found = await self._bot.get_custom_emoji_stickers([name])
        return still(found[0]) if found else None

    async def chat_info(self, place: Place) -> ChatInfo:
        chat = await self._bot.get_chat(place.chat)
        name = name_of_chat(chat)
        if place.topic is not None:
            name = await self._memory.topic_name(place) or f"{name}, topic {place.topic}"
        closed = by_invitation(chat)
        if closed is not None and await self._memory.is_closed(place.chat) is None:
            self._memory.note_closed(place.chat, closed=closed)  # the room is made of this
            await self._memory.store()
        return ChatInfo(
            id=place.id,
            name=name,
            topic=chat.description or chat.bio,
            avatar=picture_of(chat) if chat.photo is not None else None,
            direct=place.chat > 0,
            by_invitation=closed,
        )

    async def user_info(self, user: RemoteUserID) -> UserInfo:
        """A person's picture, and the name and picture of a channel. Names of people come along.

        Whom Telegram does not show to bots is known by what they say.
        """
        peer = peer_of(user)
        if peer is None:
            return UserInfo(id=user)
        try:
            if peer < 0:
                chat = await self._bot.get_chat(peer)
                picture = picture_of(chat) if chat.photo is not None else None
                return UserInfo(id=user, name=name_of_chat(chat), avatar=picture)
            photos = await self._bot.get_user_profile_photos(peer, limit=1)
        except (BadRequest, Forbidden):
            return UserInfo(id=user)
        return UserInfo(id=user, avatar=photo(photos.photos[0]) if photos.photos else None)
