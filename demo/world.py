"""The demo's servers and the bridge between them, each a process of its own on loopback."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bridgekit.configuration import registration
from bridgekit.configuration.config import load
from bridgekit.configuration.plugins import adapters
from bridgekit.testing.servers import Process, Synapse, free_port, ngircd, synapse
from bridgekit.testing.servers.process import HOST, listens

DOMAIN = "localhost"

_CONFIG = """\
homeserver: {{url: "{homeserver}", domain: {domain}}}
appservice:
  url: "http://{host}:{port}"
  listen: "{host}:{port}"
  public_url: "http://{host}:{port}"
  as_token: demo-as-token-nobody-else-has
  hs_token: demo-hs-token-nobody-else-has
database: {database}
permissions: {{"*": relay, {domain}: user}}
networks:
  irc:
    host: {host}
    port: {irc_port}
    tls: false
    nick: gardener
    flood: {{burst: 6, rate: {rate}}}
    fallbacks: {{reaction: line, deletion: line}}
    links:
{links}
"""


@dataclass(frozen=True, slots=True)
class World:
    """Everything at work. `bridge` can be killed and started again.

    `starter` is a thread for that, as long-lived as the world: a child of ours is ended when the
    thread that started it ends, see `bridgekit/testing/servers/child.py`.
    """

    homeserver: Synapse
    irc_port: int
    irc_name: str
    config: Path
    bridge: Process
    starter: Executor

    def log(self) -> str:
        """What the bridge printed so far."""
        return self.bridge.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def world(
    folder: Path,
    *,
    links: tuple[str, ...] = (),
    rate: float = 3.0,
    toy: bool = False,
    database: str = "sqlite:///bridge.db",
) -> Iterator[World]:
    """Start an IRC server, Synapse and the bridge; stop them at the end.

    `links` are channels bridged from the start; `rate` is how many lines a second one IRC
    connection may send; `toy` takes the IRC server of the package irc even if ngIRCd is there.
    """
    with ThreadPoolExecutor(1) as starter, ExitStack() as stack:
        irc_port, irc_name = stack.enter_context(_irc_server(folder / "irc", toy=toy))
        homeserver_port, port = free_port(), free_port()
        config = folder / "config.yaml"
        listed = "\n".join(f'      - {{chat: "{chat}"}}' for chat in links) or "      []"
        text = _CONFIG.format(
            homeserver=f"http://{HOST}:{homeserver_port}",
            domain=DOMAIN,
            database=database,
            host=HOST,
            port=port,
            irc_port=irc_port,
            rate=rate,
            links=listed,
        )
        config.write_text(text, encoding="utf-8")
        registered = folder / "registration.yaml"
        built = registration.build(load(config, {}, adapters()))
        registered.write_text(built.to_yaml(), encoding="utf-8")
        homeserver = stack.enter_context(
            synapse(folder / "synapse", [registered], domain=DOMAIN, port=homeserver_port)
        )
        bridge = bridge_process(config, port)
        stack.callback(bridge.stop)
        bridge.start()
        yield World(homeserver, irc_port, irc_name, config, bridge, starter)


def bridge_process(config: Path, port: int) -> Process:
    """`bridgekit run` as an operator starts it; it answers once it listens on `port`."""
    program = Path(sys.executable).with_name("bridgekit")
    command = [str(program)] if program.exists() else [sys.executable, "-m", "bridgekit.cli"]
    return Process(
        "bridge", [*command, "run", "-c", str(config)], config.parent, lambda: listens(port)
    )


@contextmanager
def _irc_server(folder: Path, *, toy: bool) -> Iterator[tuple[int, str]]:
    if not toy and shutil.which("ngircd", path="/usr/sbin:/usr/bin:/usr/local/sbin"):
        with ngircd(folder) as server:
            yield server.port, "ngIRCd"
        return
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "irc.server", "-a", HOST, "-p", str(port)]
    process = Process("irc", command, folder, lambda: listens(port))
    process.start()
    try:
        yield port, "the small server of the Python package irc"
    finally:
        process.stop()
