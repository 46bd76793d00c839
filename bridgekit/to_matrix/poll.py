"""A poll, each later state of it, and its end; where Matrix has no such poll, as text."""

from __future__ import annotations

from dataclasses import replace

from bridgekit.events import Content, Message, Poll
from bridgekit.ids import EventID
from bridgekit.lanes.journey import Done
from bridgekit.lanes.moot import Moot
from bridgekit.matrix.api import Refused
from bridgekit.matrix.poll_content import END, MOST_ANSWERS, START, poll_end, poll_start
from bridgekit.models import Result
from bridgekit.richtext.canonical import one_line
from bridgekit.to_matrix.message import Messages
from bridgekit.to_matrix.post import Draft, post_of
from bridgekit.to_matrix.posting import Posting
from bridgekit.to_matrix.scene import Scene
from bridgekit.to_matrix.showing import Showing
from bridgekit.to_matrix.speakers import Speakers
from bridgekit.to_matrix.targets import Targets
from bridgekit.to_matrix.unfinished import Expired
from bridgekit.to_matrix.wording import with_options

NAMELESS = "(no question)"
LONGEST = 500  # characters of a question or an answer
MOST_LINES = 100  # of the options of a poll that is shown as text


class Polls:
    """Safe to repeat at every step."""

    def __init__(
        self,
        showing: Showing,
        messages: Messages,
        targets: Targets,
        posting: Posting,
        speakers: Speakers,
    ) -> None:
        self._showing, self._messages, self._targets = showing, messages, targets
        self._posting, self._speakers = posting, speakers

    async def bridge(self, scene: Scene[Content], poll: Poll) -> Done:
        question = one_line(poll.question).strip()[:LONGEST] or NAMELESS
        options = tuple(_short(option) for option in poll.options[: MOST_ANSWERS + MOST_LINES])
        sound = replace(poll, question=question, options=options)
        if not 0 < len(poll.options) <= MOST_ANSWERS:
            text = with_options(question, options, len(poll.options), MOST_LINES)
            line = Message(text, reply_to=poll.reply_to, thread=poll.thread)
            return await self._messages.bridge(scene, line)
        done = await self._showing.show(
            scene, poll, START, lambda speaker: poll_start(sound, speaker.name)
        )
        if not poll.closed or done.result is not Result.DELIVERED:
            return done
        return await self._end(scene, done)

    async def _end(self, scene: Scene[Content], done: Done) -> Done:
        """Each state of a closed poll says that it has ended; the first time it is sent."""
        portal = await self._targets.portal(scene)
        start = await self._start(scene, done)
        if portal.room is None or start is None:
            return done
        bound = replace(scene, portal=portal)
        speaker = await self._speakers.of(portal, scene.network, scene.event.sender)
        try:
            posted = await self._posting.post(
                post_of(bound, portal.room, "poll end", scene.source),
                speaker,
                lambda _: [Draft(END, poll_end(start))],
            )
        except (Refused, Expired, Moot) as error:  # the poll itself is there, and must be known
            return replace(done, detail=f"Its end is not shown. {error}")
        return replace(done, targets=(*done.targets, *posted.events))

    async def _start(self, scene: Scene[Content], done: Done) -> EventID | None:
        if done.links or scene.event.id is None:
            return EventID(done.targets[0])
        links = await self._targets.tied(scene, scene.event.id)
        return links[0].event if links else None


def _short(option: str) -> str:
    return one_line(option).strip()[:LONGEST] or "…"
