"""Files that are too large for a text message, on their way through a whole bridge."""

from __future__ import annotations

from bridgekit import Attachment, AttachmentKind, Message, from_plain
from bridges.sms.fake.troubles import BOB, OWN
from bridges.sms.provider import Traits
from bridges.sms.providers.twilio import Twilio
from tests.adapters.sms.test_whole_bridge import bodies, calls, playing
from tests.core.media.samples import SCRIPT, animation, noise


async def test_a_picture_is_made_small_enough_and_what_cannot_be_goes_as_a_link(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(Twilio, "traits", Traits(files=10, media=60_000, keeps=True))
    async with playing(tmp_path) as scene:
        await scene.bob_texts("show me")
        room = await scene.room()
        await scene.alice.send_file(room.id, "cat.png", "image/png", noise((600, 400)))
        await scene.until(scene.network.heard)
        (file,) = scene.network.heard()[0].content.attachments
        assert (file.mime, file.name) == ("image/jpeg", "cat.jpg")
        large = animation() + b"\0" * 60_000
        await scene.alice.send_file(room.id, "cat.gif", "image/gif", large)
        await scene.until(lambda: len(scene.network.heard()) == 2)
        said = scene.network.heard()[1].content
        assert said.attachments == ()
        assert "cat.gif" in scene.heard()[1]
        await scene.until(lambda: [one for one in bodies(room) if "as a link" in one])


async def test_a_file_at_a_private_address_and_one_of_another_type_do_no_harm(tmp_path) -> None:
    """The text comes all the same, and a line says what became of the file."""
    async with playing(tmp_path) as scene:
        script = Attachment(AttachmentKind.IMAGE, SCRIPT.decode(), "cat.png", "image/png")
        await scene.network.say("bob", Message(from_plain("no cat"), attachments=(script,)))
        room = await scene.room()
        await scene.until(lambda: "no cat" in bodies(room))
        (file,) = [one for one in room.events if one.content.get("url")]
        assert file.content["msgtype"] == "m.file"
        fields = {"MessageSid": "MM9", "From": f"+{BOB}", "To": f"+{OWN}", "Body": "look"}
        inside = {"NumMedia": "1", "MediaUrl0": "http://127.0.0.1:1/x", "MediaContentType0": "a/b"}
        assert await calls(scene, fields | inside) == 200
        await scene.until(lambda: any(one.startswith("look") for one in bodies(room)))
        assert len([one for one in room.events if one.content.get("url")]) == 1
        await scene.until(lambda: any("file" in one and "not" in one for one in bodies(room)))
