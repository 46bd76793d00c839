"""Reaching a server: TLS and its certificate, servers that are not there, and the doctor's word."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridgekit import Chat, ChatID, LoginError, RetryLater, Scope, Severity
from bridgekit.testing.servers import free_port
from bridges.irc import session as module

CERTIFICATE = Path(__file__).with_name("localhost.pem")


@asynccontextmanager
async def tls_server():
    """An IRC server with a certificate for localhost that nobody knows; yields its port."""

    async def serve(reader, writer):
        while not (await reader.readline()).startswith(b"USER"):
            pass
        writer.write(b":s.x 001 bridgekit :Hi\r\n:s.x 422 bridgekit :no MOTD\r\n")
        await reader.read()
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def findings(adapter):
    return [(finding.severity, finding.text) async for finding in adapter.check()]


async def test_a_certificate_that_is_signed_by_the_ca_file_is_trusted(adapter_on, bot_login):
    async with tls_server() as port:
        adapter = adapter_on(port, host="localhost", tls=True, ca_file=CERTIFICATE)
        async with adapter.connect(bot_login(adapter)) as client:
            assert client.me == "bridgekit"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"host": "localhost"}, "certificate of localhost does not hold: self-signed"),
        ({"host": "127.0.0.1", "ca_file": CERTIFICATE}, "certificate of 127.0.0.1 does not hold"),
    ],
)
async def test_a_certificate_that_does_not_hold_is_for_the_operator(
    adapter_on, bot_login, settings, words
):
    async with tls_server() as port:
        adapter = adapter_on(port, tls=True, **settings)
        with pytest.raises(LoginError, match=words):
            async with adapter.connect(bot_login(adapter)):
                pass


async def test_checking_certificates_can_be_turned_off_and_the_doctor_says_so(adapter_on):
    async with tls_server() as port:
        found = await findings(adapter_on(port, tls=True, tls_verify=False))
    assert (Severity.WARNING, "The server's certificate is not checked.") in found


async def test_tls_on_the_plain_port_is_explained(adapter_on, bot_login, scripted):
    async def script(peer):
        await peer.reader.read(10)
        peer.say(":s.x NOTICE * :plain text")

    async with scripted(script) as port:
        adapter = adapter_on(port, tls=True)
        with pytest.raises(RetryLater, match="does not speak TLS on port"):
            async with adapter.connect(bot_login(adapter)):
                pass


async def test_a_server_that_is_not_there_is_tried_again(adapter_on, bot_login):
    port = free_port()
    adapter = adapter_on(port)
    with pytest.raises(RetryLater, match=f"127.0.0.1, port {port}: Connection refused"):
        async with adapter.connect(bot_login(adapter)):
            pass


async def test_a_server_that_stays_silent_is_tried_again(adapter_on, bot_login, scripted):
    async def script(peer):
        await peer.hangs_up()

    async with scripted(script) as port:
        adapter = adapter_on(port, timeout=0.05)
        with pytest.raises(RetryLater, match=r"stays silent.*set tls: true"):
            async with adapter.connect(bot_login(adapter)):
                pass


async def test_a_server_that_hangs_up_during_the_sign_in_is_tried_again(
    adapter_on, bot_login, scripted
):
    async def script(peer):
        await peer.next()

    async with scripted(script) as port:
        adapter = adapter_on(port)
        with pytest.raises(RetryLater, match="closed the connection") as error:
            async with adapter.connect(bot_login(adapter)):
                pass
    assert error.value.scope is Scope.LOGIN


async def test_a_refused_login_leaves_nothing_open(adapter_on, bot_login, scripted):
    closed = asyncio.Event()

    async def script(peer):
        await peer.expect("USER")
        peer.say(":s.x 464 * :Password incorrect")
        await peer.hangs_up()
        closed.set()

    async with scripted(script) as port:
        adapter = adapter_on(port, password="wrong")
        with pytest.raises(LoginError, match="Password incorrect"):
            async with adapter.connect(bot_login(adapter)):
                pass
        await closed.wait()


async def test_messages_are_confirmed_by_label_where_the_server_has_them(
    adapter_on, bot_login, running, scripted, matrix_event
):
    async def script(peer):
        await peer.negotiate("labeled-response", "batch", "echo-message", "message-tags")
        peer.say(":s.x 001 bridgekit :Hi", ":s.x 422 bridgekit :no MOTD")
        await peer.enter("bridgekit")
        assert await peer.expect("@label") == "@label=bk1 PRIVMSG #c :hi"
        peer.say("@label=bk1;msgid=xyz :bridgekit!u@h PRIVMSG #c :hi")
        await peer.hangs_up()

    async with scripted(script) as port:
        adapter = adapter_on(port)
        async with running(adapter, bot_login(adapter)) as client:
            await client.enter("#c")
            sent = await client.send(matrix_event("#c", "hi"))
    assert sent.ids == ("xyz",)


async def test_the_doctor_finds_nothing_wrong_with_a_good_server(adapter_on, scripted):
    async def script(peer):
        await peer.welcome("NICKLEN=30")
        await peer.hangs_up()

    async with scripted(script) as port:
        found = await findings(adapter_on(port, password="secret"))
    assert found == [
        (Severity.WARNING, "The connection is not encrypted, and a password crosses it."),
        (Severity.OK, f"127.0.0.1, port {port}, lets the bridge in."),
        (
            Severity.OK,
            "The server has no extension that confirms a message; a PING does instead.",
        ),
    ]


async def test_the_doctor_tries_the_channels_that_are_to_be_bridged(adapter_on, scripted, host):
    async def script(peer):
        await peer.welcome("NICKLEN=30")
        assert await peer.expect("JOIN") == "JOIN #in,#out,#silent"
        peer.say(
            "PING :x",
            ":bridgekit!u@h JOIN #in",
            ":s.x 366 bridgekit #in :End of /NAMES list",
            ":s.x 477 bridgekit #out :You need to be identified to a registered account",
        )
        await peer.hangs_up()

    host.linked = [Chat(ChatID(name)) for name in ("#in", "#out", "#silent")]
    async with scripted(script) as port:
        adapter = adapter_on(port, timeout=2.0)
        found = [finding async for finding in adapter.check()][-3:]
    assert [one.severity for one in found] == [Severity.OK, Severity.ERROR, Severity.WARNING]
    assert "for nicks with an account only" in found[1].text
    assert found[1].id == "irc-reg-only"
    assert found[1].fix.startswith("Register the bot's nick, and set sasl")


async def test_the_doctor_notices_a_nick_that_is_not_to_be_had(adapter_on, scripted):
    async def script(peer):
        await peer.expect("USER")
        peer.say(":s.x 433 * bridgekit :Nickname is already in use")
        await peer.welcome_as("bridgekit_")

    async with scripted(script) as port:
        found = await findings(adapter_on(port))
    (nick,) = [one for one in found if "The server calls the bot bridgekit_, not" in one[1]]
    assert "is tried only" not in str(found)  # there are none
    assert nick[0] is Severity.OK
    assert "in use, by the running bridge or by somebody else" in nick[1]


async def test_the_doctor_names_a_host_that_does_not_resolve(adapter_on):
    found = await findings(adapter_on(6667, host="no-such-host.invalid"))
    assert found == [(Severity.ERROR, "The name no-such-host.invalid does not resolve.")]


async def test_the_doctor_passes_on_what_the_server_says(adapter_on, scripted):
    async def script(peer):
        await peer.expect("USER")
        peer.say("ERROR :Closing Link: too many connections from your host")

    async with scripted(script) as port:
        found = await findings(adapter_on(port))
    assert found[-1][0] is Severity.ERROR
    assert "too many connections" in found[-1][1]


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ("Closing Link: SASL access only", "irc-sasl-required"),
        ("Closing Link: You need to use SASL to connect", "irc-sasl-required"),
        ("Closing Link: K-lined", "irc-banned"),
        ("Closing Link: (G:Lined) banned", "irc-banned"),
        ("Closing Link: Too many user connections (global)", "irc-connection-limit"),
    ],
)
async def test_the_doctor_knows_a_mistake_by_the_servers_words(adapter_on, scripted, words, known):
    async def script(peer):
        await peer.expect("USER")
        peer.say(f"ERROR :{words}")
        await peer.hangs_up()

    async with scripted(script) as port:
        found = [one async for one in adapter_on(port).check()]
    assert (found[-1].severity, found[-1].id) == (Severity.ERROR, known)
    assert found[-1].fix
    assert found[-1].why


async def test_what_a_server_says_of_names_is_kept(
    adapter_on, host, bot_login, person_login, scripted
):
    asked = []

    async def script(peer):
        asked.append(await peer.welcome("CASEMAPPING=ascii", "NICKLEN=12"))
        await peer.hangs_up()

    async with scripted(script) as port:
        adapter = adapter_on(port)
        for login in (bot_login(adapter), person_login("a-rather-long-nick")):
            async with adapter.connect(login):
                pass
    assert (host.saved["case_mapping"], host.saved["nick_length"]) == ("ascii", "12")
    assert asked == ["bridgekit", "a-rather-lon"]


@pytest.fixture
async def told_nickserv(adapter_on, bot_login, running, scripted):
    """The bot, which has told NickServ its password and waits for what becomes of it."""
    peers, over = asyncio.Queue(), asyncio.Event()

    async def script(peer):
        await peer.welcome()
        assert await peer.expect("PRIVMSG") == "PRIVMSG NickServ :IDENTIFY me secret"
        peers.put_nowait(peer)
        await over.wait()

    sasl = {"username": "me", "password": "secret", "mechanism": "nickserv"}
    async with scripted(script) as port:
        adapter = adapter_on(port, sasl=sasl)
        async with running(adapter, bot_login(adapter)) as client:
            yield client, await peers.get()
            over.set()


@pytest.mark.parametrize(
    "known",
    [
        ":s.x 900 bridgekit bridgekit!u@h me :You are now logged in as me",
        ":NickServ!s@services MODE Bridgekit :+ir",
    ],
)
async def test_channels_are_entered_once_services_know_who_comes(told_nickserv, known):
    client, peer = told_nickserv
    entering = asyncio.create_task(client.enter("#python"))
    peer.say(":NickServ!s@services MODE bridgekit +i-r", "PING :before")
    assert await peer.next() == "PONG before"
    peer.say(known)
    await asyncio.gather(entering, peer.enter("bridgekit"))


async def test_services_that_say_nothing_are_not_waited_for_long(told_nickserv, monkeypatch):
    monkeypatch.setattr(module, "SERVICES", 0.0)
    client, peer = told_nickserv
    await asyncio.gather(client.enter("#python"), peer.enter("bridgekit"))
