"""Network to Matrix: files as the network has them, and as people try to make trouble with them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from bridgekit import Attachment, AttachmentKind, Rejected, RetryLater
from bridgekit.ids import NetworkName
from bridgekit.matrix.api import AnswerLost
from bridgekit.media.fetcher import Fetcher
from bridgekit.media.least_rate import WINDOW
from bridgekit.media.uploaded import FileMissing, Uploaded
from bridgekit.media.uploads import AT_ONCE, PAUSES
from bridgekit.supports import SupportsDownload
from bridgekit.testing.clock import VirtualClock
from tests.core.media.conftest import LARGEST, NETWORK, Files
from tests.core.media.samples import SCRIPT, animation, bomb, picture, placed
from tests.core.media.test_fetcher import HERE, serving


class Phone(SupportsDownload):
    """A client that hands out what it is told; what is an exception is raised."""

    def __init__(self, *served: bytes | Exception) -> None:
        self._served = list(served)
        self.asked = 0

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        del attachment
        self.asked += 1
        served = self._served.pop(0) if len(self._served) > 1 else self._served[0]
        if isinstance(served, Exception):
            raise served
        for start in range(0, len(served), 1000):
            yield served[start : start + 1000]


def attached(name: str = "a.png", kind: str = "image", **more: Any) -> Attachment:
    return Attachment(AttachmentKind(kind), "ref-1", name, **more)


async def brought(files: Files, data: bytes, **more: Any) -> Uploaded:
    client: Any = Phone(data)
    return await files.uploads.upload(NETWORK, client, attached(**more))


async def test_a_picture_arrives_with_its_size_and_a_thumbnail(files: Files) -> None:
    data = picture("JPEG", (1600, 900))
    file = await brought(files, data, name="x/../Sunset.jpg", mime="image/png", width=1)
    assert (file.kind, file.mime, file.name) == (AttachmentKind.IMAGE, "image/jpeg", "Sunset.jpg")
    assert (file.width, file.height, file.size) == (1600, 900, len(data))
    assert file.thumbnail is not None
    assert (file.thumbnail.width, file.thumbnail.height) == (800, 450)
    assert [Image.open(BytesIO(data)).size for data in files.stored] == [(1600, 900), (800, 450)]


async def test_a_moving_sticker_stays_as_it_is(files: Files) -> None:
    file = await brought(files, animation("WEBP"), kind="sticker", name="wave.webp")
    assert (file.kind, file.animated, file.thumbnail) == (AttachmentKind.STICKER, True, None)
    assert files.stored == [animation("WEBP")]


async def test_a_file_that_lies_about_its_size_is_cut_off_while_it_is_read(files: Files) -> None:
    with pytest.raises(FileMissing, match=r"file big.bin could not be bridged. It is larger than"):
        await brought(files, b"x" * (LARGEST + 1), kind="file", name="big.bin", size=5)
    assert files.stored == []


async def test_a_file_that_says_it_is_too_large_is_not_even_asked_for(files: Files) -> None:
    client: Any = Phone(b"x")
    with pytest.raises(FileMissing, match=r"a\.png"):
        await files.uploads.upload(NETWORK, client, attached(size=LARGEST + 1))
    assert client.asked == 0


async def test_the_homeserver_may_take_less_than_is_configured(files: Files) -> None:
    files.hs.world.largest_upload = 1000
    with pytest.raises(FileMissing, match="larger"):
        await brought(files, b"x" * 1001, kind="file")


async def test_an_svg_with_a_script_is_a_file_without_a_type(files: Files) -> None:
    file = await brought(files, SCRIPT, name="logo.svg", mime="image/svg+xml")
    assert (file.kind, file.mime) == (AttachmentKind.FILE, "application/octet-stream")
    (media,) = files.hs.world.media.values()
    assert media.content_type == "application/octet-stream"


async def test_a_picture_bomb_is_a_file(files: Files) -> None:
    file = await brought(files, bomb(30_000, 30_000))
    assert (file.kind, file.thumbnail) == (AttachmentKind.FILE, None)


async def test_what_only_says_that_it_is_a_picture_is_a_file(files: Files) -> None:
    file = await brought(files, b"MZ" + b"\0" * 300, mime="image/png")
    assert file.kind is AttachmentKind.FILE


@pytest.mark.parametrize("keep", [False, True])
async def test_the_place_leaves_a_picture_unless_it_is_to_be_kept(
    files: Files,
    keep: bool,  # noqa: FBT001 (a parameter of pytest's)
) -> None:
    client: Any = Phone(placed("JPEG"))
    await files.made_uploads(keep_exif=keep).upload(NETWORK, client, attached())
    place = Image.open(BytesIO(files.stored[0])).getexif().get_ifd(0x8825)
    assert bool(place) is keep


async def test_a_repeated_try_uploads_nothing_again(files: Files) -> None:
    client: Any = Phone(picture())
    first = await files.uploads.upload(NETWORK, client, attached(), key="job 1")
    again = await files.made_uploads().upload(NETWORK, client, attached(), key="job 2")
    assert first == again
    assert (client.asked, len(files.stored)) == (1, 1)


async def test_a_remembered_file_keeps_its_thumbnail(files: Files) -> None:
    client: Any = Phone(picture("JPEG", (1600, 900)))
    first = await files.uploads.upload(NETWORK, client, attached())
    assert await files.uploads.upload(NETWORK, client, attached()) == first


async def test_what_a_url_shows_is_remembered_for_one_job_only(files: Files) -> None:
    shown = [picture("PNG", (1, 1)), picture("PNG", (2, 2))]

    async def changing(_: web.Request) -> web.Response:
        return web.Response(body=shown[0])

    async with serving(changing) as port:
        uploads = files.made_uploads(fetcher=Fetcher(allowed={HERE}, ports={port}))
        webcam = Attachment(AttachmentKind.IMAGE, f"http://{HERE}:{port}/now.png", "now.png")
        first = await uploads.upload(NETWORK, None, webcam, key="job 1")
        shown.pop(0)
        assert await uploads.upload(NETWORK, None, webcam, key="job 1") == first
        assert (await uploads.upload(NETWORK, None, webcam, key="job 2")).width == 2


async def test_a_private_address_is_no_source(files: Files) -> None:
    inside = Attachment(AttachmentKind.IMAGE, "http://169.254.169.254/x", "x.png")
    with pytest.raises(FileMissing, match="not public"):
        await files.uploads.upload(NETWORK, None, inside)


async def test_nobody_who_could_fetch_it_is_a_missing_file(files: Files) -> None:
    with pytest.raises(FileMissing, match=r"a\.png"):
        await files.uploads.upload(NETWORK, None, attached())


async def test_a_source_that_fails_is_asked_three_times(files: Files) -> None:
    client: Any = Phone(OSError("gone"), OSError("gone"), picture())
    assert (await files.uploads.upload(NETWORK, client, attached())).width == 40
    broken: Any = Phone(OSError("secret detail"))
    with pytest.raises(FileMissing) as error:
        await files.uploads.upload(NETWORK, broken, attached("b.png"))
    assert broken.asked == 3
    assert "secret" not in str(error.value)
    assert files.clock.slept == [0.0, 1.0, 5.0, 0.0, 1.0, 5.0]


class Hanging(SupportsDownload):
    """A client whose network never answers; `begun` once for each file."""

    def __init__(self) -> None:
        self.begun = asyncio.Semaphore(0)

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        self.begun.release()
        await asyncio.Event().wait()
        yield attachment.name.encode()


async def test_a_download_that_hangs_is_given_up(files: Files) -> None:
    clock, client = VirtualClock(), Hanging()
    uploads = files.made_uploads(clock=clock)
    upload: Any = uploads.upload(NETWORK, client, attached())  # type: ignore[arg-type]
    task = asyncio.create_task(upload)
    for pause in (0.0, *PAUSES):
        await clock.wait_for_timer(within=pause + 0.001) if pause else None
        await clock.advance(pause)
        await client.begun.acquire()
        await clock.advance(WINDOW)
    with pytest.raises(FileMissing, match="several tries"):
        await task


async def test_a_url_that_drips_is_given_up(files: Files) -> None:
    clock, asked, over = VirtualClock(), asyncio.Semaphore(0), asyncio.Event()

    async def drips(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x")
        asked.release()
        await over.wait()
        return response

    async with serving(drips) as port:
        uploads = files.made_uploads(clock=clock, fetcher=Fetcher(allowed={HERE}, ports={port}))
        shown = Attachment(AttachmentKind.FILE, f"http://{HERE}:{port}/x", "x")
        task = asyncio.create_task(uploads.upload(NETWORK, None, shown))
        for pause in (0.0, *PAUSES):
            await clock.wait_for_timer(within=pause) if pause else None
            await clock.advance(pause)
            async with asyncio.timeout(60):
                await asked.acquire()
                await clock.wait_for_timer(within=WINDOW)
            await clock.advance(WINDOW)
        with pytest.raises(FileMissing, match="several tries"):
            await task
        over.set()


async def test_a_network_that_hangs_holds_up_no_other(files: Files) -> None:
    client: Any = Hanging()
    names = [f"{number}.png" for number in range(AT_ONCE)]
    tasks = [
        asyncio.create_task(files.uploads.upload(NETWORK, client, attached(name))) for name in names
    ]
    for _ in names:
        await client.begun.acquire()
    phone: Any = Phone(picture())
    async with asyncio.timeout(60):
        file = await files.uploads.upload(NetworkName("other"), phone, attached())
    assert file.width == 40
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_the_client_says_goes(files: Files) -> None:
    refusing: Any = Phone(Rejected("The network has deleted it"))
    with pytest.raises(FileMissing, match="deleted it"):
        await files.uploads.upload(NETWORK, refusing, attached())
    pausing: Any = Phone(RetryLater("Slow down", after=9))
    with pytest.raises(RetryLater) as error:
        await files.uploads.upload(NETWORK, pausing, attached())
    assert error.value.after == 9


async def test_a_homeserver_that_fails_is_asked_again_later(files: Files) -> None:
    files.hs.lose_answer("POST", "/upload")
    with pytest.raises(AnswerLost):
        await brought(files, picture())
    assert (await brought(files, picture())).width == 40


async def test_a_file_that_the_homeserver_refuses_is_missing(files: Files) -> None:
    files.hs.fail("POST", "/upload", status=403, errcode="M_FORBIDDEN")
    with pytest.raises(FileMissing, match="homeserver says"):
        await brought(files, picture())


async def test_hostile_numbers_are_left_out(files: Files) -> None:
    file = await brought(
        files, b"\0" * 300, kind="video", width=-1, height=2**70, duration=float("nan")
    )
    assert (file.width, file.height, file.duration) == (None, None, None)
