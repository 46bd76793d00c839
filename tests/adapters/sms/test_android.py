"""The app on a phone: files that come within a call, older apps, and phones that are away."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from aiohttp import ClientSession

from bridgekit import Rejected
from bridges.sms.fake.android import FakeAndroid, fake_android
from bridges.sms.fake.calls import Outcall
from bridges.sms.fake.provider import serving
from bridges.sms.fake.troubles import BOB, OWN
from bridges.sms.provider import Surroundings
from bridges.sms.providers.android import AndroidGateway
from tests.adapters.sms.test_parsing import body
from tests.adapters.sms.test_signatures import gateway
from tests.adapters.sms.test_whole_bridge import bodies, playing
from tests.core.media.samples import noise

PICTURE = noise((20, 20))


def mms(**more: Any) -> dict[str, Any]:
    payload = {"messageId": "7", "sender": f"+{BOB}", "recipient": f"+{OWN}", "simNumber": 1}
    dated = {"receivedAt": "2030-01-01T12:00:00.000+00:00"}
    return {"id": "event-1", "event": "mms:downloaded", "payload": {**payload, **dated, **more}}


def file(data: bytes | None, mime: str = "image/png", name: str | None = "cat.png") -> Any:
    encoded = None if data is None else b64encode(data).decode()
    return {"partId": 1, "contentType": mime, "name": name, "size": 9, "data": encoded}


async def test_what_is_in_an_mms_comes_with_the_call() -> None:
    one: Any = gateway(AndroidGateway)
    files = [file(PICTURE), file(None, "application/smil"), file(None, "video/mp4", None)]
    (told,) = one.parse(body(mms(body="look", subject="Holiday", attachments=files)))
    assert (told.sender, told.to, told.id) == (f"+{BOB}", f"+{OWN}", "event-1")
    assert told.text == "look\n[a file that is on the phone only: video/mp4]"
    assert told.subject == "Holiday"
    (media,) = told.media
    assert (media.mime, media.name) == ("image/png", "cat.png")
    assert b"".join([piece async for piece in one.download(media.url)]) == PICTURE
    with pytest.raises(Rejected, match="broken"):
        _ = [piece async for piece in one.download("data:;base64,x")]


async def test_why_the_app_refuses_something_is_told() -> None:
    """Of an address without TLS, say."""
    nothing: Any = None
    async with fake_android() as phone, ClientSession() as http:
        phone.unknown = frozenset({"sms:received"})
        around = Surroundings(http, "http://bridge/hook", lambda: 0.0, nothing)
        with pytest.raises(Rejected, match="It says: Unsupported event"):
            async with AndroidGateway(phone.account, around).open():
                pass


def test_of_an_older_app_at_least_is_told_that_there_was_something() -> None:
    event = {**mms(subject="Holiday", transactionId="T1", size=9), "event": "mms:received"}
    (told,) = gateway(AndroidGateway).parse(body(event))
    assert (told.subject, told.media) == ("Holiday", ())
    assert "MMS" in told.text


async def test_a_picture_that_is_texted_to_the_phone_is_shown(tmp_path) -> None:
    async with playing(tmp_path, fake_android) as scene:
        phone: Any = scene.network
        await scene.until(lambda: phone.hook)
        said = mms(body="look", attachments=[file(PICTURE)])

        def make() -> Any:
            call = phone._call(said)
            return call.url, call.headers, call.body

        phone._calls_us(Outcall("POST", make))
        room = await scene.room()
        await scene.until(lambda: "look" in bodies(room))
        (shown,) = [one for one in room.events if one.type == "m.room.message"]
        assert (shown.content["msgtype"], shown.content["filename"]) == ("m.image", "cat.png")


@pytest.mark.parametrize("older", [False, True])
async def test_the_app_is_asked_to_tell_of_all_that_it_can(tmp_path, *, older: bool) -> None:
    class App(FakeAndroid):
        unknown = frozenset({"mms:downloaded"}) if older else frozenset[str]()

    async with playing(tmp_path, lambda: serving(App())) as scene:
        phone: Any = scene.network
        await scene.bob_texts("hi")
        room = await scene.room()
        await scene.until(lambda: "hi" in bodies(room))
        told_of = "mms:received" if older else "mms:downloaded"
        assert {one for one in phone.events if one.startswith("mms:")} == {told_of}
        await scene.says(room, "hello")
        await scene.until(lambda: phone.asked)
        ((fields, query),) = phone.asked
        assert fields["ttl"] == 24 * 3600
        assert query == {"skipPhoneValidation": "true"}
