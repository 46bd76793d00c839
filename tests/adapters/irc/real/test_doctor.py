"""What the doctor says of mistakes, each made against a real server."""

from pathlib import Path

import pytest

from bridgekit import Severity
from bridgekit.testing.servers import ngircd as run_ngircd
from tests.integration.missing import or_skip

CERTIFICATE = Path(__file__).parents[1] / "scripted" / "localhost.pem"


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    """An ngIRCd with a port for TLS and short nicks."""
    folder = tmp_path_factory.mktemp("secured")
    with or_skip(run_ngircd(folder, certificate=CERTIFICATE, nick_length=9)) as server:
        yield server


async def mistakes(adapter):
    """What is not well, by its ID; each says what to do and what it leads to."""
    found = [one async for one in adapter.check() if one.severity is not Severity.OK]
    assert all(one.fix for one in found)
    named = [one for one in found if one.id]
    assert all(one.why for one in named)
    return {one.id: one.text for one in named}


@pytest.mark.ngircd
@pytest.mark.parametrize(
    ("port", "settings", "known", "words"),
    [
        ("port", {"tls": True, "timeout": 2}, "irc-tls-port", "does not speak TLS on port"),
        ("tls_port", {"tls": False, "timeout": 2}, "irc-tls-port", "speaks TLS on port"),
        ("tls_port", {"tls": True, "host": "localhost"}, "irc-certificate", "self-signed"),
        ("tls_port", {"tls": True, "ca_file": CERTIFICATE}, "irc-certificate", "127.0.0.1"),
        ("port", {"nick": "a-bridge-bot"}, "irc-nick", "takes 9 characters"),
        ("port", {"puppet_nick": "{name}|matrix"}, "irc-nick", "leaves 2 for people"),
        ("port", {"puppet_nick": "{name}{matrix}"}, "irc-nick", "leaves 1 for people"),
        ("port", {"flood": {"rate": 50}}, "irc-flood", "faster than most"),
    ],
)
async def test_a_mistake_is_known_by_what_a_real_server_does(
    adapter_on, secured, port, settings, known, words
):
    found = await mistakes(adapter_on(getattr(secured, port), **settings))
    assert known in found
    assert words in found[known]


@pytest.mark.ngircd
async def test_tls_that_holds_is_no_mistake(adapter_on, secured):
    settings = {"tls": True, "host": "localhost", "ca_file": CERTIFICATE}
    assert await mistakes(adapter_on(secured.tls_port, **settings)) == {}


@pytest.mark.ngircd
async def test_channels_with_a_key_for_the_invited_or_with_a_ban(
    adapter_on, ngircd, host, irc_person
):
    adapter = adapter_on(ngircd)
    async with irc_person(ngircd, "warden") as warden:
        for chat, modes in (("#d-key", "+k x"), ("#d-inv", "+i"), ("#d-ban", "+b *!*@*")):
            await warden.join(chat)
            warden.say(f"MODE {chat} {modes}")
            await warden.hear(" MODE ")
        host.linked = [adapter.chat_named(name) for name in ("#d-key", "#d-inv", "#d-ban")]
        found = [one.id for one in [one async for one in adapter.check()][-3:]]
    assert found == ["irc-key-invite", "irc-key-invite", "irc-channel-refused"]


@pytest.mark.ngircd
async def test_beside_a_running_bridge_the_doctor_is_seen_in_no_channel(
    adapter_on, ngircd, host, irc_person
):
    adapter = adapter_on(ngircd, nick="d-bridge")
    host.linked = [adapter.chat_named("#d-own")]
    async with irc_person(ngircd, "d-witness") as witness, irc_person(ngircd, "d-bridge") as bridge:
        await witness.join("#d-own")
        await bridge.join("#d-own")
        await witness.hear("d-bridge!")
        said = [one.text async for one in adapter.check()]
        assert "is tried only while nobody has its nick" in said[-1]
        bridge.say("PRIVMSG #d-own :still here")
        assert "JOIN" not in await witness.hear("JOIN", "still here")


@pytest.mark.inspircd
async def test_a_wrong_secret_for_sasl_is_known(adapter_on, inspircd, irc_person):
    async with irc_person(inspircd.port, "accounted") as owner:
        owner.say("PRIVMSG NickServ :REGISTER open-sesame accounted@test.local")
        await owner.hear("registered")
    sasl = {"username": "accounted", "password": "sesame"}
    found = await mistakes(adapter_on(inspircd.port, sasl=sasl))
    assert list(found) == ["irc-sasl-refused"]
    right = {**sasl, "password": "open-sesame"}
    assert await mistakes(adapter_on(inspircd.port, sasl=right)) == {}


@pytest.mark.inspircd
async def test_a_channel_for_accounts_only_is_known(adapter_on, inspircd, host, irc_person):
    adapter = adapter_on(inspircd.port)
    async with irc_person(inspircd.port, "registrar") as registrar:
        await registrar.join("#d-reg")
        registrar.say("MODE #d-reg +R")
        await registrar.hear("MODE #d-reg")
        host.linked = [adapter.chat_named("#d-reg")]
        assert list(await mistakes(adapter)) == ["irc-reg-only"]
