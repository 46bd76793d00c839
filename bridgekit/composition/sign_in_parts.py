"""What a running bridge consists of that lets people give the commands about their logins."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.commands.command import AnyCommand
from bridgekit.commands.giving import Giving
from bridgekit.commands.refusals import Unknown
from bridgekit.commands.replies import Replies
from bridgekit.commands.secrecy import Secrecy
from bridgekit.commands.verbs.cancel import cancel
from bridgekit.commands.verbs.logins import logins
from bridgekit.commands.verbs.my_data import forget_me, my_data
from bridgekit.commands.verbs.prefer import prefer
from bridgekit.commands.verbs.prefer_here import prefer_here
from bridgekit.commands.verbs.seal_anew import seal_anew
from bridgekit.commands.verbs.sign_in import sign_in
from bridgekit.commands.verbs.sign_in_steps import answer, sign_in_step
from bridgekit.commands.verbs.sign_out import sign_out
from bridgekit.composition.people_parts import PeopleSide
from bridgekit.composition.store_parts import Foundation, StoreSide
from bridgekit.later import Later
from bridgekit.sign_in.talks import Talks


def talks_of(
    bridge: Foundation, replies: Replies, secrecy: Secrecy, giving: Later[Giving]
) -> Talks:
    """Sign-ins in the chat."""

    def is_command(text: str) -> bool:
        try:
            giving.get().table.find((text.split() or [""])[0])
        except Unknown:
            return False
        return True

    return Talks(replies.say, secrecy.redact, bridge.broken_off, is_command, bridge.clock)


def sign_in_commands(
    bridge: Foundation, stored: StoreSide, people: PeopleSide, talks: Talks
) -> Iterator[AnyCommand]:
    """In the order in which help lists them."""
    yield sign_in(people.sign_ins, talks, people.management)
    yield cancel(people.sign_ins, talks)
    yield logins(stored.people, stored.owners, bridge.networks, bridge.permissions)
    yield prefer(stored.owners, bridge.networks)
    yield prefer_here(stored.owners, bridge.networks)
    yield sign_out(people.signing_out)
    yield sign_in_step(people.sign_ins)
    yield answer(people.sign_ins)
    yield my_data(people.data)
    yield forget_me(people.data)
    yield seal_anew(people.resealing)
