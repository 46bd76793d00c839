"""Something said on Matrix, on its way to a network: in the pieces that the network takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bridgekit.events import Message
from bridgekit.ids import EventID, LoginID, MessageID, UserID
from bridgekit.lanes.journey import Done
from bridgekit.matrix.referring import reply_target, thread_target
from bridgekit.pieces import Piece
from bridgekit.relations import Relation, RelationKind
from bridgekit.store.relations import save_relations
from bridgekit.store.sql import Rows
from bridgekit.to_network.act import Happened, Pieces, Route, Scene
from bridgekit.to_network.fitting import About, Fitting
from bridgekit.to_network.message import calls_everybody, message_of
from bridgekit.to_network.rights import Rights
from bridgekit.to_network.targets import Targets


@dataclass(frozen=True, slots=True)
class Saying:
    """A message. `absorbed` are the edits that it holds already (delivery rule 9)."""

    message: Message
    about: About
    fitting: Fitting
    absorbed: tuple[EventID, ...] = ()
    own: UserID | None = None
    through: LoginID | None = None

    async def pieces(self, scene: Scene, route: Route) -> Pieces | Done:
        fitted = await self.fitting.fitted(scene, route, self.message, self.about)
        return Pieces([Piece(message) for message in fitted.messages], fitted.notes)

    def remembered(self, scene: Scene, route: Route, happened: Happened) -> Sequence[Rows]:
        first = happened.messages[0] if happened.messages else MessageID("")
        held = [
            Relation(scene.portal.id, edit, RelationKind.EDIT, first, scene.sender, "", route.login)
            for edit in self.absorbed
        ]
        return [save_relations(held, scene.journey.now())] if held else []


async def read_saying(
    scene: Scene,
    targets: Targets,
    fitting: Fitting,
    rights: Rights,
    absorbed: tuple[EventID, ...] = (),
) -> Saying:
    """What an `m.room.message` or `m.sticker` asks of the network; raises `Failed`."""
    reply_to, thread = await targets.place(scene)
    everybody = calls_everybody(scene.content) and await rights.may_call_everybody(scene)
    message = message_of(
        scene.event,
        scene.remote,
        reply_to=reply_to,
        thread=thread,
        everybody=everybody,
    )
    about = About(reply_target(scene.content), thread_target(scene.content))
    return Saying(message, about, fitting, absorbed)
