"""Would this network let the bridge in? Tried out with one connection that leaves at once."""

import asyncio
import socket
from collections.abc import AsyncIterator

from bridgekit import Finding, LoginError, RetryLater, Severity
from bridges.irc.config import IRCConfig
from bridges.irc.handshake import Identity
from bridges.irc.session import Session, signed_in

_CONFIRMING = ("labeled-response", "echo-message")


async def examine(config: IRCConfig, identity: Identity) -> AsyncIterator[Finding]:
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
    try:
        async with signed_in(config, identity, None) as session:
            yield Finding(Severity.OK, f"{host}, port {port}, lets the bridge in.")
            for finding in _session(config, session):
                yield finding
    except (LoginError, RetryLater) as error:
        yield Finding(Severity.ERROR, str(error), _FIXES[type(error)])


_FIXES = {
    LoginError: "Correct what the sentence names in this network's configuration.",
    RetryLater: "Check host, port and tls, and whether a firewall or the server is in the way."
    " If the server speaks plain text on this port, set tls: false.",
}


def _in_the_clear(config: IRCConfig) -> Finding:
    secret = config.password is not None or config.sasl is not None
    return Finding(
        Severity.WARNING,
        "The connection is not encrypted" + (", and a password crosses it." if secret else "."),
        "Set tls: true, with port 6697 on most networks.",
    )


def _session(config: IRCConfig, session: Session) -> list[Finding]:
    findings = []
    if session.nick != config.nick:
        findings.append(
            Finding(
                Severity.OK,
                f"The server calls the bot {session.nick}, not {config.nick}: that nick is in use,"
                " by the running bridge or by somebody else, or longer than the"
                f" {session.features.nick_length} characters that the server allows.",
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
