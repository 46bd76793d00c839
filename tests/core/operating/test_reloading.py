"""A changed configuration is taken over while the bridge runs; what needs a restart is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from bridgekit.configuration.config import Config, Network
from bridgekit.configuration.differences import differences
from bridgekit.configuration.fallback_settings import FallbackSettings
from bridgekit.configuration.inbox_settings import InboxSettings
from bridgekit.configuration.media_settings import MediaSettings
from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.configuration.operation_settings import OperationSettings
from bridgekit.configuration.settings import MembersSettings
from bridgekit.configuration.sync_settings import SyncSettings
from bridgekit.configuration.waiting_settings import WaitingSettings
from bridgekit.errors import ConfigError
from bridgekit.ids import NetworkName, UserID
from bridgekit.operating.starts import last_read
from bridgekit.permissions.rights import Level, Right
from bridgekit.store.changes import latest
from bridgekit.testing.loopback.equipped import EquippedAdapter, EquippedConfig
from bridgekit.testing.rig import NETWORK, Rig

ALICE = UserID("@alice:example.org")
SINCE = "setting changed since the last start"


async def reloaded(rig: Rig, new: Config) -> Any:
    rig.bridge.parts.commands.reloading.read = lambda: new
    return await rig.bridge.parts.commands.reloading.reload()


def with_network(config: Config, **changes: Any) -> Config:
    network = replace(config.networks[NETWORK], **changes)
    return replace(config, networks={**config.networks, NETWORK: network})


async def test_permissions_are_in_force_at_once(rig) -> None:
    await rig.start()
    permissions = rig.bridge.parts.commands.reloading.permissions
    assert permissions.may(ALICE, Right.SIGN_IN)
    found = await reloaded(rig, replace(rig.config, permissions={"*": Level.RELAY}))
    assert not permissions.may(ALICE, Right.SIGN_IN)
    assert [str(one) for one in found.taken] == ["permissions.example.org: user → nothing"]
    assert found.later == []
    kept = await latest(rig.bridge.parts.store.reader, 20)
    assert "permissions.example.org: user → nothing" in {one.detail for one in kept}


async def test_filters_limits_and_fallbacks_are_in_force_at_once(rig) -> None:
    await rig.start()
    parts = rig.bridge.parts
    new = with_network(
        replace(rig.config, moderation=ModerationSettings(sender_burst=7)),
        members=MembersSettings(joins_per_second=1.5, up_front=3),
        fallbacks=FallbackSettings(edit="nothing"),
    )
    found = await reloaded(rig, new)
    assert parts.commands.reloading.in_force.members(NETWORK).joins_per_second == 1.5
    places = {".".join(one.place) for one in found.taken}
    assert places == {
        "moderation.sender_burst",
        "networks.loop.members.joins_per_second",
        "networks.loop.fallbacks.edit",
    }
    assert [".".join(one.place) for one in found.later] == ["networks.loop.members.up_front"]
    again = await reloaded(rig, new)
    assert again.taken == []
    assert len(again.later) == 1
    read = await last_read(parts.store.reader)
    assert (read.what, read.detail) == ("reload", "networks.loop.members.up_front")


async def test_files_and_what_waits_have_their_new_limits_at_once(rig) -> None:
    await rig.start()
    media = rig.bridge.parts.media
    new = replace(
        rig.config,
        media=MediaSettings(max_size=7, per_hour=8, link_lifetime=9, keep_exif=True),
        waiting=WaitingSettings(most=3, warn=2, memory="1 MB"),
    )
    found = await reloaded(rig, new)
    assert {".".join(one.place) for one in found.taken} == {
        *("media.max_size", "media.per_hour", "media.link_lifetime", "media.keep_exif"),
        *("waiting.most", "waiting.warn"),
    }
    assert [".".join(one.place) for one in found.later] == ["waiting.memory"]
    assert (media.opened.largest, media.links.lifetime) == (7, 9)
    assert await media.uploads._limit.largest() == 7
    assert media.uploads._hourly.most == 8
    crowding = rig.bridge.parts.networks.get(NETWORK).host._crowding
    assert crowding._settings().most == 3


async def test_chats_that_are_allowed_now_get_their_rooms_at_once(rig) -> None:
    rig.links = ()
    for chat in ("#one", "#two"):
        rig.network.chat(chat)
        rig.network.entered.add(chat)
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    found = await reloaded(rig, with_network(rig.config, sync=SyncSettings(allow=("#t*",))))
    assert [str(one) for one in found.taken] == ["networks.loop.sync.allow: [] → [#t*]"]
    await rig.hs.wait_for(lambda: "#loop_#two:example.org" in rig.hs.world.aliases)
    assert "#loop_#one:example.org" not in rig.hs.world.aliases


async def test_who_is_in_new_chats_is_in_force_at_once(rig) -> None:
    await rig.start()
    opens = rig.bridge.parts.networks.get(NETWORK).host._sorter._us.opens
    assert not opens()
    inbox = InboxSettings(invite=("@help:example.org",))
    found = await reloaded(rig, with_network(rig.config, inbox=inbox))
    assert found.later == []
    assert opens()


async def test_a_network_that_is_taken_out_needs_a_restart_and_goes_on_until_then(rig) -> None:
    await rig.start()
    found = await reloaded(rig, replace(rig.config, networks={}))
    assert found.taken == []
    assert {one.place[:2] for one in found.later} == {("networks", "loop")}
    assert rig.bridge.parts.networks.get(NETWORK) is not None
    back = await reloaded(rig, rig.config)
    assert (back.taken, back.later) == ([], [])


async def test_the_relays_words_are_in_force_at_once(rig) -> None:
    await rig.start()
    relay = rig.config.networks[NETWORK].relay.model_copy(update={"format": "<{name}> {text}"})
    found = await reloaded(rig, with_network(rig.config, relay=relay))
    assert rig.bridge.parts.networks.get(NETWORK).options.relay == relay
    assert found.later == []


async def test_what_needs_a_restart_says_so_and_tells_no_secret(rig) -> None:
    await rig.start()
    token = SecretStr("another-hs-token-0123456789")
    appservice = rig.config.appservice.model_copy(update={"hs_token": token, "bot": "other"})
    found = await reloaded(rig, replace(rig.config, appservice=appservice))
    said = {str(one) for one in found.later}
    assert said == {
        "appservice.hs_token: a secret → another secret",
        "appservice.bot: bridgebot → other",
    }
    assert found.taken == []


async def test_a_faulty_configuration_changes_nothing(rig) -> None:
    await rig.start()
    reloading = rig.bridge.parts.commands.reloading

    def faulty() -> Config:
        raise ConfigError("config.yaml:3: networks: is no mapping")

    reloading.read, before = faulty, reloading.config
    with pytest.raises(ConfigError, match="is no mapping"):
        await reloading.reload()
    assert reloading.config is before


async def test_how_much_the_log_says_is_in_force_at_once(rig) -> None:
    await rig.start()
    levels: list[str] = []
    rig.bridge.parts.commands.reloading.level = levels.append
    new = replace(rig.config, operations=OperationSettings(log_level="error"))
    found = await reloaded(rig, new)
    assert levels == ["error"]
    assert [str(one) for one in found.taken] == ["operations.log_level: info → error"]


def test_the_same_configuration_has_no_differences(tmp_path) -> None:
    rig = Rig(tmp_path)
    assert differences(rig.config, rig.config) == []


def test_a_network_that_is_new_or_gone_is_different(tmp_path) -> None:
    config = Rig(tmp_path).config
    without = replace(config, networks={})
    assert all(one.after == "nothing" for one in differences(config, without))
    assert {one.place[:2] for one in differences(without, config)} == {("networks", "loop")}


async def test_what_was_changed_between_two_starts_is_in_the_stream_of_changes(rig) -> None:
    await rig.start()
    first = await latest(rig.bridge.parts.store.reader, 50)
    assert not [one for one in first if one.what == SINCE], "the first start has none before it"
    await rig.stop()
    rig.settings["moderation"] = ModerationSettings(circles=False)
    rig.appservice = {"secret": SecretStr("hidden-hidden-hidden-hidden-hidden")}
    rig.permissions = {"*": Level.RELAY}
    await rig.start()
    found = {one.detail for one in await latest(rig.bridge.parts.store.reader, 50)}
    assert "moderation.circles: True → False" in found
    assert "permissions.example.org: user → nothing" in found
    (secret,) = [one for one in found if one.startswith("appservice.secret")]
    assert secret.startswith("appservice.secret: nothing → a secret (")
    assert "hidden" not in secret
    await rig.stop()
    await rig.start()
    again = [one for one in await latest(rig.bridge.parts.store.reader, 50) if one.what == SINCE]
    assert len(again) == 3


class Reloaded(EquippedAdapter):
    """Takes another word over, but for one."""

    async def reload(self, config: Any) -> None:
        if config.word.get_secret_value() == "refused-word":
            raise ConfigError("Loopback's word needs a restart.")
        await super().reload(config)


async def test_an_adapter_that_can_takes_its_own_settings_over(rig, monkeypatch) -> None:
    def configured(rig: Rig, name: NetworkName) -> Network:
        Reloaded.network = rig.networks[name]
        return Network(name, Reloaded, EquippedConfig(), rig.links)

    monkeypatch.setattr(Rig, "_configured", configured)
    await rig.start()
    adapter = rig.bridge.parts.networks.get(NETWORK).adapter
    for word, taken in (("another-word", True), ("refused-word", False)):
        config = EquippedConfig(word=SecretStr(word))
        found = await reloaded(rig, with_network(rig.config, adapter_config=config))
        places = [".".join(one.place) for one in (found.taken if taken else found.later)]
        assert places == ["networks.loop.adapter_config.word"]
        assert word not in str(found)
        (said,) = found.taken or found.later
        assert str(said).startswith("networks.loop.word: ")
    assert adapter.config.word.get_secret_value() == "another-word"
