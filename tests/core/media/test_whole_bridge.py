"""A running bridge serves the world and the homeserver from one listener."""

from __future__ import annotations

from aiohttp import ClientSession, web

from bridgekit import Attachment, AttachmentKind
from bridgekit.media.source import MatrixFile, encode
from bridgekit.testing.rig import NETWORK, Rig


async def hook(_: web.Request) -> web.Response:
    return web.Response(text="stored")


async def test_a_running_bridge_serves_links_and_webhooks(tmp_path, database) -> None:
    async with Rig(tmp_path, database=database, public=True) as rig, ClientSession() as world:
        bridge = await rig.start()
        await rig.network.wait(lambda: rig.network.clients)
        alice = rig.hs.person("alice")
        mxc = await alice.upload(b"a picture", "image/png", "a.png")
        host = next(iter(rig.network.clients.values())).host
        shown = Attachment(AttachmentKind.IMAGE, encode(MatrixFile(mxc)), "a.png")
        async with world.get(await host.link(shown)) as response:
            assert (response.status, await response.read()) == (200, b"a picture")
        async with host.open(shown) as file:
            assert file.read() == b"a picture"
        url = host.mount([web.post("", hook)])
        assert url.endswith(f"/_bridgekit/hooks/{NETWORK}")
        async with world.post(url) as response:
            assert (response.status, await response.text()) == (200, "stored")
        assert bridge.parts is not None
        assert bridge.parts.media.webhooks.find(NETWORK) is not None
