"""A holder in this process, with a server that a test plays and bridges that come and go."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from bridges.irc.holder.process import Holder


class Stage:
    """`peers` are the connections to the server, as they are made; `offered`: its capabilities."""

    def __init__(self, holder, folder, adapter, login):
        self.holder, self.folder = holder, folder
        self.adapter, self.login = adapter, login
        self.peers = asyncio.Queue()
        self.offered = ()

    async def kept(self, text):
        """The holder has written a text down."""
        journal = next(self.folder.glob("*.journal"))
        while text.encode() not in journal.read_bytes():  # noqa: ASYNC110 (a file tells nobody)
            await asyncio.sleep(0)

    @asynccontextmanager
    async def bridge(self):
        """A bridge at work, which is gone at once when left, as one that is killed."""
        async with self.adapter.connect(self.login) as client:
            reading = asyncio.create_task(client.run())
            try:
                yield client
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)


@pytest.fixture
async def stage(tmp_path, scripted, adapter_on, bot_login):
    """A holder that waits for bridges, and the server that it connects to."""
    over = asyncio.Event()
    socket, folder = tmp_path / "holder.sock", tmp_path / "journal"

    async def script(peer):
        if made.offered:
            await peer.negotiate(*made.offered)
            peer.say(":s.x 001 bridgekit :Hi bridgekit!u@h", ":s.x 422 bridgekit :no MOTD")
        else:
            await peer.welcome("CASEMAPPING=ascii", "NICKLEN=30", "PREFIX=(ov)@+")
        made.peers.put_nowait(peer)
        await over.wait()

    holder = Holder(folder, keep=60)
    async with scripted(script) as port, holder.listening(socket):
        adapter = adapter_on(port, holder=str(socket))
        made = Stage(holder, folder, adapter, bot_login(adapter))
        yield made
        over.set()
