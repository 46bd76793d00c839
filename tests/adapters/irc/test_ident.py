"""RFC 1413: who asks about their own connection hears whose it is, and nobody hears more."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from bridgekit import ConfigError, Severity
from bridgekit.testing.servers import free_port
from bridges.irc.config import IRCConfig
from bridges.irc.connection import Address, dial
from bridges.irc.doctor import _identifying
from bridges.irc.ident import Sockets, answering, place


@asynccontextmanager
async def irc_server():
    """One that only takes connections: its port, and the port of each who came."""
    came, there = asyncio.Queue(), set()

    async def serve(reader, writer):
        there.add(asyncio.current_task())
        await came.put(writer.get_extra_info("peername")[1])
        await reader.read()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], came
    await asyncio.gather(*there)


async def ask(port, query, host="127.0.0.1"):
    """As an IRC server that listens at 127.0.0.1 would."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0))
    writer.write(query)
    try:
        return await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


def to(port, user):
    return Address("127.0.0.1", port, False, False, None, None, 5.0, user=user)


async def test_the_server_hears_whose_each_connection_is():
    sockets, asked = Sockets(), free_port()
    async with irc_server() as (port, came), answering(f"127.0.0.1:{asked}", sockets):
        ann, bob = await dial(to(port, "ann"), sockets), await dial(to(port, "bob_1"), sockets)
        of_ann, of_bob = await came.get(), await came.get()
        said = await ask(asked, f"{of_ann}, {port}\r\n".encode())
        assert said == f"{of_ann}, {port} : USERID : UNIX : ann\r\n".encode()
        assert await ask(asked, f" {of_bob},{port} \n".encode()) == (
            f"{of_bob}, {port} : USERID : UNIX : bob_1\r\n".encode()
        )
        await ann.close()
        assert b"ERROR : NO-USER" in await ask(asked, f"{of_ann}, {port}\r\n".encode())
        await bob.close()


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (b"1, 2\r\n", b"1, 2 : ERROR : NO-USER\r\n"),
        (b"0, 99999\r\n", b"0, 99999 : ERROR : INVALID-PORT\r\n"),
        (b"ann\r\n", b""),
        (b"1, 2", b""),
        (b"1" * 5000 + b"\r\n", b""),
        (b"1, 2\r\n3, 4\r\n", b"1, 2 : ERROR : NO-USER\r\n"),
        ("\u0661, \u0662\r\n".encode(), b""),  # digits, of another kind
    ],
)
async def test_what_is_asked_otherwise_is_not_answered(query, answer):
    asked = free_port()
    async with answering(f"127.0.0.1:{asked}", Sockets()):
        reader, writer = await asyncio.open_connection("127.0.0.1", asked)
        writer.write(query)
        writer.write_eof()
        assert await reader.read() == answer
        writer.close()


async def test_nobody_else_hears_whose_a_connection_is():
    sockets, asked = Sockets(), free_port()
    async with irc_server() as (port, came), answering(f"127.0.0.1:{asked}", sockets):
        connection = await dial(to(port, "ann"), sockets)
        query = f"{await came.get()}, {port}\r\n".encode()
        assert b"NO-USER" in await ask(asked, query, "127.0.0.9")
        assert b"ann" in await ask(asked, query)
        await connection.close()


async def test_a_server_that_asks_before_we_know_our_port_is_answered_once_we_do():
    sockets, asked = Sockets(), free_port()
    async with irc_server() as (port, came), answering(f"127.0.0.1:{asked}", sockets):
        with sockets.dialling():
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            asking = asyncio.create_task(ask(asked, f"{await came.get()}, {port}\r\n".encode()))
            while not sockets._waiting:  # noqa: ASYNC110 (it tells nobody that it waits)
                await asyncio.sleep(0)
            sockets.opened(writer, "ann")
        assert b"USERID : UNIX : ann" in await asking
        writer.close()


@pytest.mark.parametrize(
    ("listen", "found"),
    [("0.0.0.0:113", ("0.0.0.0", 113)), ("[::]:1113", ("::", 1113)), ("::1:113", ("::1", 113))],
)
def test_where_to_listen_is_an_address_and_a_port(listen, found):
    assert place(listen) == found


@pytest.mark.parametrize("listen", ["113", "localhost:113", "0.0.0.0:0", "0.0.0.0:99999", "[::]:x"])
def test_what_is_no_address_is_refused(listen):
    with pytest.raises(ValueError, match=r"address|port"):
        IRCConfig(host="h", ident=listen)


def test_with_a_holder_it_is_the_holder_that_answers(tmp_path):
    with pytest.raises(ValueError, match="start it with --ident"):
        IRCConfig(host="h", ident="0.0.0.0:113", holder=tmp_path / "holder.sock")


async def test_where_nobody_can_listen_the_network_stays_off_with_a_sentence(adapter_on):
    adapter = adapter_on(1, ident="192.0.2.1:113")  # an address of nobody here
    with pytest.raises(ConfigError, match=r"^ident: nobody can listen at 192\.0\.2\.1:113: "):
        async with adapter.lifespan():
            pass


async def test_the_doctor_says_whether_servers_could_ask():
    listen = f"127.0.0.1:{free_port()}"
    assert (await _identifying(listen)).severity is Severity.OK
    async with answering(listen):
        assert "the bridge, if it runs" in (await _identifying(listen)).text
    refused = await _identifying("192.0.2.1:113")
    assert (refused.severity, refused.id) == (Severity.ERROR, "irc-ident")
    assert refused.fix.startswith("Ports below 1024")
