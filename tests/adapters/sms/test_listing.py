"""What a list says: of a send whose answer was lost, and of what calls did not bring."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientSession

from bridgekit import Absence, Found, RemoteUserID
from bridges.sms import listing
from bridges.sms.asking import AskableClient
from bridges.sms.client import Office
from bridges.sms.fake import FakeTwilio, fake_twilio
from bridges.sms.fake.twilio import TOKEN
from bridges.sms.listing import Listed
from bridges.sms.numbers import between
from bridges.sms.provider import Known, Outgoing, Provider, Searchable, Surroundings
from bridges.sms.providers.twilio import Twilio
from bridges.sms.segments import segments
from tests.adapters.sms.office import BOB, OTHER_OWN, OWN, Place, place, settings
from tests.adapters.sms.sending import CHAT, saying

HOUR = timedelta(hours=1)


@asynccontextmanager
async def twilio(skew: timedelta) -> AsyncIterator[tuple[FakeTwilio, Twilio]]:
    """Whose clock is so far ahead of ours, as its answers show."""
    async with fake_twilio(lambda: datetime.now(UTC) + skew) as fake, ClientSession() as http:
        fake.tells_time = True
        account = fake.settings.providers["twilio"]
        assert account.secret.get_secret_value() == TOKEN
        nothing: Any = None
        yield fake, Twilio(account, Surroundings(http, fake.url, time.time, nothing))


async def looked(gateway: Twilio, since: datetime, known: Known) -> Any:
    message = Outgoing(f"+{OWN}", (f"+{BOB}",), "at 8", segments("at 8"), "txn-1")
    return await gateway.find(message, since, known)


async def nobody_knows(_: str) -> bool:
    return False


@pytest.mark.parametrize("skew", [-HOUR, HOUR], ids=["behind", "ahead"])
async def test_what_was_taken_is_found_however_far_apart_the_clocks_are(skew: timedelta) -> None:
    """Else it would be taken for absent, and sent a second time."""
    since = datetime.now(UTC)
    async with twilio(skew) as (fake, gateway):
        sid = fake._new(f"+{OWN}", f"+{BOB}", "at 8", "outbound-api")
        assert await looked(gateway, since, nobody_knows) == Found((sid,))


async def test_the_same_words_of_yesterday_are_not_taken_for_those_of_today(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing, "_SURE_AFTER", 0.0)
    async with twilio(HOUR) as (fake, gateway):
        fake._new(f"+{OWN}", f"+{BOB}", "at 8", "outbound-api")
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        assert await looked(gateway, tomorrow, nobody_knows) is Absence.ABSENT


async def test_what_another_number_of_ours_has_texted_is_another_message() -> None:
    since = datetime.now(UTC)
    async with twilio(timedelta()) as (fake, gateway):
        sid = fake._new(f"+{OWN}", f"+{BOB}", "at 8", "outbound-api")
        fake._new(f"+{OTHER_OWN}", f"+{BOB}", "at 8", "outbound-api")
        assert await looked(gateway, since, nobody_knows) == Found((sid,))


async def test_two_that_it_may_be_leave_it_open_and_one_that_is_known_does_not() -> None:
    since = datetime.now(UTC)
    async with twilio(timedelta()) as (fake, gateway):
        first, sid = (fake._new(f"+{OWN}", f"+{BOB}", "at 8", "outbound-api") for _ in range(2))

        async def known(id_: str) -> bool:
            return id_ == first

        assert await looked(gateway, since, nobody_knows) is Absence.UNSURE
        assert await looked(gateway, since, known) == Found((sid,))


class Lister(Provider, Searchable):
    """Asks of each of its messages whether it is known; the first that is not was the send."""

    title = "Test"

    def __init__(self, ids: list[str]) -> None:
        self.ids = ids

    async def send(self, message: Outgoing) -> tuple[str, ...]:
        raise NotImplementedError

    async def find(self, message: Outgoing, since: datetime, known: Known) -> Any:
        del message, since
        found = [one for one in self.ids if not await known(one)]
        return Found(tuple(found[:1])) if found else Absence.ABSENT  # type: ignore[arg-type]


def asking(office: Place, *ids: str) -> AskableClient:
    office.lines._lines["main"].provider = Lister(list(ids))
    host: Any = office.host
    return AskableClient(host, Office(office.config, office.lines, office.desk, office.notes))


async def test_what_was_bridged_before_a_restart_is_known_by_its_link() -> None:
    office = place(settings(numbers={OWN: {}, OTHER_OWN: {}}))
    office.host.linked.add((CHAT.id, "main:1"))
    office.host.linked.add((between(OTHER_OWN, RemoteUserID(BOB)).id, "main:2"))
    client = asking(office, "1", "2", "3")
    assert await client.find(saying("hi"), datetime.now(UTC)) == Found(("main:3",))
    # Its link may not be stored yet when the next one is looked for.
    assert await client.find(saying("hi"), datetime.now(UTC)) is Absence.ABSENT


class Ear:
    """Takes what it is told until `failing`."""

    def __init__(self) -> None:
        self.now = datetime(2020, 1, 1, tzinfo=UTC)
        self.since: datetime | None = self.now - HOUR
        self.taken: list[Any] = []
        self.until: datetime | None = None

    def knows(self, id_: str) -> bool:
        return id_ in self.taken

    async def take(self, told: Any) -> None:
        self.taken.append(told)

    def caught_up(self, until: datetime) -> None:
        self.until = until
        raise ConnectionError("that is all for this test")


async def kept_up(ear: Any, told: Callable[[Listed], Awaitable[Any]]) -> None:
    async def listed(_: datetime) -> AsyncIterator[Listed]:
        for one in ("2", "1"):
            yield Listed(one, "hi", True, {})

    with pytest.raises(ConnectionError):
        await listing.keep_up(ear, listed, told, 0.0)


async def test_all_of_a_list_is_taken_oldest_first_before_it_counts_as_read() -> None:
    async def told(one: Listed) -> Any:
        return one.id

    ear = Ear()
    await kept_up(ear, told)
    assert (ear.taken, ear.until) == (["1", "2"], ear.now)


async def test_a_list_that_is_read_in_part_is_read_again_from_where_it_was() -> None:
    async def told(one: Listed) -> Any:
        if one.id == "2":
            raise ConnectionError("its files cannot be listed")
        return one.id

    ear = Ear()
    await kept_up(ear, told)
    assert (ear.taken, ear.until) == (["1"], None)
