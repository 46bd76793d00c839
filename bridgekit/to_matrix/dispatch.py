"""Network to Matrix: takes a job of a portal's lane to its end, by what kind of event it is."""

from __future__ import annotations

from dataclasses import replace

from bridgekit.codec import BrokenRecord, load
from bridgekit.errors import Rejected, RetryLater
from bridgekit.events import Content, Message, MessageKind, Raw, RemoteEvent, Unsupported
from bridgekit.journey import Done, Journey, dropped
from bridgekit.matrix.api import AnswerLost
from bridgekit.models import Portal, Result
from bridgekit.networks import Network, Networks
from bridgekit.portals import Portals
from bridgekit.reasons import Reason
from bridgekit.richtext import Text
from bridgekit.supports import SupportsConvert
from bridgekit.to_matrix.echo import Echoes
from bridgekit.to_matrix.message import Messages


class ToMatrix:
    """The handler of all lanes to Matrix."""

    def __init__(
        self, networks: Networks, portals: Portals, echoes: Echoes, messages: Messages
    ) -> None:
        self._networks, self._portals = networks, portals
        self._echoes, self._messages = echoes, messages

    async def handle(self, journey: Journey) -> Done:
        record = load(journey.job.body or "")
        lane_portal = journey.job.lane.portal
        assert lane_portal is not None  # noqa: S101 (a lane to Matrix is a portal's)
        portal = await self._portals.get(lane_portal)
        network = self._networks.get(portal.key.network)
        if network is None:
            return dropped(Reason.NOT_LINKED)  # the network is no longer configured
        try:
            if isinstance(record, Raw):
                return await self._raw(journey, portal, network, record)
            return await self._event(journey, portal, network, record)
        except AnswerLost:
            journey.doubtful = True  # the next try looks first (delivery rule 14)
            raise

    async def bury(self, journey: Journey, error: Exception) -> Done:
        """There is nobody on Matrix to tell; the outcome and the dead job say it."""
        del journey
        match error:
            case Rejected():
                reason, detail = Reason.HOMESERVER_REFUSED, str(error)
            case BrokenRecord():
                reason, detail = Reason.BROKEN_RECORD, str(error)
            case _:
                reason, detail = Reason.INTERNAL, f"{type(error).__name__}: {error}"
        return Done(reason, Result.FAILED, detail, bury=True)

    async def _raw(self, journey: Journey, portal: Portal, network: Network, raw: Raw) -> Done:
        client = network.logins.client()
        if client is None:
            raise RetryLater(f"{network.name} is not connected", after=5.0)
        if not isinstance(client, SupportsConvert):
            raise BrokenRecord(f"the {network.name} adapter cannot convert what it stored")
        done = dropped(Reason.NOT_BRIDGED_KIND)
        for number, event in enumerate(await client.convert(raw)):
            named = event if event.id or event.key else replace(event, key=f"{raw.key}/{number}")
            done = await self._event(journey, portal, network, named)
        return done

    async def _event(
        self, journey: Journey, portal: Portal, network: Network, event: RemoteEvent[Content]
    ) -> Done:
        echo = await self._echoes.settle(portal, network, event)
        if echo is not None:
            return echo
        match event.content:
            case Message() as message:
                return await self._messages.bridge(journey, portal, network, event, message)
            case Unsupported(text=text):
                line = Message((Text(text),), kind=MessageKind.NOTICE)
                return await self._messages.bridge(journey, portal, network, event, line)
            case _:
                return dropped(Reason.NOT_BRIDGED_KIND)
