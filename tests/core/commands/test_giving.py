"""What is checked before a command is done (level, action, network, room), and what is kept."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import product
from typing import Annotated, Any

import pytest
from pydantic import SecretStr

from bridgekit.audited import AuditOutcome
from bridgekit.clock import SystemClock
from bridgekit.commands.audit import Audit
from bridgekit.commands.caller import Caller, Via
from bridgekit.commands.command import Answer, Arguments, Asked, Command, Preview, Route, Where
from bridgekit.commands.free_words import HIDDEN, Unkept, hushed
from bridgekit.commands.giving import Giving
from bridgekit.commands.place import Place
from bridgekit.commands.refusals import Mistyped, NotPermitted, Unknown
from bridgekit.commands.table import Table
from bridgekit.errors import Rejected
from bridgekit.ids import ChatID, EventID, NetworkName, PortalID, PortalKey, RoomID, UserID
from bridgekit.models import Flow, Portal, PortalState
from bridgekit.permissions.permissions import Permissions, Rule
from bridgekit.permissions.rights import Level, Right
from bridgekit.store.audit import AuditRows
from bridgekit.store.store import open_store

ALICE, ROOM = UserID("@alice:example.org"), RoomID("!room:example.org")
IRC, SMS = NetworkName("irc"), NetworkName("sms")
POWER = "m.bridge"


class Room:
    """The homeserver's part: what the power levels of the room say."""

    powerful = True

    async def check_power(self, user: UserID, room: RoomID, kind: str) -> None:
        assert (user, room, kind) == (ALICE, ROOM, POWER)
        if not self.powerful:
            raise NotPermitted("The power levels say no.")


class Bridged:
    """The portals of the room."""

    def __init__(self, *networks: NetworkName) -> None:
        keys = [PortalKey(name, ChatID("#chat")) for name in networks]
        self.portals = tuple(
            Portal(PortalID(number), key, PortalState.BOUND, ROOM)
            for number, key in enumerate(keys)
        )

    async def in_room(self, room: RoomID) -> tuple[Portal, ...]:
        return self.portals if room == ROOM else ()


class Do(Arguments):
    network: NetworkName | None = None
    words: tuple[str, ...] = ()
    private: Annotated[str, Unkept()] = ""
    way: Flow = Flow.BOTH
    secret: SecretStr | None = None
    fail: bool = False
    show: bool = False


async def run(asked: Asked[Do]) -> Answer:
    if asked.arguments.fail:
        raise Rejected(f"It cannot be{''.join(f' {one}' for one in asked.arguments.words)}.")
    if asked.arguments.show:
        return Preview(text="It would be.", confirm="it")
    await asked.progress("half")
    return Answer(text="done")


async def unseen(text: str) -> None:
    assert text == "half"


def command(right: Right | None = None, **fields: Any) -> Command[Do]:
    fields = {"route": Route("POST", "/do"), "where": Where.PORTAL, "power": POWER, **fields}
    return Command("do", "Does it.", Do, run, right=right, **fields)


@pytest.fixture
async def store(database):
    async with open_store(database, SystemClock()) as store:
        yield store


@pytest.fixture
def giving(store):
    def make(rules: dict[str, Any], one: Command[Do], *networks: NetworkName) -> Giving:
        audit = Audit(AuditRows(store.reader), store.writer, SystemClock(), {IRC, SMS}.__contains__)
        here = Bridged(*networks)
        return Giving(Table([one]), Permissions(rules), here, Room(), audit, lambda _: False)

    return make


async def allowed(giving: Giving, one: Command[Do], caller: Caller, **values: Any) -> bool:
    try:
        await giving.give(caller, one, values, Place(ROOM), unseen)
    except NotPermitted:
        return False
    return True


LEAST = {
    Right.SPEAK: Level.RELAY,
    Right.SIGN_IN: Level.USER,
    Right.LINK: Level.USER,
    Right.CREATE: Level.USER,
    Right.MANAGE_RELAY: Level.ADMIN,
    Right.ADMIN: Level.ADMIN,
}


@pytest.mark.parametrize("powerful", [True, False], ids=["with power", "without power"])
@pytest.mark.parametrize("network", [IRC, SMS])
async def test_level_action_network_and_room_power_all_have_to_agree(giving, network, powerful):
    """Every level on one network, another one on the other, every right, with and without power."""
    caller = Caller(ALICE, Via.CHAT)
    for on_irc, on_sms, right in product(Level, Level, Right):
        rules = {"*": Rule(on_irc, networks={SMS: Rule(on_sms)})}
        asked = giving(rules, command(right), network)
        asked._rooms.powerful = powerful
        level = on_irc if network == IRC else on_sms
        wanted = powerful and level >= LEAST[right]
        found = await allowed(asked, command(right), caller)
        assert found is wanted, (on_irc, on_sms, right)


@pytest.mark.parametrize(("on_irc", "on_sms"), list(product(Level, Level)))
async def test_in_a_room_of_two_networks_both_have_to_allow_it_unless_one_is_named(
    giving, on_irc, on_sms
):
    rules = {"*": Rule(Level.BLOCK, networks={IRC: Rule(on_irc), SMS: Rule(on_sms)})}
    asked, caller = giving(rules, command(Right.LINK), IRC, SMS), Caller(ALICE, Via.CHAT)
    may = {IRC: on_irc >= Level.USER, SMS: on_sms >= Level.USER}
    assert await allowed(asked, command(Right.LINK), caller) is (may[IRC] and may[SMS])
    for name in (IRC, SMS):
        assert await allowed(asked, command(Right.LINK), caller, network=name) is may[name]


async def test_no_rule_and_no_power_stands_above_the_operator(giving):
    asked = giving({"*": Level.BLOCK}, command(Right.ADMIN), IRC)
    asked._rooms.powerful = False
    assert await allowed(asked, command(Right.ADMIN), Caller(ALICE, Via.OPERATOR))


@pytest.mark.parametrize(
    ("scopes", "method", "allowed_"),
    [
        ({"everything"}, "POST", True),
        ({"read"}, "GET", True),
        ({"read"}, "POST", False),
        ({"do"}, "POST", True),
        ({"help"}, "GET", False),
        (set(), "GET", False),
    ],
)
async def test_a_token_is_for_its_scopes_only(giving, scopes, method, allowed_):
    one = command(None, route=Route(method, "/do"))
    asked = giving({"*": Level.ADMIN}, one, IRC)
    assert await allowed(asked, one, Caller(ALICE, Via.API_TOKEN, frozenset(scopes))) is allowed_


async def test_a_room_is_needed_and_has_to_be_bridged(giving):
    caller, one = Caller(ALICE, Via.CHAT), command()
    with pytest.raises(Mistyped, match="Say it in the room"):
        await giving({"*": Level.USER}, one, IRC).give(caller, one, {}, Place(), unseen)
    with pytest.raises(Unknown, match="This room is not bridged"):
        await giving({"*": Level.USER}, one).give(caller, one, {}, Place(ROOM), unseen)


async def test_what_is_secret_is_not_done_where_others_read(giving):
    one = command(where=Where.ALONE, power=None)
    asked, caller = giving({"*": Level.USER}, one), Caller(ALICE, Via.CHAT)
    with pytest.raises(Mistyped, match="Others would read it here"):
        await asked.give(caller, one, {}, Place(ROOM, alone=False), unseen)
    assert (await asked.give(caller, one, {}, Place(ROOM), unseen)).text == "done"


async def kept(giving: Giving) -> list[tuple[str, str, str, str]]:
    rows = await giving._audit.latest(10)
    return [(row.user, row.arguments, row.outcome, row.detail) for row in rows]


@pytest.mark.parametrize(
    ("level", "values", "outcome", "detail"),
    [
        (Level.USER, {}, AuditOutcome.DONE, ""),
        (Level.USER, {"fail": True}, AuditOutcome.FAILED, "It cannot be."),
        (Level.USER, {"show": True}, AuditOutcome.SHOWN, ""),
        (Level.RELAY, {}, AuditOutcome.REFUSED, "You may not link rooms"),
        (Level.USER, {"secret": "hunter2"}, AuditOutcome.DONE, ""),
    ],
)
async def test_every_change_is_kept_with_how_it_ended(giving, level, values, outcome, detail):
    one = command(Right.LINK)
    asked = giving({"*": level}, one, IRC)
    with suppress(Rejected):
        await asked.give(Caller(ALICE, Via.CHAT), one, values, Place(ROOM), unseen)
    ((user, arguments, ended, why),) = await kept(asked)
    assert (user, ended) == (ALICE, outcome)
    assert why.startswith(detail)
    assert "hunter2" not in arguments
    assert ("…" in arguments) is ("secret" in values)


@pytest.mark.parametrize("way", ["done", "fail", "show", "refused", "begun"])
async def test_free_words_are_kept_only_once_they_named_something(giving, monkeypatch, way):
    """Behind the wrong command, one of them may be a password."""
    one = command(Right.LINK)
    asked = giving({"*": Level.RELAY if way == "refused" else Level.USER}, one, IRC)
    given = {"network": "irc", "words": ["hunter2", "irc"], "private": "hunter3", "way": "both"}
    given |= {way: True} if way in {"fail", "show"} else {}
    if way == "begun":
        monkeypatch.setattr(asked, "_kept", noted_only)
    with suppress(Rejected):
        await asked.give(Caller(ALICE, Via.CHAT), one, given, Place(ROOM), unseen)
    ((_, arguments, outcome, detail),) = await kept(asked)
    found = json.loads(arguments)
    words = ["hunter2", "irc"] if way == "done" else HIDDEN
    assert (found["network"], found["way"], found["words"]) == ("irc", "both", words)
    assert found["private"] == HIDDEN
    assert "hunter" not in detail
    assert detail == "It cannot be … irc." or outcome is not AuditOutcome.FAILED


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Nobody is called 'hunter2'.", "Nobody is called '…'."),
        ("HUNTER2 is none, nor is hunter22.", "… is none, nor is hunter22."),
        (f"There is no {'correct-horse-battery-staple'[:24]}.", "There is no …"),
        ("The irc of it is no one.", "The irc of it is no one."),
    ],
)
def test_a_sentence_is_kept_without_the_words_that_it_quotes(said, left):
    words = ("hunter2", "correct-horse-battery-staple", "irc", "of", "")
    assert hushed(said, Do(words=words), {"irc"}.__contains__) == left


async def noted_only(*_: object) -> Answer:
    return Answer(text="")


async def test_a_network_that_there_is_not_is_not_kept_either(giving):
    one = command(Right.LINK)
    asked = giving({"*": Level.USER}, one, IRC)
    given = {"network": "hunter2", "fail": True}
    with suppress(Rejected):
        await asked.give(Caller(ALICE, Via.CHAT), one, given, Place(ROOM), unseen)
    ((_, arguments, _, _),) = await kept(asked)
    assert json.loads(arguments) == {"network": HIDDEN, "fail": True}


async def test_what_failed_and_is_begun_again_is_not_known_to_have_failed(giving):
    """As a program does that tries again under the name of before; then the bridge dies."""
    one, place = command(), Place(ROOM, once="a word of its own")
    asked, caller = giving({"*": Level.USER}, one, IRC), Caller(ALICE, Via.API_TOKEN)
    with pytest.raises(Rejected):
        await asked.give(caller, one, {"fail": True}, place, unseen)
    await asked._audit.begin(caller, one, Do(), ROOM, place.once)
    assert (await asked._audit.earlier(place.once)).outcome is AuditOutcome.BEGUN


async def test_what_changes_nothing_is_not_kept(giving):
    one = command(route=Route("GET", "/do"))
    asked = giving({"*": Level.USER}, one, IRC)
    await asked.give(Caller(ALICE, Via.CHAT), one, {}, Place(ROOM), unseen)
    assert await kept(asked) == []


async def test_a_message_is_one_command_also_after_a_crash(giving):
    """As it is handled again: not done twice, and said honestly where nobody knows."""
    one, place = command(), Place(ROOM, event=EventID("$typed"))
    asked, caller = giving({"*": Level.USER}, one, IRC), Caller(ALICE, Via.CHAT)
    assert (await asked.give(caller, one, {}, place, unseen)).text == "done"
    assert (await asked.give(caller, one, {}, place, unseen)).text == "This is done."
    died = Place(ROOM, event=EventID("$died"))
    await asked._audit.begin(caller, one, Do(), ROOM, died.event)
    again = await asked.give(caller, one, {}, died, unseen)
    assert again.text.startswith("The bridge stopped while it did this")
