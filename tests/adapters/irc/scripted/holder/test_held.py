"""A connection that the holder keeps goes on where the last bridge was killed."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridgekit import Absence, Found, Rejected, RetryLater, Sent
from bridges.irc.holder.process import Holder

NOW = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=40_000)  # later than anything here


async def in_channel(client, peer, *others):
    await asyncio.gather(client.enter("#python"), peer.enter("bridgekit", *others))


async def test_nobody_sees_a_bridge_go_and_what_was_said_meanwhile_is_told(stage, host):
    async with stage.bridge() as client:
        peer = await stage.peers.get()
        await in_channel(client, peer, "ann")
        assert not client.resumes
    peer.say("PING :still-there", ":ann!a@h PRIVMSG #python :anybody?")
    assert await peer.expect("PONG") == "PONG still-there"  # the holder's
    async with stage.bridge() as client:
        assert client.resumes
        assert "#python" in client.channels
        assert (await host.message("anybody?")).sender == "ann"
        assert await peer.expect("NAMES") == "NAMES #python"
    assert stage.peers.empty()
    assert not any(line.startswith(("QUIT", "NICK", "PART")) for line in peer.heard[3:])


async def test_what_is_stored_is_not_told_again(stage, host, said):
    async with stage.bridge() as client:
        peer = await stage.peers.get()
        await in_channel(client, peer, "ann")
        peer.say(":ann!a@h PRIVMSG #python :one")
        await host.message("one")
    peer.say(":ann!a@h PRIVMSG #python :two")
    async with stage.bridge():
        await host.message("two")
    assert [said(event) for event in host.events if said(event)] == ["one", "two"]


async def test_what_the_core_had_not_stored_is_told_again(stage, host, monkeypatch):
    async with stage.bridge() as client:
        peer = await stage.peers.get()
        await in_channel(client, peer, "ann")
        killed = asyncio.Event()

        async def never(*_, **__):
            killed.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(host, "receive", never)
        peer.say(":ann!a@h PRIVMSG #python :one")
        await killed.wait()
    monkeypatch.undo()
    async with stage.bridge():
        await host.message("one")


@pytest.mark.parametrize(
    "moved",
    [
        (":bridgekit!b@h NICK bot-2",),
        (":bridgekit!b@h PART #other",),
        (":op!o@h KICK #other bridgekit :out", ":bridgekit!b@h NICK bot-2"),
    ],
)
async def test_what_one_read_brought_comes_once_when_killed_in_the_middle(
    stage, host, said, monkeypatch, moved
):
    async with stage.bridge() as client:
        peer = await stage.peers.get()
        await in_channel(client, peer, "ann")
        await asyncio.gather(client.enter("#other"), peer.enter("bridgekit", "ann"))
        killed, receive = asyncio.Event(), host.receive

        async def once(*what, **named):
            if any(said(event) == "one" for event in host.events):
                killed.set()
                await asyncio.Event().wait()
            await receive(*what, **named)

        monkeypatch.setattr(host, "receive", once)
        one, two = (f":ann!a@h PRIVMSG #python :{text}" for text in ("one", "two"))
        peer.say("\r\n".join((one, *moved, two)))
        await killed.wait()
        place, _, _ = host.cursors["bot"].partition(" ")
        assert place.endswith(f":{client._connection.place(len(moved) + 1)}")
    monkeypatch.undo()
    async with stage.bridge():
        await host.message("two")
        peer.say(":ann!a@h PRIVMSG #python :three")
        await host.message("three")
    assert [said(event) for event in host.events if said(event)] == ["one", "two", "three"]


@pytest.fixture
def killed(host, monkeypatch):
    """Set when what a read brought is stored; the bridge does nothing behind that any more."""
    stored, receive = asyncio.Event(), host.receive

    async def and_no_more(*what, **named):
        await receive(*what, **named)
        stored.set()
        await asyncio.Event().wait()

    def from_now_on():
        monkeypatch.setattr(host, "receive", and_no_more)
        return stored

    return from_now_on


async def test_who_we_are_and_where_is_stored_with_the_line_that_changed_it(
    stage, host, killed, monkeypatch
):
    async with stage.bridge() as client:
        peer = await stage.peers.get()
        await in_channel(client, peer, "ann")
        stored = killed()
        lines = (
            ":bridgekit!u@host.test NICK bot-2",
            ":bot-2!u@host.test JOIN #other",
            ":s.x 353 bot-2 = #other :bot-2 ann",
            ":s.x 366 bot-2 #other :End",
            ":ann!a@h PRIVMSG #python :one",
        )
        peer.say("\r\n".join(lines))
        await stored.wait()
    monkeypatch.undo()
    peer.say(":ann!a@h PRIVMSG #other :two")
    async with stage.bridge() as client:
        assert (client.me, [*client.channels]) == ("bot-2", ["#python", "#other"])
        await host.message("two")


async def test_what_the_holder_knows_is_newer_than_what_was_stored_before(stage, host):
    async with stage.bridge() as client:
        peer = await stage.peers.get()
        await in_channel(client, peer, "ann")
        peer.say(":bridgekit!b@h NICK bot-2\r\n:ann!a@h PRIVMSG #python :one")
        await host.message("one")
        peer.say(":bot-2!b@h NICK bot-3")
        while client._remembered != client._known or client.me != "bot-3":  # noqa: ASYNC110 (nobody tells)
            await asyncio.sleep(0)
    assert "bot-2" in host.cursors["bot"]
    async with stage.bridge() as client:
        assert client.me == "bot-3"


async def test_what_was_written_before_a_crash_is_found_by_its_key(stage, matrix_event):
    event = matrix_event("#python", "hi")
    async with stage.bridge() as client:
        peer = await stage.peers.get()
        await in_channel(client, peer)
        assert await client.find(event, NOW) is Absence.ABSENT
        sending = asyncio.create_task(client.send(event))
        token = (await peer.expect("PING bk")).removeprefix("PING ")
        sending.cancel()
    peer.say(f":irc.test PONG irc.test :{token}")
    async with stage.bridge() as client:
        assert await client.find(event, NOW) == Found(())
        sending = asyncio.create_task(client.send(replace(event, txn="another")))
        token = (await peer.expect("PING bk")).removeprefix("PING ")
        peer.say(f":irc.test PONG irc.test :{token}")
        assert await sending == Sent()
    assert sum(line == "PRIVMSG #python :hi" for line in peer.heard) == 2


async def test_a_refusal_before_the_crash_leaves_the_key_free(stage, matrix_event):
    event = matrix_event("#python", "hi")
    async with stage.bridge() as client:
        peer = await stage.peers.get()
        await in_channel(client, peer)
        sending = asyncio.create_task(client.send(event))
        token = (await peer.expect("PING bk")).removeprefix("PING ")
        peer.say(":irc.test 404 bridgekit #python :no", f":irc.test PONG irc.test :{token}")
        with pytest.raises(Rejected):
            await sending
    async with stage.bridge() as client:
        assert await client.find(event, NOW) is Absence.ABSENT


async def test_an_answer_that_is_still_to_come_is_waited_for(stage, matrix_event):
    event = matrix_event("#python", "hi")
    async with stage.bridge() as client:
        peer = await stage.peers.get()
        await in_channel(client, peer)
        sending = asyncio.create_task(client.send(event))
        token = (await peer.expect("PING bk")).removeprefix("PING ")
        sending.cancel()
    async with stage.bridge() as client:
        finding = asyncio.create_task(client.find(event, NOW))
        await peer.expect("NAMES")
        peer.say(f":irc.test PONG irc.test :{token}")
        assert await finding == Found(())


async def test_a_connection_that_ended_meanwhile_gives_what_it_had_and_no_more(stage, host):
    async with stage.bridge() as client:
        peer = await stage.peers.get()
        await in_channel(client, peer, "ann")
    peer.say(":ann!a@h PRIVMSG #python :last words", "ERROR :Closing link")
    peer.writer.close()
    async with stage.adapter.connect(stage.login) as client:
        assert client.resumes
        with pytest.raises(Exception, match="closed the connection"):
            await client.run()
    await host.message("last words")
    async with stage.bridge() as client:
        assert not client.resumes
        assert await stage.peers.get() is not peer


async def test_a_holder_that_was_killed_has_kept_what_it_heard(stage, host, tmp_path):
    async with stage.bridge() as client:
        peer = await stage.peers.get()
        await in_channel(client, peer, "ann")
    peer.say(":ann!a@h PRIVMSG #python :before the power failed")
    journal = next(stage.folder.glob("*.journal"))
    while b"power" not in journal.read_bytes():  # noqa: ASYNC110 (a file tells nobody)
        await asyncio.sleep(0)
    kept = {path.name: path.read_bytes() for path in stage.folder.iterdir()}
    other = tmp_path / "other"
    other.mkdir()
    for name, data in kept.items():
        (other / name).write_bytes(data)
    async with Holder(other, keep=60).listening(tmp_path / "other.sock"):
        config = stage.adapter.config.model_copy(update={"holder": tmp_path / "other.sock"})
        stage.adapter.config = config
        async with stage.adapter.connect(stage.login) as client:
            with pytest.raises(Exception, match="was restarted"):
                await client.run()
    await host.message("before the power failed")


async def test_a_login_that_nobody_needs_any_more_quits(stage):
    async with stage.bridge() as client:
        peer = await stage.peers.get()
        await in_channel(client, peer, "ann")
    await stage.adapter.sign_out(stage.login)
    assert await peer.expect("QUIT") == "QUIT"
    async with stage.bridge() as client:
        assert not client.resumes
        assert await stage.peers.get() is not peer


async def test_without_a_holder_it_is_said_how_to_start_one(adapter_on, bot_login, tmp_path):
    adapter = adapter_on(1, holder=str(tmp_path / "none.sock"))
    with pytest.raises(RetryLater, match=r"bridgekit irc-holder --socket .*none\.sock"):
        async with adapter.connect(bot_login(adapter)):
            pass
