"""Whom somebody means by a name, where only the network can say: each login of theirs is asked.

A network may be several to them, like the workspaces of Slack: whom one login has never heard of,
another one knows. The one that speaks for them comes first, but for an ID that is another's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from bridgekit.adapter import LoginState
from bridgekit.clock import Clock
from bridgekit.commands.clients import in_time
from bridgekit.errors import LoginError, Rejected, RetryLater
from bridgekit.facts import Chat
from bridgekit.fault import fault_of
from bridgekit.ids import LoginID, RemoteUserID
from bridgekit.login.accounts import account
from bridgekit.login.owners import Owners
from bridgekit.networks import Network
from bridgekit.supports import SupportsContacts
from bridgekit.to_network.failure import line_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Meant:
    """The chat with them, and by which login. `note`: what is to be said of that."""

    login: LoginID
    chat: Chat
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    """Of one login: the chat, or what it said instead; or why it could not be asked."""

    login: LoginID
    chat: Chat | None = None
    no: Rejected | None = None
    unasked: RetryLater | None = None


class NotAsked(Rejected):
    """Nobody is known by this name, but not every login could be asked.

    `may_be_soon`: one that could not be may be there soon.
    """

    def __init__(self, sentence: str, *, may_be_soon: bool) -> None:
        super().__init__(sentence)
        self.may_be_soon = may_be_soon


class Whom:
    """Raises `NotAsked` or `Rejected` with a sentence that names the accounts, or `RetryLater`."""

    def __init__(self, owners: Owners, clock: Clock) -> None:
        self._owners, self._clock = owners, clock

    async def chat(self, network: Network, logins: Sequence[LoginID], user: str) -> Meant:
        """The direct chat with whom `user` calls, by the first of these logins that knows them."""
        knows = network.logins.listeners.knows
        home = [login for login in logins if knows(login, RemoteUserID(user))]
        rest = [login for login in logins if login not in home]
        told = await self._all(network, home, user)
        if all(one.chat is None for one in told):  # whose ID is another's may be known there, too
            told += await self._all(network, rest, user)
        return self._chosen(network, told)

    async def _all(self, network: Network, logins: Sequence[LoginID], user: str) -> list[_Answer]:
        return await asyncio.gather(*(self._ask(network, login, user) for login in logins))

    async def _ask(self, network: Network, login: LoginID, user: str) -> _Answer:
        client = network.logins.client_of(login)
        if client is None:
            why = f"Your login on {network.name} is not connected now: try again later."
            return _Answer(login, unasked=RetryLater(why, after=5.0))
        if not isinstance(client, SupportsContacts):
            why = f"Nobody can be looked up on {network.name}: let them write first."
            return _Answer(login, no=Rejected(why))
        try:
            return _Answer(login, await in_time(self._clock, network.name, client.resolve(user)))
        except Rejected as error:
            return _Answer(login, no=error)
        except (RetryLater, LoginError) as error:
            later = error if isinstance(error, RetryLater) else RetryLater(str(error))
            return _Answer(login, unasked=later)
        except Exception as error:  # noqa: BLE001 (an adapter's: the other logins are asked still)
            log.warning("look-up failed", what="whom", error=fault_of(error, network.adapter))
            return _Answer(login, unasked=RetryLater(f"{network.name} failed over it"))

    def _chosen(self, network: Network, told: Sequence[_Answer]) -> Meant:
        unasked: list[LoginID] = []
        for place, one in enumerate(told):
            if one.chat is not None:
                too = [other.login for other in told[place + 1 :] if other.chat is not None]
                note = self._note(network, one.login, too, unasked)
                return Meant(one.login, one.chat, note)
            if one.unasked is not None:
                unasked.append(one.login)
        raise self._nobody(network, told)

    def _note(
        self, network: Network, login: LoginID, too: list[LoginID], unasked: list[LoginID]
    ) -> str:
        if not too and not unasked:
            return ""
        note = f"You talk there as {self._called(network, login)}."
        if unasked:
            names = ", ".join(self._called(network, one) for one in unasked)
            note += f" Before that could not be asked: {names}."
        if too:
            names = ", ".join(self._called(network, one) for one in too)
            note += f" Somebody has this name for others of your logins, too: {names}."
            note += " In a room with the bridge's bot alone, `prefer` makes one of these the first."
        return note

    def _nobody(self, network: Network, told: Sequence[_Answer]) -> Exception:
        """What is said where no login knows them."""
        away = [one for one in told if network.logins.client_of(one.login) is None]
        soon = any(
            network.logins.state(one.login)[0] is not LoginState.REFUSED
            for one in told
            if one.unasked is not None
        )
        if len(told) == 1:
            (one,) = told
            error = one.no or one.unasked
            assert error is not None  # noqa: S101 (it found no chat)
            return NotAsked(str(error), may_be_soon=soon) if away else error
        said = " ".join(self._said(network, one) for one in told)
        if all(one.unasked is None for one in told):
            return Rejected(f"None of your accounts on {network.name} knows them. {said}")
        lead = f"Not each of your accounts on {network.name} could be asked."
        return NotAsked(f"{lead} {said}", may_be_soon=soon)

    def _said(self, network: Network, one: _Answer) -> str:
        why = line_of(str(one.no or one.unasked)).rstrip(".")
        return f"As {self._called(network, one.login)}: {why}."

    def _called(self, network: Network, login: LoginID) -> str:
        row = self._owners.row(login)
        return account(network, login, None if row is None else row.me) or login
