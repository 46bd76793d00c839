"""The token appears nowhere, whatever goes wrong."""

import json
import logging

import pytest

from bridgekit import Attachment, AttachmentKind, RetryLater
from bridgekit.metrics.families import exposed
from bridgekit.metrics.readings import Readings
from bridges.telegram.fake.errors import BotError
from bridges.telegram.fake.faults import Loss
from bridges.telegram.fake.network import GROUP
from bridges.telegram.fake.state import TOKEN
from tests.adapters.telegram.test_bridge import played


async def test_the_token_is_in_no_error_log_or_representation(fake, host, at_work, message, caplog):
    caplog.set_level(logging.DEBUG)
    secret = TOKEN.partition(":")[2]
    shown = []
    async with at_work(fake, host) as place:
        shown += [repr(place.client.__dict__), repr(place.adapter.config), repr(place.client._bot)]
        for fault in (Loss.BEFORE, BotError(404, "Not Found"), BotError(401, "Unauthorized")):
            fake.faults.next(fault)
            with pytest.raises(Exception) as raised:  # noqa: PT011 (any)
                await place.does(message("x"))
            errors = [raised.value, raised.value.__cause__, raised.value.__context__]
            shown += [repr(error) + str(error) for error in errors]
    assert not [text for text in (*shown, caplog.text) if secret in text]


async def test_the_token_is_in_no_error_of_a_file_or_a_proxy(fake, host, at_work, caplog):
    caplog.set_level(logging.DEBUG)
    secret, shown = TOKEN.partition(":")[2], []
    async with at_work(fake, host) as place:
        wire = place.client._fetching._wire
        stored = fake.state.files.add(b"x")
        fake.state.files.expired.add(stored.path)
        file = Attachment(AttachmentKind.FILE, f"u {stored.id}", "a")
        for url in (fake.url, "http://127.0.0.1:1"):
            wire._api_url = url
            with pytest.raises(Exception) as raised:  # noqa: PT011 (any)
                await anext(place.client.download(file))
            shown += [repr(raised.value), repr(raised.value.__cause__)]
    proxy = "http://user:pa55word@127.0.0.1:1"
    with pytest.raises(RetryLater) as raised:
        async with at_work(fake, host, proxy=proxy):
            pass
    shown += [repr(raised.value), repr(raised.value.__cause__), caplog.text]
    assert not [text for text in shown if secret in text or "pa55word" in text]


@played
async def test_the_token_is_in_nothing_that_people_see_and_in_no_metric(stage):
    people, faults = stage.fake.people, stage.fake.faults
    about = {"file_name": "a.txt", "mime_type": "text/plain"}
    people.send_file("Bob", GROUP, "document", b"one", **about)
    for _ in range(2):
        faults.next(BotError(404, "Not Found"), lambda method: method == "file")
    people.send_file("Bob", GROUP, "document", b"two", caption="gone", **about)
    await stage.seen("gone")
    for fault in (BotError(404, "Not Found"), BotError(502, "Bad Gateway"), Loss.AFTER):
        faults.next(fault, lambda method: method == "sendmessage")
        before = len(stage.here.notices())
        await stage.says(f"with {fault}")
        await stage.until(lambda n=before: len(stage.here.notices()) > n, "alice is told")
    faults.unauthorized = True
    await stage.says("and without")
    await stage.until(lambda: not stage.watch.clients, "the bot is refused")
    events = [one.content for room in stage.hs.world.rooms.values() for one in room.events]
    bridge = stage.bridge
    readings = Readings(bridge.parts, bridge.health, "sqlite://", stage.time.clock)
    shown = json.dumps(events, default=str) + exposed(await readings.take()).decode()
    assert "bridgekit_events" in shown
    assert TOKEN.partition(":")[2] not in shown
