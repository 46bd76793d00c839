"""A real InspIRCd whose modules go away and come back while the bridge is connected."""

import asyncio
import os
import signal

import pytest

from bridgekit.testing.servers import inspircd as run_inspircd
from tests.integration.missing import or_skip

pytestmark = pytest.mark.inspircd

LABELS = '<module name="ircv3_labeledresponse">'


@pytest.fixture
def server(tmp_path):
    """One of its own, whose configuration can be changed, and where that is."""
    with or_skip(run_inspircd(tmp_path / "irc")) as server:
        yield server, tmp_path / "irc" / "inspircd.conf"


async def until(bot, wanted):
    """The bridge knows that its server has other capabilities now."""
    while not wanted(bot._session.capabilities):  # noqa: ASYNC110 (a server tells no test)
        await asyncio.sleep(0)


def reread(server, config, text):
    """The server reads its configuration again, and with it which modules it has."""
    config.write_text(text, encoding="utf-8")
    os.kill(server.process.pid, signal.SIGHUP)


async def test_messages_are_confirmed_while_a_module_is_taken_out_and_put_in_again(
    server, adapter_on, bot_login, running, irc_person, matrix_event
):
    server, config = server
    text = config.read_text(encoding="utf-8")
    adapter = adapter_on(server.port)
    async with running(adapter, bot_login(adapter)) as bot, irc_person(server.port, "ann") as ann:
        await bot.enter("#modules")
        await ann.join("#modules")

        async def says(words):
            sent = await bot.send(matrix_event("#modules", words))
            assert (await ann.hear(" PRIVMSG ")).endswith(f":{words}")
            return sent

        assert (await says("with labels")).ids
        reread(server, config, text.replace(LABELS, ""))
        await until(bot, lambda has: "labeled-response" not in has)
        assert (await says("without")).ids
        reread(server, config, text)
        await until(bot, lambda has: "labeled-response" in has)
        assert (await says("with labels again")).ids
