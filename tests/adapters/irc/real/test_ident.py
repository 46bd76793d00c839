"""InspIRCd asks whose a connection is (RFC 1413), and the bridge or its holder answers.

It asks at port 113 of the address that a connection comes from, so each test has one of its own.
"""

import asyncio
import os
import socket
import sys
from contextlib import asynccontextmanager
from ipaddress import ip_network
from secrets import token_hex

import pytest

from bridgekit.testing.servers import inspircd as run_inspircd
from bridges.irc.addresses import addresses_for
from tests.integration.missing import or_skip

pytestmark = pytest.mark.inspircd
ADDRESSES = "127.64.0.0/10"
_HOLDER = "from bridges.irc.holder.command import app; app()"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The port of one that asks."""
    with or_skip(run_inspircd(tmp_path_factory.mktemp("asking"), ident=True)) as running:
        yield running.port


@pytest.fixture
def person(person_login):
    """Somebody from Matrix, and where the server asks for them."""
    login = person_login(f"p{token_hex(4)}")
    listen = (next(addresses_for(login.id, ip_network(ADDRESSES))), 113)
    try:
        socket.create_server(listen).close()
    except OSError as error:
        pytest.skip(f"nobody can listen at port 113 here: {error.strerror}")
    return login, f"{listen[0]}:{listen[1]}"


async def shown(client):
    return await client.command("whois", [client.me], None)


async def test_the_server_shows_the_user_name_that_the_bridge_tells(
    adapter_on, running, server, person
):
    login, listen = person
    adapter = adapter_on(server, people={"addresses": ADDRESSES}, ident=listen)
    async with adapter.lifespan(), running(adapter, login) as client:
        assert f"({login.id}@127." in await shown(client)
        assert client._session.source.startswith(f"{client.me}!{login.id}@")
    adapter = adapter_on(server, people={"addresses": ADDRESSES})  # where nobody answers
    async with adapter.lifespan(), running(adapter, login) as client:
        assert f"(~{login.id[:8]}" in await shown(client)


@asynccontextmanager
async def holder(folder, listen):
    """In a process of its own, as operators have it."""
    paths = ("--socket", str(folder / "holder.sock"), "--journal", str(folder / "held"))
    command = (sys.executable, "-c", _HOLDER, *paths, "--ident", listen)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, env=environment
    )
    try:
        assert (await process.stdout.readline()).startswith(b"Holding connections")
        yield str(folder / "holder.sock")
    finally:
        process.terminate()
        await process.wait()


async def test_the_server_shows_the_user_name_that_the_holder_tells(
    adapter_on, running, server, person, tmp_path
):
    login, listen = person
    async with holder(tmp_path, listen) as socket_path:
        adapter = adapter_on(server, people={"addresses": ADDRESSES}, holder=socket_path)
        async with adapter.lifespan(), running(adapter, login) as client:
            assert f"({login.id}@127." in await shown(client)
