"""What is remembered of acts on messages, and which of them are our own (delivery rule 19)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bridgekit.events import Content
from bridgekit.ids import EventID, LoginID, MessageID
from bridgekit.relations import Relation, RelationKind
from bridgekit.signing import Signer
from bridgekit.store.relations import Relations, save_relations
from bridgekit.store.sql import Rows
from bridgekit.to_matrix.scene import Scene

MOST_PARTS = 20  # of an act of ours: an echo names one of them


class Changes:
    """Relations, as the acts of one event see them."""

    def __init__(self, relations: Relations, signer: Signer) -> None:
        self._relations, self._signer = relations, signer

    async def about(
        self, scene: Scene[Content], message: MessageID, kind: RelationKind
    ) -> list[Relation]:
        """What was done to a message in this way, in order."""
        return await self._relations.about(scene.portal_id, message, kind)

    def remembered(
        self,
        scene: Scene[Content],
        kind: RelationKind,
        message: MessageID,
        events: Iterable[EventID],
        value: str,
    ) -> Rows:
        """The operation that remembers what the event at hand did, by the events that show it."""
        sender = scene.event.sender or ""
        done = [Relation(scene.portal_id, event, kind, message, sender, value) for event in events]
        return save_relations(done, scene.journey.now())

    def echoes(self, scene: Scene[Content], earlier: Sequence[Relation]) -> bool:
        """Whether the event at hand is one of these, which we did on the network ourselves."""
        txn = scene.event.txn
        if txn is None:
            return False
        return any(
            txn == self._signer.remote_txn(scene.portal_id, one.event, part)
            for one in earlier
            if one.login is not None
            for part in range(MOST_PARTS)
        )


def own_login(scene: Scene[Content]) -> LoginID | None:
    """The login that the sender is, if they are one: what they do from elsewhere is theirs too."""
    login = scene.network.logins.holder(scene.event.sender)
    return None if login is None else login.id
