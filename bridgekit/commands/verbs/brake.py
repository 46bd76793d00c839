"""`brake` and `release`: hold everything, a network, a login or a chat, and let it go."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.commands.refusals import Mistyped, Unknown
from bridgekit.ids import ChatID, LoginID, NetworkName
from bridgekit.models import Millis
from bridgekit.networks import Networks
from bridgekit.operating.brake import Brake, Held
from bridgekit.permissions.rights import Right


class Which(Arguments):
    network: NetworkName | None = Field(default=None, description="else everything")
    login: LoginID | None = Field(default=None, description="only what goes through this login")
    chat: ChatID | None = Field(default=None, description="only this chat")


def brake(brake_: Brake, networks: Networks, now: Callable[[], Millis]) -> Command[Which]:
    async def run(asked: Asked[Which]) -> Answer:
        held = _held(asked.arguments)
        network = networks.get(NetworkName(held.network))
        if held.network and network is None:
            raise Unknown("There is no such network; `networks` lists them.")
        if held.login and network and not network.logins.known(LoginID(held.login)):
            raise Unknown("There is no such login there; `bridgekit logins` lists them.")
        await brake_.hold(held, asked.user, now())
        return Answer(text=f"Held: {brake_.shown()}. Events are kept in order; `release` lets go.")

    return Command(
        name="brake",
        help="Hold everything, or a network, a login or a chat, until it is released.",
        arguments=Which,
        run=run,
        route=Route("POST", "/brake"),
        right=Right.ADMIN,
    )


def release(brake_: Brake, now: Callable[[], Millis]) -> Command[Which]:
    async def run(asked: Asked[Which]) -> Answer:
        held = _held(asked.arguments)
        if held != Held() and held not in brake_.held:
            raise Unknown(f"That is not held. Held is: {brake_.shown() or 'nothing'}.")
        await brake_.release(None if held == Held() else held, asked.user, now())
        left = brake_.shown()
        return Answer(text=f"It goes on. Still held: {left}." if left else "Everything goes on.")

    return Command(
        name="release",
        help="Let go on what is held: all of it, or a network, a login or a chat.",
        arguments=Which,
        run=run,
        route=Route("POST", "/release"),
        right=Right.ADMIN,
    )


def _held(which: Which) -> Held:
    if which.login and which.chat:
        raise Mistyped("Name a login or a chat, not both.", "chat")
    if which.network is None and (which.login or which.chat):
        raise Mistyped("Say of which network.", "network")
    return Held(which.network or "", which.login or "", which.chat or "")
