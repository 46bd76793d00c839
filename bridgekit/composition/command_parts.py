"""What a running bridge consists of that takes commands: the table, the chat, what they need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import structlog
from aiohttp import ClientSession

from bridgekit.commands.audit import Audit
from bridgekit.commands.chat import Chat
from bridgekit.commands.clients import Clients
from bridgekit.commands.command import AnyCommand
from bridgekit.commands.giving import Giving
from bridgekit.commands.place import Rooms
from bridgekit.commands.replies import Replies
from bridgekit.commands.secrecy import Secrecy
from bridgekit.commands.spelling import with_prefix
from bridgekit.commands.table import Table
from bridgekit.commands.verbs.audit import audit_log
from bridgekit.commands.verbs.chats import chats
from bridgekit.commands.verbs.help import help_
from bridgekit.commands.verbs.here import here
from bridgekit.commands.verbs.listed import Listed
from bridgekit.commands.verbs.networks import networks
from bridgekit.commands.verbs.new_token import new_token
from bridgekit.commands.verbs.of_adapters import of_adapter
from bridgekit.commands.verbs.reload import reload
from bridgekit.commands.verbs.resolve import resolve
from bridgekit.commands.verbs.retire import EVERYTHING
from bridgekit.commands.verbs.revoke_token import revoke_token
from bridgekit.commands.verbs.search import search
from bridgekit.commands.verbs.tokens import tokens
from bridgekit.commands.verbs.whoami import whoami
from bridgekit.composition.api_parts import api
from bridgekit.composition.by_hand_parts import room_commands
from bridgekit.composition.matrix_parts import MatrixSide
from bridgekit.composition.operating_parts import operating_commands
from bridgekit.composition.people_parts import PeopleSide
from bridgekit.composition.puppet_parts import puppet_commands
from bridgekit.composition.sign_in_parts import sign_in_commands, talks_of
from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.configuration.relay_settings import NOBODY
from bridgekit.ids import LoginID
from bridgekit.lanes.journey import millis
from bridgekit.later import Later
from bridgekit.media.side import MediaSide
from bridgekit.operating.reloading import Reloading
from bridgekit.permissions.permissions import Permissions
from bridgekit.provisioning.api import API
from bridgekit.sign_in.talks import Talks
from bridgekit.store.api_tokens import APITokens
from bridgekit.store.audit import AuditRows
from bridgekit.store.members import MemberRows
from bridgekit.to_network.relay_choice import DEFAULT

log = structlog.get_logger()

_WORDS = frozenset({EVERYTHING, DEFAULT, NOBODY})


@dataclass(frozen=True, slots=True)
class CommandSide:
    """`giving` is what all fronts come through; the others are for one of them."""

    giving: Giving
    chat: Chat
    replies: Replies
    talks: Talks
    api: API
    reloading: Reloading


def command_side(
    bridge: Foundation,
    stored: StoreSide,
    matrix: MatrixSide,
    media: MediaSide,
    people: PeopleSide,
    session: ClientSession,
) -> CommandSide:
    rooms = Rooms(bridge.intents)
    named = partial(_named, bridge, stored)
    audit = Audit(AuditRows(stored.store.reader), stored.store.writer, bridge.clock, named)
    replies = Replies(bridge.status, media.repository.upload)
    later: Later[Giving] = Later()
    secrecy = Secrecy(bridge.intents, bridge.signer)
    talks = talks_of(bridge, replies, secrecy, later)
    reloading = _reloading(bridge, stored, matrix, media, people)
    table = Table(_commands(bridge, stored, matrix, people, talks, audit, later, reloading))
    _warn_of_unknown(bridge.permissions, table)
    prefix = bridge.config.commands.prefix
    bridge.status.spells = partial(with_prefix, prefix=prefix, commands=table.anywhere)
    barred = matrix.moderation.asked.policies.bars
    giving = later.put(Giving(table, bridge.permissions, stored.portals, rooms, audit, barred))
    chat = Chat(
        giving=giving,
        replies=replies,
        rooms=rooms,
        secrecy=secrecy,
        permissions=bridge.permissions,
        conversation=talks,
        clock=bridge.clock,
        prefix=prefix,
    )
    served = api(bridge, stored, giving, audit, session)
    return CommandSide(giving, chat, replies, talks, served, reloading)


def _commands(
    bridge: Foundation,
    stored: StoreSide,
    matrix: MatrixSide,
    people: PeopleSide,
    talks: Talks,
    audit: Audit,
    giving: Later[Giving],
    reloading: Reloading,
) -> Iterator[AnyCommand]:
    """In the order in which `help` lists them."""
    yield help_(giving.get, _introduction(bridge))
    yield whoami(bridge.permissions)
    yield networks(bridge.networks)
    yield from sign_in_commands(bridge, stored, people, talks)
    listed = Listed(bridge.networks, stored.owners, stored.people, MemberRows(stored.store.reader))
    yield here(listed)
    rows = stored.portals.rows
    yield chats(rows, bridge.networks, stored.owners, bridge.permissions, listed)
    clients = Clients(bridge.networks, stored.owners)
    yield search(clients, bridge.config.namespaces, bridge.clock)
    yield resolve(clients, bridge.config.namespaces, bridge.clock)
    yield from room_commands(bridge, stored, matrix)
    yield from puppet_commands(bridge, stored, matrix.puppets.puppets)
    for network in bridge.config.networks.values():
        yield from of_adapter(network.name, network.adapter, clients, bridge.clock)
    yield from _tokens(bridge, stored, giving)
    yield audit_log(audit, bridge.permissions)
    yield from operating_commands(bridge, stored, matrix, people)
    yield reload(reloading)


def _tokens(bridge: Foundation, stored: StoreSide, giving: Later[Giving]) -> Iterator[AnyCommand]:
    rows, writer = APITokens(stored.store.reader), stored.store.writer
    yield new_token(rows, writer, giving.get, partial(millis, bridge.clock))
    yield tokens(rows)
    yield revoke_token(rows, writer)


def _reloading(
    bridge: Foundation,
    stored: StoreSide,
    matrix: MatrixSide,
    media: MediaSide,
    people: PeopleSide,
) -> Reloading:
    return Reloading(
        in_force=bridge.in_force,
        permissions=bridge.permissions,
        networks=bridge.networks,
        moderation=matrix.moderation.renew,
        media=media.renew,
        listed=matrix.rooms.syncing.renewed,
        rights=people.rights.obey,
        writer=stored.store.writer,
        clock=bridge.clock,
    )


def _named(bridge: Foundation, stored: StoreSide, word: str) -> bool:
    """Whether there is a network or a login of this name, or it is one that commands have."""
    if word in _WORDS or stored.owners.row(LoginID(word)) is not None:
        return True
    return any(word == one.name or one.logins.known(LoginID(word)) for one in bridge.networks)


def _warn_of_unknown(permissions: Permissions, table: Table) -> None:
    """A rule about a command that there is not: whoever wrote it means another one."""
    known = {command.name for command in table}
    for name, place in sorted(permissions.named()):
        if name not in known:
            why = "there is no such command"
            log.error("a rule decides nothing", rule=place, why=why, fix="see `bridgekit do help`")


def _introduction(bridge: Foundation) -> str:
    names = ", ".join(sorted(bridge.config.networks))
    return f"I am a bridge to: {names}."
