"""Files as Telegram gets them: under their names, as what it takes, by servers of one's own."""

import pytest

from bridgekit import Attachment, AttachmentKind, Rejected
from bridges.telegram.fake.files import StoredFile

GROUP = -1001
LARGE = 10_500_000  # more than Telegram takes as a photo


@pytest.mark.parametrize(
    "name", ["Bericht Mai é.pdf", "100%25.pdf", "報告.pdf", 'a "b" \\ c.pdf', "русский отчёт.pdf"]
)
async def test_a_file_keeps_its_name(place, message, file, name):
    attachment = file(b"x", AttachmentKind.FILE, name=name, mime="application/pdf")
    await place.does(message(attachments=(attachment,)))
    assert place.last()["document"]["file_name"] == name


async def test_files_of_an_album_keep_their_names(place, message, file):
    files = [file(b"x", AttachmentKind.FILE, name=f"ä {number}.txt") for number in range(2)]
    await place.does(message(attachments=tuple(files)))
    album = [one.message["document"]["file_name"] for one in place.fake.acts.of("sendmediagroup")]
    assert album == ["ä 0.txt", "ä 1.txt"]


async def test_a_file_name_writes_no_header_of_its_own(place, message, file):
    hostile = 'a\r\nContent-Type: text/html\r\n\r\nb" name="chat_id\x00\x7f.txt'
    attachment = file(b"x", AttachmentKind.FILE, name=hostile, mime="text/plain")
    await place.does(message(attachments=(attachment,)))
    shown = place.last()["document"]
    assert shown["file_name"] == 'a  Content-Type: text/html    b" name="chat_id  .txt'
    assert shown["mime_type"] == "text/plain"
    assert place.last()["chat"]["id"] == GROUP


async def test_a_photo_of_unknown_size_that_is_too_large_for_one_is_a_document(
    place, message, file, picture
):
    data = picture() + bytes(LARGE)
    attachment = file(data, AttachmentKind.IMAGE, name="big.png", mime="image/png")
    await place.does(message("look", attachments=(attachment,)))
    assert place.last()["document"]["file_name"] == "big.png"
    assert place.last()["caption"] == "Alice: look"


async def test_a_server_of_ones_own_takes_and_gives_larger_files(fake, host, at_work, tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"a long film")
    for name in ("film.mp4", "gone.mp4"):
        path = str(tmp_path / name)
        fake.state.files.stored[name] = StoredFile(name, name, path, b"", 19_000_000)
    async with at_work(fake, host, local_server=True) as place:
        assert place.client.limits(host.chats("")[0]).media == 2_000_000_000
        film = Attachment(AttachmentKind.VIDEO, "u film.mp4", "a", size=1_900_000_000)
        pieces = [piece async for piece in place.client.download(film)]
        assert b"".join(pieces) == b"a long film"
        gone = Attachment(AttachmentKind.VIDEO, "u gone.mp4", "a")
        with pytest.raises(Rejected, match="cannot read the files of the Bot API server"):
            await anext(place.client.download(gone))
