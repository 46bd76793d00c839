"""Would this network let the bridge in? Tried out with one connection that leaves at once."""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bridgekit import ChatID, Finding, LoginError, RetryLater, Severity
from bridges.irc.casemap import fold
from bridges.irc.config import IRCConfig
from bridges.irc.connection import address_of
from bridges.irc.handshake import Identity
from bridges.irc.ident import answering, cannot_listen
from bridges.irc.joins import Joins, keys_of
from bridges.irc.mistakes import of_a_channel, of_signing_in
from bridges.irc.session import SERVICES, Session, signed_in
from bridges.irc.sts import UpgradeError
from bridges.irc.wire import MalformedLineError, compose, decode, parse

_SILENT = "stays silent"
_PATIENCE = 10.0  # seconds
_BEGINNINGS = (b":", b"N", b"P", b"E")  # of a source, NOTICE, PING or ERROR
_CONFIRMING = ("labeled-response", "echo-message")


async def examine(
    config: IRCConfig, identity: Identity, channels: Sequence[str]
) -> AsyncIterator[Finding]:
    """What an operator should know, most basic first; stops where nothing further can work."""
    host, port = config.address
    try:
        await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        yield Finding(
            Severity.ERROR,
            f"The name {host} does not resolve.",
            "Correct host, or this machine's name server.",
        )
        return
    if not config.tls:
        yield _in_the_clear(config)
    if (flood := config.flood).rate > _FAST or flood.burst > _AT_ONCE:
        yield _too_fast()
    if config.ident is not None:
        yield await _identifying(config.ident)
    if config.holder is not None:
        yield await _holding(config.holder)
    try:
        async with signed_in(config, address_of(config), identity, None) as session:
            yield Finding(Severity.OK, f"{host}, port {port}, lets the bridge in.")
            for finding in _session(config, session):
                yield finding
            for finding in await _channels(config, session, channels):
                yield finding
    except (LoginError, RetryLater) as error:
        yield await _no_way_in(config, error)
    except UpgradeError as error:
        fix = f"Set tls: true and port: {error.port}; the bridge does so by itself, unprotected."
        yield Finding(Severity.ERROR, f"{error}.", fix, id="irc-tls-port")


_MOST = 50  # channels that are tried out
_NAMED = 5  # of those that are not
_FAST, _AT_ONCE = 2.0, 10  # lines a second, lines: what most networks let pass
_ROOM = 4  # letters of a name that a nick should have room for


def _in_the_clear(config: IRCConfig) -> Finding:
    secret = config.password is not None or config.sasl is not None
    return Finding(
        Severity.WARNING,
        "The connection is not encrypted" + (", and a password crosses it." if secret else "."),
        "Set tls: true, with port 6697 on most networks.",
    )


def _too_fast() -> Finding:
    return Finding(
        Severity.WARNING,
        "Lines are sent faster than most IRC servers take them.",
        "Lower flood: burst and rate, unless the network's operators have allowed more.",
        id="irc-flood",
        why="A server ends connections that are too fast (Excess Flood), and then bans them.",
    )


async def _identifying(listen: str) -> Finding:
    """Whether IRC servers could ask us; the bridge itself may be what listens there already."""
    try:
        async with answering(listen):
            return Finding(Severity.OK, f"IRC servers may ask at {listen} whose connections are.")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return Finding(Severity.OK, f"A program listens at {listen}: the bridge, if it runs.")
        words, _, fix = cannot_listen(listen, error).partition(". ")
        sentence = f"{words[:1].upper()}{words[1:]}."
        return Finding(Severity.ERROR, sentence, fix, id="irc-ident")


async def _holding(at: Path) -> Finding:
    """Whether the holder is there."""
    try:
        _, writer = await asyncio.open_unix_connection(at)
    except OSError as error:
        return Finding(
            Severity.ERROR,
            f"No holder answers at {at}: {os.strerror(error.errno or errno.ECONNREFUSED)}.",
            f"Start `bridgekit irc-holder --socket {at}` before the bridge, as the same user.",
            id="irc-holder",
            why="The holder has the connections to this network: without it there are none.",
        )
    writer.close()
    await writer.wait_closed()
    return Finding(Severity.OK, f"A holder answers at {at}.")


def _session(config: IRCConfig, session: Session) -> list[Finding]:
    findings = []
    if session.nick != config.nick:
        findings.append(_other_nick(config, session))
    around = config.puppet_nick.replace("{name}", "").replace("{localpart}", "")
    room = session.features.nick_length - len(around)
    if room < _ROOM:
        findings.append(
            Finding(
                Severity.WARNING,
                f"Nicks may have {session.features.nick_length} characters here, of which"
                f" puppet_nick leaves {max(room, 0)} for people's names.",
                "Write a shorter puppet_nick.",
                id="irc-nick",
                why="Names are cut, and people whose names begin alike get numbers.",
            )
        )
    if config.tls and not config.tls_verify:
        findings.append(
            Finding(
                Severity.WARNING,
                "The server's certificate is not checked.",
                "Set ca_file to the authority that signed it, and remove tls_verify.",
            )
        )
    if not any(name in session.capabilities for name in _CONFIRMING):
        findings.append(
            Finding(
                Severity.OK,
                "The server has no extension that confirms a message; a PING does instead.",
            )
        )
    return findings


def _other_nick(config: IRCConfig, session: Session) -> Finding:
    longest = session.features.nick_length
    if len(config.nick) > longest:
        return Finding(
            Severity.WARNING,
            f"The bot's nick is too long: the server takes {longest} characters, and calls it"
            f" {session.nick}.",
            "Write a shorter nick.",
            id="irc-nick",
            why="What is cut may be somebody else's nick, and people do not recognise the bot.",
        )
    return Finding(
        Severity.OK,
        f"The server calls the bot {session.nick}, not {config.nick}: that nick is in use, by the"
        " running bridge or by somebody else.",
        id="irc-nick",
    )


def _is_in_use(config: IRCConfig, session: Session) -> bool:
    """The bot's nick, which the server may have cut."""
    features = session.features
    wanted = config.nick[: features.nick_length]
    return fold(session.nick, features.case_mapping) != fold(wanted, features.case_mapping)


def _not_tried(channels: Sequence[str]) -> Finding:
    """A bridge at work would take us for somebody who comes and goes, and show them on Matrix."""
    named = ", ".join(channels[:_NAMED]) + (" …" if len(channels) > _NAMED else "")
    return Finding(
        Severity.OK,
        f"Whether the bot gets into {named} is tried only while nobody has its nick; a running"
        " bridge tells the rooms of channels that it cannot enter.",
    )


async def _channels(config: IRCConfig, session: Session, channels: Sequence[str]) -> list[Finding]:
    """Whether the bot gets into the channels that it is to bridge."""
    if channels and _is_in_use(config, session):
        return [_not_tried(channels)]

    def folded(name: str) -> ChatID:
        return ChatID(fold(name, session.features.case_mapping))

    joins = Joins(folded, keys_of(config, folded))
    if channels and (recognised := session.recognised) is not None:
        _answered(session, joins, session.unread)
        await _read(session, joins, recognised.is_set, SERVICES)
    asked = {name: joins.want(folded(name)) for name in channels[:_MOST]}
    session.connection.write(*joins.lines())
    answers = asked.values()
    await _read(session, joins, lambda: all(one.done() for one in answers), config.timeout)
    return [_entered(name, answer) for name, answer in asked.items()]


async def _read(session: Session, joins: Joins, until: Callable[[], bool], seconds: float) -> None:
    """What the server says, for so long at most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not until():
                _answered(session, joins, await session.connection.read())


def _answered(session: Session, joins: Joins, received: Sequence[bytes]) -> None:
    for raw in received:
        with suppress(MalformedLineError):
            line = parse(decode(raw))
            session.heard(line)
            joins.take(line)
            if line.command == "PING":
                session.connection.write(compose("PONG", *line.params[:1]))


def _entered(name: str, answer: asyncio.Future[None]) -> Finding:
    if not answer.done():
        return Finding(Severity.WARNING, f"The server does not say whether we may enter {name}.")
    if (refused := answer.exception()) is None:
        return Finding(Severity.OK, f"The bot gets into {name}.")
    return of_a_channel(str(refused))


async def _no_way_in(config: IRCConfig, error: LoginError | RetryLater) -> Finding:
    """What the server, or the lack of its answer, says; a silent one may want TLS, or none."""
    host, port = config.address
    sentence = str(error)
    explained = of_signing_in(sentence)
    if explained.id and _SILENT not in sentence:
        return explained
    if isinstance(error, RetryLater) and not config.tls and await _speaks_tls(host, port):
        sentence = f"{host} speaks TLS on port {port}, and tls is false."
    elif isinstance(error, RetryLater) and config.tls and await _speaks_plain(host, port):
        sentence = f"{host} does not speak TLS on port {port}, and tls is true."
    return of_signing_in(sentence)


async def _speaks_tls(host: str, port: int) -> bool:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # whether, not who
    async with _tried(host, port, context) as connection:
        return connection is not None


async def _speaks_plain(host: str, port: int) -> bool:
    async with _tried(host, port, None) as connection:
        if connection is None:
            return False
        reader, writer = connection
        writer.write(f"{compose('CAP', 'LS')}\r\n".encode())
        heard = b""
        with suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(_PATIENCE):
                heard = await reader.readline()
        return heard.endswith(b"\r\n") and heard[:1] in _BEGINNINGS


@asynccontextmanager
async def _tried(
    host: str, port: int, context: ssl.SSLContext | None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter] | None]:
    """A connection that is broken off at the end; None if there is none."""
    try:
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
    except (OSError, TimeoutError):
        yield None
        return
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()
