"""`bridgekit irc-holder`: the command that the IRC adapter adds."""

import asyncio
import logging
import signal
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from bridgekit import duration
from bridges.irc.holder.process import Holder
from bridges.irc.ident import answering

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def irc_holder(
    socket: Annotated[
        Path, typer.Option(help="Where the bridge finds it, as `holder` in the configuration says.")
    ] = Path("irc-holder.sock"),
    journal: Annotated[
        Path, typer.Option(help="The folder for what the bridge has not stored yet.")
    ] = Path("irc-holder"),
    keep: Annotated[
        str, typer.Option(help="How long a connection waits for its bridge to come back.")
    ] = "1 hour",
    ident: Annotated[
        str, typer.Option(help="Where IRC servers may ask whose a connection is: 0.0.0.0:113.")
    ] = "",
) -> None:
    """Keep connections to IRC while the bridge restarts.

    Start it before the bridge, as the same user, and leave it running: people on IRC then see
    neither a restart nor an upgrade of the bridge, and no line is lost.

    Example: bridgekit irc-holder --socket /run/bridgekit/irc.sock --journal /var/lib/bridgekit/irc
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        asyncio.run(_run(Holder(journal, duration(keep)), socket, ident))
    except (OSError, ValueError) as error:
        typer.echo(f"The holder cannot start: {error}", err=True)
        raise typer.Exit(1) from error


async def _run(holder: Holder, socket: Path, ident: str) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    identifying = answering(ident) if ident else nullcontext()
    async with identifying, holder.listening(socket):
        typer.echo(f"Holding connections to IRC at {socket}")
        await stop.wait()
