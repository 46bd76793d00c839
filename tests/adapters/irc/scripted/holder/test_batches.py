"""A batch that a kill, or the end of a connection, cuts in the middle."""

import asyncio

import pytest

from bridges.irc import unbroken as module

MULTILINE = ("batch", "message-tags", "server-time", "draft/multiline=max-bytes=4000,max-lines=9")
OPENING = "@msgid=m1 :ann!a@h BATCH +7 draft/multiline #python"
FIRST, SECOND = "@batch=7 :ann!a@h PRIVMSG #python :one", "@batch=7 :ann!a@h PRIVMSG #python :two"
ASIDE = "@msgid=m2 :bob!b@h PRIVMSG #python :aside"


@pytest.fixture
def offered():
    return MULTILINE


@pytest.fixture
async def hold(stage, offered):
    """A server that has batches; `at_work` is a bridge, and its side of the connection."""
    stage.offered = offered
    return stage


async def enter(stage, client):
    peer = await stage.peers.get()
    await asyncio.gather(client.enter("#python"), peer.enter("bridgekit", "ann", "bob"))
    return peer


def texts(host, said):
    return [said(event) for event in host.events if said(event)]


async def test_a_message_that_a_kill_cuts_is_told_whole_and_once(hold, host, said):
    async with hold.bridge() as client:
        peer = await enter(hold, client)
        peer.say(":ann!a@h PRIVMSG #python :before", OPENING, FIRST, ASIDE)
        await host.message("before")
        await hold.kept("aside")
    assert texts(host, said) == ["before"]
    peer.say(SECOND, ":s.x BATCH -7", ":ann!a@h PRIVMSG #python :after")
    async with hold.bridge():
        await host.message("after")
    assert texts(host, said) == ["before", "aside", "one\ntwo", "after"]
    assert [event.id for event in host.events if said(event)][1:3] == ["m2", "m1"]


async def test_a_kill_between_the_parts_of_the_past_makes_them_no_news(hold, host, said):
    async with hold.bridge() as client:
        peer = await enter(hold, client)
        peer.say("BATCH +8 chathistory #python", "@batch=8;msgid=p1 :ann!a@h PRIVMSG #python :old")
        await hold.kept(":old")
    peer.say(
        "@batch=8;msgid=p2 :ann!a@h PRIVMSG #python :older",
        "BATCH -8",
        ":ann!a@h PRIVMSG #python :new",
    )
    async with hold.bridge():
        await host.message("new")
    assert texts(host, said) == ["new"]


async def test_of_a_message_that_the_end_of_the_connection_cuts_there_is_what_came(
    hold, host, said
):
    async with hold.adapter.connect(hold.login) as client:
        running = asyncio.create_task(client.run())
        peer = await enter(hold, client)
        peer.say(OPENING, FIRST, SECOND)
        peer.writer.close()
        with pytest.raises(Exception, match="closed the connection"):
            await running
    assert texts(host, said) == ["one\ntwo […]"]
    async with hold.bridge():
        await hold.peers.get()
    assert texts(host, said) == ["one\ntwo […]"]


@pytest.mark.parametrize("offered", [(*MULTILINE, "draft/chathistory")])
async def test_what_the_server_remembers_comes_again_whole(hold, host, said):
    async with hold.adapter.connect(hold.login) as client:
        running = asyncio.create_task(client.run())
        peer = await enter(hold, client)
        peer.say(OPENING, FIRST, ASIDE, SECOND)
        peer.writer.close()
        with pytest.raises(Exception, match="closed the connection"):
            await running
    assert texts(host, said) == ["aside"]


async def test_a_batch_that_never_ends_keeps_nothing_back_for_ever(hold, host, monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    async with hold.bridge() as client:
        peer = await enter(hold, client)
        peer.say(OPENING, FIRST, ASIDE)
        await host.message("aside")
        peer.say("BATCH -7")
        await host.message("one")


async def test_who_is_called_like_a_service_hears_what_is_said_to_them(stage, host, person_login):
    stage.login = person_login("Observ")
    async with stage.bridge():
        peer = await stage.peers.get()
        peer.say(":bob!b@h PRIVMSG Observ :are you there?")
        assert (await host.message("are you there?")).sender == "bob"


async def test_what_is_said_to_services_is_not_on_disk(hold):
    async with hold.bridge() as client:
        peer = await enter(hold, client)
    peer.say(":bridgekit!u@h PRIVMSG NickServ :IDENTIFY me secret", ":ann!a@h PRIVMSG #python :hi")
    await hold.kept(":hi")
    journal = next(hold.folder.glob("*.journal")).read_bytes()
    assert b"NickServ" in journal
    assert b"secret" not in journal
