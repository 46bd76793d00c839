"""What the bridge says to somebody who told it to do something: shown well, and once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from typing import Any

import segno

from bridgekit.errors import BridgekitError
from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.matrix.notice_content import notice_content
from bridgekit.status import Status

Upload = Callable[[AsyncIterator[bytes], int, str, str | None], Awaitable[str]]

_SCALE = 8  # pixels of a dot: phones read it off a screen
_PNG = "image/png"


class Replies:
    """`key` makes a reply the same in every repetition."""

    def __init__(self, status: Status, upload: Upload) -> None:
        self._status, self._upload = status, upload

    async def say(
        self,
        room: RoomID,
        text: str,
        *,
        key: str,
        to: tuple[EventID, UserID] | None = None,
        instead: EventID | None = None,
        qr: str | None = None,
        speaker: UserID | None = None,
        doubtful: bool = False,
    ) -> EventID | None:
        """Say `text`; `to` somebody's message, or `instead` of what we said before.

        None if nobody may say it there. May raise `RetryLater`.
        """
        content = notice_content(text)
        if qr is not None:
            content |= await self._drawn(qr)
        content["m.mentions"] = {"user_ids": [to[1]]} if to and not instead else {}
        if instead is not None:
            whole = {**content, "m.new_content": dict(content), "body": f"* {content['body']}"}
            content = whole | {"m.relates_to": {"rel_type": "m.replace", "event_id": instead}}
        elif to is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": to[0]}}
        return await self._status.say(room, content, key=key, speaker=speaker, doubtful=doubtful)

    async def _drawn(self, qr: str) -> dict[str, Any]:
        """The fields of an image; where it cannot be uploaded, the text has to do."""
        file = BytesIO()
        drawn = segno.make(qr, micro=False)
        drawn.save(file, kind="png", scale=_SCALE)
        picture, side = file.getvalue(), drawn.symbol_size(scale=_SCALE)[0]
        try:
            uri = await self._upload(_once(picture), len(picture), _PNG, "code.png")
        except BridgekitError:
            return {}
        info = {"mimetype": _PNG, "size": len(picture), "w": side, "h": side}
        return {"msgtype": "m.image", "url": uri, "filename": "code.png", "info": info}


async def _once(picture: bytes) -> AsyncIterator[bytes]:
    yield picture
