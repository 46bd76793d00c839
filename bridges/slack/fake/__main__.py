"""`python -m bridges.slack.fake`: this Slack at a port, to rehearse with a bridge of one's own.

What is typed somebody says in the channel; what the bridge posts is shown.
"""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser
from collections.abc import AsyncIterator

from bridges.slack.config import Transport
from bridges.slack.fake.network import (
    APP_TOKEN,
    BOT_TOKEN,
    ROOM,
    TEAM,
    USER_TOKEN,
    SlackNetwork,
)
from bridges.slack.fake.server import SECRET, fake_slack
from bridges.slack.fake.state import Act, Channel

_PORT = 8210


def _told(origin: str) -> str:
    return f"""\
This Slack has the workspace {TEAM} with a channel. For the configuration:

networks:
  slack:
    api_url: {origin}/api/
    bot_token: {BOT_TOKEN}
    app_token: {APP_TOKEN}
    links:
      - {{chat: {TEAM}/{ROOM}}}

With transport: http, signing_secret is {SECRET}; what you would enter as Request URL:
  curl --data URL {origin}/fake/request-url
Who signs in as themselves is carol, with the token {USER_TOKEN}.
Type what bob says in the channel, or carol: what she does. Ctrl-C ends it."""


async def _serve(port: int) -> None:
    async with fake_slack(port=port) as slack:
        network = SlackNetwork(slack, Transport.SOCKET, Channel(ROOM, "room"))
        network.signing_in()
        slack.state.watchers.append(lambda act: _show(network, act))
        _say(_told(slack.origin))
        async for line in _typed():
            who, named, text = line.partition(": ")
            if not (named and who.isalnum()):
                who, text = "bob", line
            if text:
                network.person(who).says(ROOM, text)
                _say(f"{who}: {text}")
        await asyncio.Event().wait()  # whoever types no more may still be bridged


def _show(network: SlackNetwork, act: Act) -> None:
    """As who reads the channel sees it; what is no post goes by its method."""
    users = network.slack.state.workspace(TEAM).users
    who = act.arguments.get("username") or users[act.token.user]["name"]
    words = act.arguments.get("text") if act.method == "chat.postMessage" else act.method
    _say(f"{who}: {words}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def _typed() -> AsyncIterator[str]:
    """Lines, without ever being stuck in a read; none where nobody can type."""
    reader = asyncio.StreamReader()
    try:
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
    except (ValueError, OSError):
        return
    while line := await reader.readline():
        yield line.decode(errors="replace").strip()


def main() -> None:
    parser = ArgumentParser(prog="python -m bridges.slack.fake", description=__doc__)
    parser.add_argument("--port", type=int, default=_PORT, help=f"0: any that is free [{_PORT}]")
    try:
        asyncio.run(_serve(parser.parse_args().port))
    except OSError as error:
        sys.exit(f"{error.strerror or error}: choose another --port.")
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
