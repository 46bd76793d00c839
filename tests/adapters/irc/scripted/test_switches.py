"""Who joins before they say something: as the operator wants it, for each channel."""

import pytest

from bridgekit import Chat, ChatChange, Membership, Message, Rejected

PRESENCE = {"listed": False, "coming": False}
APART = {"#Small": {"members": {}}}


@pytest.fixture
async def quiet(adapter_on, bot_login, running, scripted):
    """A bot on a network where people join with their first words, but for one channel."""

    async def script(peer):
        await peer.welcome("CASEMAPPING=ascii", "NICKLEN=30", "PREFIX=(ov)@+")
        for _ in range(2):
            await peer.enter("bridgekit", "ann")
        for chat in ("#big", "#small"):
            peer.say(f":bob!b@h JOIN {chat}", f":bob!b@h PRIVMSG {chat} :hi {chat}")
            peer.say(f":bob!b@h PART {chat}")
        peer.say(":bob!b@h JOIN #small", ":bob!b@h PRIVMSG #small :the end")
        await peer.hangs_up()

    async with scripted(script) as port:
        adapter = adapter_on(port, presence=PRESENCE, channels=APART)
        async with running(adapter, bot_login(adapter)) as client:
            for chat in ("#big", "#small"):
                await client.enter(chat)
            yield client


@pytest.mark.parametrize(
    ("presence", "joining", "at_the_start"),
    [
        ({}, False, False),
        ({"people": True}, True, True),
        ({"people": True, "there": False}, True, False),
        ({"there": True}, False, True),
    ],
)
def test_people_come_at_the_start_or_as_they_join_or_both(
    adapter_on, presence, joining, at_the_start
):
    adapter = adapter_on(6667, presence=presence, channels={"#apart": {"members": {}}})
    assert (adapter.comes_with("#c"), adapter.brings("#c")) == (joining, at_the_start)
    assert (adapter.comes_with("#apart"), adapter.brings("#apart")) == (False, False)


def listing(content):
    return isinstance(content, ChatChange) and content.info.members is not None


async def test_where_it_is_not_wanted_nobody_joins_in_advance(quiet, host):
    await host.message("the end")

    def told(chat):
        return [event.content for event in host.events if event.chat == Chat(chat)]

    states = [one.state.value for one in told("#big") if isinstance(one, Membership)]
    assert states == ["leave"]
    states = [one.state.value for one in told("#small") if isinstance(one, Membership)]
    assert states == ["join", "leave", "join"]
    lists = {
        chat: [(len(one.info.members), one.info.up_front) for one in told(chat) if listing(one)]
        for chat in ("#big", "#small")
    }
    assert lists == {"#big": [(1, False)], "#small": [(1, True)]}
    assert [one for one in told("#big") if isinstance(one, Message)] != []
    with pytest.raises(Rejected, match="joins when they first say something"):
        [one async for one in quiet.members("#big")]
    assert "ann" in [one.user async for one in quiet.members("#small")]
