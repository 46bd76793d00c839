"""What waits for a login of the bridge's own that the network refuses: rule 10, and decision 34."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bridgekit.adapter import LoginState
from bridgekit.configuration.fallback_settings import ExpirySettings
from bridgekit.configuration.settings import ChatLink
from bridgekit.errors import LoginError, Rejected
from bridgekit.ids import LoginID
from bridgekit.permissions.rights import Level
from bridgekit.richtext import plain

BOT = LoginID("loop:bot")
HOUR = 3600.0


@pytest.fixture
def relayed(timed):
    """Everybody speaks through the bridge's own login."""
    timed.rig.permissions = {"*": Level.RELAY}
    return timed


@pytest.fixture
async def refused(relayed):
    """The account has no credit: what is said is refused, and so is the next sign-in."""
    await relayed.begin()
    relayed.network.before.append(lambda _: LoginError("Your balance is empty."))
    relayed.network.refuse = "Your balance is empty."
    return relayed


async def test_rule_10_what_a_refused_login_of_our_own_should_say_waits_and_is_told_once(
    refused, later
):
    clock = refused.rig.clock
    await refused.alice.say(refused.room, "one")
    await refused.alice.say(refused.room, "two")
    await refused.until(lambda: refused.parts.queue.waiting == 2)
    await later(lambda: clock.monotonic() > HOUR, clock, 30)
    notices = await refused.notices()
    assert len(notices) == 2
    assert all("refuses the bridge's login" in one for one in notices)
    assert all("Your balance is empty." in one for one in notices)
    assert refused.to_network() == []
    refused.network.refuse = None
    await later(lambda: len(refused.network.texts()) == 2, clock, 30)
    assert refused.network.texts() == ["one", "two"]
    assert [one.reason for one in await refused.ended(2)] == ["delivered", "delivered"]


async def test_rule_10_a_refused_login_that_signs_in_again_is_asked_now_and_then_only(
    relayed, later
):
    """Some networks let in whom they let say nothing."""
    await relayed.begin()
    tries = []

    def empty(_: object) -> LoginError:
        tries.append(relayed.rig.clock.monotonic())
        return LoginError("Your balance is empty.")

    relayed.network.before.extend([empty] * 3)
    await relayed.alice.say(relayed.room, "one")
    clock = relayed.rig.clock
    await later(lambda: relayed.network.texts() == ["one"], clock, 30)
    pauses = [after - before for before, after in pairwise(tries)]
    assert len(pauses) == 2
    assert min(pauses) >= 300
    assert len(await relayed.notices()) == 1


async def test_rule_10_what_waits_goes_out_as_soon_as_the_operator_has_the_login_connected(refused):
    await refused.alice.say(refused.room, "one")
    await refused.notice("Your balance is empty.")
    refused.network.refuse = None
    logins = refused.parts.networks.get("loop").logins
    (bot,) = [login for login in logins.all() if login.id == BOT]
    await logins.restart(bot)
    await refused.heard("one")


async def test_rule_10_what_waits_for_a_refused_login_ages_out_visibly(relayed, later):
    relayed.rig.network_settings["expire_after"] = ExpirySettings(to_network=1)
    await relayed.begin()
    relayed.network.before.append(lambda _: LoginError("Your balance is empty."))
    relayed.network.refuse = "Your balance is empty."
    await relayed.alice.say(relayed.room, "one")
    clock = relayed.rig.clock
    await later(relayed.to_network, clock, 60)
    (outcome,) = relayed.to_network()
    assert (outcome.reason, outcome.fate) == ("expired", "expired")
    assert clock.monotonic() >= HOUR
    await relayed.notice("It waited for longer than a message may.")


async def test_rule_10_a_refused_login_of_our_own_is_still_waited_for_after_a_restart(refused):
    await refused.alice.say(refused.room, "one")
    await refused.notice("Your balance is empty.")
    await refused.again()
    await refused.until(lambda: refused.parts.queue.waiting == 1)
    refused.network.refuse = None
    logins = refused.parts.networks.get("loop").logins
    (bot,) = [login for login in logins.all() if login.id == BOT]
    await logins.restart(bot)
    await refused.heard("one")


async def test_rule_10_a_login_of_our_own_that_ends_while_it_sends_is_connected_again(
    relayed, later
):
    await relayed.begin()
    host = relayed.parts.networks.get("loop").host

    def ends(_: object) -> LoginError:
        host.state(BOT, LoginState.OFFLINE, "It has quit.")
        return LoginError("It is signed out.")

    relayed.network.before.append(ends)
    await relayed.alice.say(relayed.room, "one")
    await relayed.alice.say(relayed.room, "two")
    clock = relayed.rig.clock
    await later(lambda: len(relayed.network.texts()) == 2, clock, 5)
    assert relayed.network.texts() == ["one", "two"]
    assert clock.monotonic() < HOUR


POISON = "The account may not say that."


def refuse_poison(stage) -> list[str]:
    """The network lets the login in, and refuses it for one message; what it is asked."""
    asked = []

    def before(event: object) -> LoginError | None:
        words = plain(event.content.text)
        asked.append(words)
        stage.network.before.append(before)
        return LoginError(POISON) if "poison" in words else None

    stage.network.before.append(before)
    return asked


async def test_rule_10_a_message_that_is_refused_like_a_login_each_time_ends_alone(relayed, later):
    """What follows it in its own chat shows it: nobody waits for it for a day."""
    await relayed.begin()
    refuse_poison(relayed)
    clock = relayed.rig.clock
    for words in ("poison", "two", "three"):
        await relayed.alice.say(relayed.room, words)
    await later(lambda: len(relayed.to_network()) == 3, clock, 30)
    assert clock.monotonic() < HOUR
    assert relayed.network.texts() == ["two", "three"]
    ends = {one.reason: one for one in relayed.to_network()}
    assert ends["rejected"].fate == "rejected"
    assert POISON in ends["rejected"].detail
    await relayed.notice("takes what others say, and refuses the login for this")
    (job,) = await relayed.stored("SELECT dead FROM job", 1)  # the operator may send it again
    assert job.dead


async def test_rule_10_what_another_chat_says_shows_it_as_well(relayed, later):
    relayed.rig.links = (ChatLink(chat="#room"), ChatLink(chat="#other"))
    await relayed.begin()
    asked = refuse_poison(relayed)
    clock = relayed.rig.clock
    other = await relayed.alice.join("#loop_#other:example.org")
    await relayed.alice.say(relayed.room, "poison")
    await relayed.notice(POISON)
    await later(lambda: asked.count("poison") == 2, clock, 30)
    await relayed.alice.say(other, "hello")
    await relayed.heard("hello", chat="#other")
    await later(lambda: len(relayed.to_network()) == 2, clock, 30)
    assert clock.monotonic() < HOUR
    assert asked.count("poison") == 3
    assert sorted(one.reason for one in relayed.to_network()) == ["delivered", "rejected"]


async def test_rule_10_what_is_refused_with_all_others_is_kept_in_order(relayed, later):
    """An account without credit signs in at some networks: that is no fault of any message."""
    await relayed.begin()
    clock, asked, credit = relayed.rig.clock, [], []

    def before(event: object) -> LoginError | None:
        relayed.network.before.append(before)
        asked.append(plain(event.content.text))
        if clock.monotonic() > 2 * HOUR and asked[-1] == "one":  # not between two of a round
            credit.append("some")
        return None if credit else LoginError("Your balance is empty.")

    relayed.network.before.append(before)
    for words in ("one", "two", "three"):
        await relayed.alice.say(relayed.room, words)
    await later(lambda: len(relayed.to_network()) == 3, clock, 30)
    assert len(asked) > 20
    assert relayed.network.texts() == ["one", "two", "three"]
    assert {one.reason for one in relayed.to_network()} == {"delivered"}


async def test_rule_10_what_is_said_once_it_is_mended_does_not_overtake_what_waits(relayed, later):
    """Nor does it show that what waits is at fault."""
    await relayed.begin()
    faults = {"poison": LoginError(POISON), "two": Rejected("Not today.")}

    def before(event: object) -> Exception | None:
        relayed.network.before.append(before)
        return faults.get(plain(event.content.text))

    relayed.network.before.append(before)
    clock = relayed.rig.clock
    for words in ("poison", "two"):
        await relayed.alice.say(relayed.room, words)
    await later(relayed.to_network, clock, 30)
    assert [one.reason for one in relayed.to_network()] == ["rejected"]
    faults.clear()
    mended = clock.monotonic()
    await clock.advance(60)
    await relayed.alice.say(relayed.room, "three")
    await relayed.heard("poison", "three")
    assert clock.monotonic() < mended + 300
