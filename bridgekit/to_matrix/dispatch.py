"""Network to Matrix: takes a job of a portal's lane to its end, by what kind of event it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridgekit.codec import BrokenRecord, load
from bridgekit.errors import Rejected, RetryLater
from bridgekit.events import Content, Message, MessageKind, Raw, RemoteEvent, Unsupported
from bridgekit.intake import storable
from bridgekit.journey import Done, Journey, dropped
from bridgekit.models import Portal, Result
from bridgekit.networks import Network, Networks
from bridgekit.portals import Portals
from bridgekit.reasons import Reason
from bridgekit.richtext import from_plain
from bridgekit.supports import SupportsConvert
from bridgekit.to_matrix.echo import Echoes
from bridgekit.to_matrix.message import Messages

TRIES = 3  # of a converter, whose look-ups may fail for a while


class ToMatrix:
    """The handler of all lanes to Matrix."""

    def __init__(
        self, networks: Networks, portals: Portals, echoes: Echoes, messages: Messages
    ) -> None:
        self._networks, self._portals = networks, portals
        self._echoes, self._messages = echoes, messages

    async def handle(self, journey: Journey) -> Done:
        lane_portal = journey.job.lane.portal
        assert lane_portal is not None  # noqa: S101 (a lane to Matrix is a portal's)
        portal = await self._portals.get(lane_portal)
        journey.network = portal.key.network
        record = load(journey.job.body or "")
        network = self._networks.get(portal.key.network)
        if network is None:
            return dropped(Reason.NOT_LINKED)  # the network is no longer configured
        if isinstance(record, Raw):
            return await self._raw(journey, portal, network, record)
        return await self._event(journey, portal, network, record, judged=record.txn is None)

    async def bury(self, journey: Journey, error: Exception) -> Done:
        """There is nobody on Matrix to tell; the outcome and the dead job say it."""
        del journey
        match error:
            case Rejected():
                reason, detail = Reason.HOMESERVER_REFUSED, str(error)
            case BrokenRecord():
                reason, detail = Reason.BROKEN_RECORD, str(error)
            case _:
                # Its text may quote the message; the queue logs where it happened.
                reason, detail = Reason.INTERNAL, type(error).__name__
        return Done(reason, Result.FAILED, detail, bury=True)

    async def _raw(self, journey: Journey, portal: Portal, network: Network, raw: Raw) -> Done:
        ends: list[Done] = []
        others: list[RemoteEvent[Content]] = []
        for number, event in enumerate(await self._converted(journey, network, raw)):
            named = event if event.id else replace(event, key=f"{raw.key}/{number}")
            said = isinstance(named.content, Message | Unsupported)
            if not said or named.chat != raw.chat or not storable(named):
                others.append(named)
                continue
            try:
                ends.append(await self._event(journey, portal, network, named, judged=False))
            except RetryLater:
                journey.doubtful = journey.doubtful or bool(ends)  # the earlier ones were sent
                raise
        if others:
            # Memberships, other chats: stored before this job ends, known if it is repeated.
            login = portal.key.receiver or network.logins.listener()
            if login is not None:
                await network.host.receive(login, *others)
        return _together(ends) if ends else dropped(_nothing_said(others))

    async def _converted(
        self, journey: Journey, network: Network, raw: Raw
    ) -> Sequence[RemoteEvent[Content]]:
        client = network.logins.client()
        if client is None:
            raise RetryLater(f"{network.name} is not connected", after=5.0)
        if not isinstance(client, SupportsConvert):
            raise BrokenRecord(f"the {network.name} adapter cannot convert what it stored")
        try:
            return await client.convert(raw)
        except (Rejected, RetryLater, BrokenRecord):
            raise
        except Exception as error:
            if journey.job.attempts < TRIES:
                raise RetryLater("The network's event cannot be converted now") from error
            raise

    async def _event(
        self,
        journey: Journey,
        portal: Portal,
        network: Network,
        event: RemoteEvent[Content],
        *,
        judged: bool,
    ) -> Done:
        echo = await self._echoes.settle(portal, network, event, judged=judged)
        if echo is not None:
            return echo
        match event.content:
            case Message() as message:
                return await self._messages.bridge(journey, portal, network, event, message)
            case Unsupported(text=text):
                line = Message(from_plain(text), kind=MessageKind.NOTICE)
                return await self._messages.bridge(journey, portal, network, event, line)
            case _:
                return dropped(Reason.NOT_BRIDGED_KIND)


def _together(ends: Sequence[Done]) -> Done:
    """The end of a job that was several messages."""
    chief = next((end for end in ends if end.result is Result.DELIVERED), ends[0])
    return replace(
        chief,
        targets=tuple(target for end in ends for target in end.targets),
        links=[link for end in ends for link in end.links],
        settled=next((end.settled for end in ends if end.settled), None),
    )


def _nothing_said(others: Sequence[RemoteEvent[Content]]) -> Reason:
    return Reason.DONE if others else Reason.NOT_BRIDGED_KIND
