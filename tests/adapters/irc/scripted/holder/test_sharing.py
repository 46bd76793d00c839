"""One holder for several networks and bridges, and for servers with TLS."""

import asyncio
import ssl
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bridges.irc.holder.process import Holder

CERTIFICATE = Path(__file__).parents[1] / "localhost.pem"


@pytest.fixture
async def socket(tmp_path):
    async with Holder(tmp_path / "journal", keep=60).listening(tmp_path / "holder.sock"):
        yield str(tmp_path / "holder.sock")


@pytest.fixture
async def server(scripted):
    """Starts a server; returns its port, and the connections to it."""
    over = asyncio.Event()
    async with AsyncExitStack() as stack:

        async def start():
            peers = asyncio.Queue()

            async def script(peer):
                await peer.welcome("CASEMAPPING=ascii", "NICKLEN=30")
                await peers.put(peer)
                await over.wait()

            return await stack.enter_async_context(scripted(script)), peers

        yield start
        over.set()


@pytest.fixture
def at_work(running, bot_login):
    async def connect(adapter, peers):
        """Have the bot connect; returns the server's side once it has read something."""
        async with running(adapter, bot_login(adapter)):
            peer = await peers.get()
            peer.say(":ann!a@h PRIVMSG bridgekit :anybody?")
            await peer.expect("NOTICE ann")
            return peer

    return connect


async def test_two_networks_with_a_login_of_one_name_keep_to_themselves(
    socket, server, adapter_on, at_work, bot_login, running, host
):
    adapters, peers = [], []
    for _ in range(2):
        port, there = await server()
        made = adapter_on(port, holder=socket)
        adapters.append(type(made)(made.config, type(host)()))  # what is kept of each is its own
        peers.append(there)
    async with adapters[0].lifespan(), adapters[1].lifespan():
        first, second = [await at_work(adapters[n], peers[n]) for n in range(2)]
        await adapters[0].sign_out(bot_login(adapters[0]))
        assert await first.expect("QUIT")
        async with running(adapters[1], bot_login(adapters[1])) as client:
            assert client.resumes
            assert all(there.empty() for there in peers)
            second.say("PING :still-there")
            assert await second.expect("PONG") == "PONG still-there"


async def test_connections_with_tls_stay_as_well(socket, adapter_on, bot_login, running, host):
    shown, came, over = asyncio.Queue(), [], asyncio.Event()

    async def serve(reader, writer):
        came.append(writer)
        while not (await reader.readline()).startswith(b"USER"):
            pass
        writer.write(b":s.x 001 bridgekit :Hi\r\n:s.x 422 bridgekit :no MOTD\r\n")
        await shown.put(writer)
        await over.wait()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as made:
        port = made.sockets[0].getsockname()[1]
        known = {"host": "localhost", "tls": True, "ca_file": CERTIFICATE, "holder": socket}
        adapter = adapter_on(port, **known)
        async with adapter.lifespan():
            async with running(adapter, bot_login(adapter)):
                writer = await shown.get()
                writer.write(b":bridgekit!u@h NICK :renamed\r\n")
                await host.until(lambda: host.identities)
            async with running(adapter, bot_login(adapter)) as client:
                writer.write(b":renamed!u@h NICK :again\r\n")
                await host.until(lambda: len(host.identities) > 1)
                assert (client.me, client.resumes, len(came)) == ("again", True, 1)
        over.set()
