"""Servers that want TLS get it: what they say in the clear leads there, over TLS it is kept."""

import asyncio
import socket
import ssl
import time
from pathlib import Path

import pytest

from bridgekit import RetryLater
from bridgekit.testing.servers import free_port
from bridges.irc.sts import wanted_port

CERTIFICATE = Path(__file__).with_name("localhost.pem")


@pytest.fixture
async def secure():
    """A server with TLS that promises it for a day: its port, and the connections so far."""

    async def serve(reader, writer):
        shown.append(writer.get_extra_info("peercert") or None)
        while line := (await reader.readline()).decode().rstrip():
            if line.startswith("CAP LS"):
                writer.write(b":s.x CAP * LS :sts=duration=86400,preload\r\n")
            elif line == "CAP END":
                writer.write(b":s.x 001 bridgekit :Hi\r\n:s.x 422 bridgekit :no MOTD\r\n")
        writer.close()

    shown = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(CERTIFICATE)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], shown


@pytest.fixture
async def plain(scripted, secure):
    """The same server without TLS, which says where that is: its port, and who came there."""
    came = []

    async def script(peer):
        came.append(peer)
        await peer.expect("CAP LS")
        peer.say(f":s.x CAP * LS :sts=port={secure[0]} sasl")
        while line := await peer.next():
            assert not line.startswith(("AUTHENTICATE", "CAP REQ")), "it speaks on in the clear"

    async with scripted(script) as port:
        yield port, came


async def test_a_server_that_wants_tls_gets_it_and_keeps_it_over_restarts(
    adapter_on, bot_login, plain, secure, host
):
    port, came = plain
    for connections in (1, 2, 3):
        adapter = adapter_on(port, host="localhost", tls_verify=False)
        async with adapter.lifespan(), adapter.connect(bot_login(adapter)) as client:
            assert client.me == "bridgekit"
        assert (len(came), len(secure[1])) == (1, connections)
    assert host.saved["sts"].startswith(f"{secure[0]} ")


async def test_a_promise_that_is_over_is_forgotten(adapter_on, host, plain, bot_login):
    port, came = plain
    host.saved["sts"] = f"1 {time.time() - 1}"
    adapter = adapter_on(port, host="localhost", tls_verify=False)
    async with adapter.lifespan(), adapter.connect(bot_login(adapter)):
        assert len(came) == 1


async def test_the_doctor_says_where_tls_is(adapter_on, plain, secure):
    found = [finding async for finding in adapter_on(plain[0], host="localhost").check()]
    assert found[-1].text == f"The IRC server wants TLS on port {secure[0]}."
    assert found[-1].fix.startswith(f"Set tls: true and port: {secure[0]}")


@pytest.mark.parametrize(
    ("value", "port"),
    [("port=6697", 6697), ("duration=1,port=6697", 6697), ("", None), ("port=", None),
     ("port=0", None), ("port=99999", None), ("port=٣", None)],
)  # fmt: skip
def test_only_a_port_leads_anywhere(value, port):
    assert wanted_port(value) == port


async def test_only_the_bot_shows_the_certificate(adapter_on, bot_login, person_login, secure):
    """Services sign in whoever shows it: people from Matrix would have the bot's account."""
    port, shown = secure
    adapter = adapter_on(
        port, host="localhost", tls=True, tls_verify=False, certificate=CERTIFICATE
    )
    for login in (bot_login(adapter), person_login("alice")):
        async with adapter.connect(login):
            pass
    assert [one is None for one in shown] == [False, True]


async def test_people_come_from_addresses_of_their_own(
    adapter_on, bot_login, person_login, scripted
):
    came = []

    async def script(peer):
        came.append(peer.writer.get_extra_info("peername")[0])
        await peer.welcome()
        await peer.hangs_up()

    async with scripted(script) as port:
        adapter = adapter_on(port, people={"addresses": "127.64.0.0/10"})
        for login in (bot_login(adapter), person_login("a"), person_login("a"), person_login("b")):
            async with adapter.connect(login):
                pass
    bot, first, again, other = came
    assert bot == "127.0.0.1"
    assert first == again != other
    assert first.startswith("127.")


async def test_a_server_with_several_addresses_that_is_not_there_is_said_not_to_be(
    adapter_on, bot_login, monkeypatch
):
    port, loop = free_port(), asyncio.get_running_loop()
    there = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.0.{n}", port)) for n in (1, 2)]

    async def resolved(*_, **__):
        return there

    monkeypatch.setattr(loop, "getaddrinfo", resolved)
    adapter = adapter_on(port, host="irc.test")
    with pytest.raises(RetryLater, match="Connection refused"):
        async with adapter.connect(bot_login(adapter)):
            pass
