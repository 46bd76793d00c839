"""A vote on the network, cast by the voter's ghost; the whole choice each time."""

from __future__ import annotations

from bridgekit.events import Content, Vote
from bridgekit.lanes.journey import Done, dropped
from bridgekit.lanes.moot import Moot
from bridgekit.matrix.intents import Intents
from bridgekit.matrix.poll_content import RESPONSE, answers_of, poll_response
from bridgekit.reasons import Reason
from bridgekit.relations import RelationKind
from bridgekit.store.relations import forget_relations
from bridgekit.to_matrix.changes import Changes, own_login
from bridgekit.to_matrix.post import Draft, post_of
from bridgekit.to_matrix.posting import Posting
from bridgekit.to_matrix.scene import Scene
from bridgekit.to_matrix.speakers import Speakers
from bridgekit.to_matrix.targets import Targets


class Votes:
    """Safe to repeat at every step."""

    def __init__(
        self,
        targets: Targets,
        changes: Changes,
        posting: Posting,
        speakers: Speakers,
        intents: Intents,
    ) -> None:
        self._targets, self._changes, self._posting = targets, changes, posting
        self._speakers, self._intents = speakers, intents

    async def bridge(self, scene: Scene[Content], vote: Vote) -> Done:
        """Raises as `Targets.shown`, or `Refused`."""
        if scene.room is None:
            return dropped(Reason.NOT_LINKED)
        links = await self._targets.shown(scene, vote.target)
        poll = links[0].event
        earlier = await self._changes.about(scene, vote.target, RelationKind.VOTE)
        value = ",".join(map(str, vote.options))
        login = own_login(scene)
        same = any(one.login == login and one.value == value for one in earlier)
        if self._changes.echoes(scene, earlier) or (login is not None and same):
            return dropped(Reason.OWN_ECHO)
        answers = answers_of(await self._intents.event(scene.room, poll) or {})
        if answers is None:
            raise Moot(Reason.NO_CHANGE)  # shown as text, in which nobody can vote
        chosen = [answers[place] for place in vote.options if 0 <= place < len(answers)]
        if vote.options and not chosen:
            return dropped(Reason.EMPTY)
        speaker = await self._speakers.of(scene.portal, scene.network, scene.event.sender)
        draft = Draft(RESPONSE, poll_response(poll, chosen))
        event = await self._posting.personally(post_of(scene, scene.room, "vote"), speaker, draft)
        mine = [one.event for one in earlier if one.sender == (scene.event.sender or "")]
        about = (RelationKind.VOTE, vote.target, [event], value)
        also = [forget_relations(scene.portal_id, mine), self._changes.remembered(scene, *about)]
        return Done(Reason.DELIVERED, targets=(event,), also=also)
