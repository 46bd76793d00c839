"""`seal-anew`: after a change of keys, everything secret is sealed with the present one."""

from __future__ import annotations

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.login.credentials import Resealing
from bridgekit.permissions.rights import Right


class SealAnew(Arguments):
    pass


class Resealed(Answer):
    sealed: int
    unreadable: int


def seal_anew(resealing: Resealing) -> Command[SealAnew]:
    async def run(asked: Asked[SealAnew]) -> Resealed:
        await asked.progress("I seal everything anew …")
        done, unreadable = await resealing.rotate()
        text = f"{done} stored secrets were sealed with the present key."
        if unreadable:
            text += (
                f" {unreadable} cannot be read with any of the configured keys: put the one of "
                "before into appservice.old_encryption_keys, or have their people sign in again."
            )
        else:
            text += " Nothing needs the old keys any more: take them out of the configuration."
        return Resealed(text=text, sealed=done, unreadable=unreadable)

    return Command(
        name="seal-anew",
        help="Seal everything secret with the present key, after it was changed.",
        arguments=SealAnew,
        answer=Resealed,
        run=run,
        route=Route("POST", "/keys"),
        right=Right.ADMIN,
    )
