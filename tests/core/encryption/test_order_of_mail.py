"""In which order the mail of the bot and of ghosts is read: a client has one conversation with all.

A key reads nothing that was said before it was given.
"""

from __future__ import annotations

import pytest
from vodozemac import GroupSession

from bridgekit.errors import RetryLater
from bridgekit.store.sql import Rows
from tests.core.encryption.far_side import ROOM
from tests.core.encryption.test_dying import event_of
from tests.core.encryption.test_ghost_devices import say
from tests.core.encryption.test_ghost_mail import (
    BOB,
    _days_later,
    begin,
    key_of,
    post,
    read,
    sent,
)


async def test_what_was_sent_to_the_bot_is_read_before_what_ghosts_got_behind_it(
    begun, far
) -> None:
    """A conversation forgets the keys of what it passed over, but for the last forty."""
    async with begun() as side:
        await say(side, far, BOB, "hello")
        far.keys._conversations.clear()
        device, sessions = begin(far), []
        (bot,) = far.made.values()
        for _ in range(30):  # while the bridge was down
            session, content = key_of(far)
            sessions.append(session)
            far.mail.append(sent(far, bot, content))
            post(far, sent(far, device, content))
        far.ghosts.mail_of[BOB] = far.ghosts.mail_of[BOB][-1:]  # that of others is like it
        side.mailbox.behind = True
        with pytest.raises(RetryLater):
            await side._ghosts.read(BOB)
        with pytest.raises(RetryLater):
            await _days_later(side)
        for since in ("", str(len(far.mail))):
            await side.mailbox.take(await far.sync(since))
        await side._ghosts.read(BOB)
        await _days_later(side)
        assert [await read(side, session) for session in sessions] == [True] * 30
        assert side.refused == 0


async def test_the_bot_s_later_key_hides_nothing_though_it_comes_at_once(begun, far) -> None:
    """The ghost was given the key of a first word; the bot gets it behind that, a moment later."""
    far.direct[ROOM] = BOB
    async with begun() as side:
        await say(side, far, BOB, "hello")
        session = GroupSession()
        early = far.keys.room_key(ROOM, session)
        event = {**event_of(session, "first"), "origin_server_ts": 1}
        opening = side.opener.begin()
        assert await opening.open(event) is None
        await side.mailbox._writer.write(Rows(*opening.changes()))
        far.keys._conversations.clear()
        post(far, sent(far, begin(far), early))
        (bot,) = far.made.values()
        far.mail.append(sent(far, bot, far.keys.room_key(ROOM, session)))
        await side.mailbox.take(await far.sync(""))
        side._ghosts._behind = lambda: True  # the homeserver does not answer, say
        assert await side.waiting._look()
        assert [one.event for one in await side.waiting._rows.readable()] == [event["event_id"]]
        side._ghosts._behind = lambda: False
        await side.waiting._look()
        assert await side.waiting._rows.readable() == []
        found = await side.opener.begin().open(event)
        assert found["content"].get("body") == "first"
