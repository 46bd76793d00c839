"""A Synapse that has not loaded the registration that the configuration needs.

It was printed before encryption was switched on, or lacks what is ephemeral.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.cli.doctor.encrypted import device
from bridgekit.cli.doctor.homeserver import homeserver
from bridgekit.cli.doctor.registration import registration as compared
from bridgekit.configuration import registration
from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.configuration.registration import EPHEMERAL
from bridgekit.encryption.mail_trouble import NO_MAIL, OLD_REGISTRATION
from bridgekit.errors import ConfigError
from bridgekit.events import Typing
from bridgekit.matrix.counting import ANEW
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import DOMAIN
from bridgekit.testing.servers import people
from tests.core.until import until
from tests.integration.missing import or_skip
from tests.integration.synapse_rig import PATIENCE, SynapseRig, on_synapse

pytestmark = [pytest.mark.synapse]

JSON = dict[str, Any]
ALLOW, OFF = EncryptionSettings(mode="allow"), EncryptionSettings(mode="off")


def printed(rig: SynapseRig, settings: EncryptionSettings) -> JSON:
    """The registration of a bridge with these settings; the rig has them from now on."""
    rig.settings["encryption"] = settings
    return dict(registration.build(rig.config).fields())


async def loaded(rig: SynapseRig, fields: JSON) -> None:
    """Installed, and the homeserver restarted."""
    file = rig.folder / "registration.json"
    await asyncio.to_thread(file.write_text, json.dumps(fields), encoding="utf-8")
    await asyncio.to_thread(rig.hs.restart)


async def ids(findings: AsyncIterator[Finding]) -> set[str]:
    return {one.id async for one in findings if one.severity is not Severity.OK}


async def test_one_from_before_encryption_was_switched_on_is_named_everywhere(
    tmp_path: Path,
) -> None:
    with or_skip(on_synapse(tmp_path, None, settings={"encryption": OFF})) as rig:
        old, new = printed(rig, OFF), printed(rig, ALLOW)
        with pytest.raises(ConfigError) as raised:
            await rig.start()
        assert str(raised.value) == f"encryption.mode: {NO_MAIL}"
        assert "bot-is-sender" in await ids(homeserver(rig.config))

        await loaded(rig, new)
        await rig.start()
        try:
            async with people(rig.hs) as crowd:
                alice = await crowd.person("alice")
                room = await alice.join(f"#loop_#room:{DOMAIN}")
                await while_it_runs(rig, old, new)
                # Switched off again, the new one serves as well.
                await rig.stop()
                rig.settings["encryption"] = OFF
                await rig.start()
                assert await ids(homeserver(rig.config)) & {"other-bot", "bot-is-sender"} == set()
                await said(rig, alice, room, "plain")
        finally:
            await rig.stop()


async def while_it_runs(rig: SynapseRig, old: JSON, new: JSON) -> None:
    assert rig.bridge.parts is not None
    side = rig.bridge.parts.matrix.encryption
    assert side is not None
    trouble = side.mailbox.trouble
    assert await ids(device(rig.config)) == set()
    await loaded(rig, old)
    await until(lambda: trouble.said == OLD_REGISTRATION)
    assert await ids(device(rig.config)) == {"bot-is-sender"}
    await loaded(rig, new)
    await until(lambda: trouble.said == "")


async def said(rig: SynapseRig, alice: Person, room: str, words: str) -> None:
    await alice.say(room, words)
    await rig.network.wait(lambda: words in rig.network.texts(), within=PATIENCE)


async def test_one_without_what_is_ephemeral_brings_none_and_is_named(tmp_path: Path) -> None:
    with or_skip(on_synapse(tmp_path, None)) as rig:
        await rig.start()
        try:
            async with people(rig.hs) as crowd:
                alice = await crowd.person("alice")
                room = await alice.join(f"#loop_#room:{DOMAIN}")
                for name in EPHEMERAL:
                    await with_and_without(rig, alice, room, name)
        finally:
            await rig.stop()


async def with_and_without(rig: SynapseRig, alice: Person, room: str, name: str) -> None:
    """`name` is one that a homeserver may know what is ephemeral by."""
    file = rig.folder / "registration.json"
    fields = registration.build(rig.config).fields()
    neither = {key: value for key, value in fields.items() if key not in EPHEMERAL}
    with capture_logs() as logs:
        await loaded(rig, neither)
        await said(rig, alice, room, f"before {name}")
    # A mere restart of Synapse, which counts from 1 again, is nothing to be frightened of.
    assert ANEW not in [one["event"] for one in logs]
    assert "no-ephemeral" in await ids(compared(rig.config, file))
    typed = len(rig.network.acted(Typing))  # all that was under way has come
    await alice.typing(room)
    await said(rig, alice, room, f"while {name}")
    await said(rig, alice, room, f"without {name}")
    assert len(rig.network.acted(Typing)) == typed

    await loaded(rig, {**neither, name: True})
    await said(rig, alice, room, f"with {name}")
    assert "no-ephemeral" not in await ids(compared(rig.config, file))

    async def heard() -> bool:
        """Synapse counts these from 1 again, too, and leaves out as many as it has sent before."""
        await alice.typing(room)
        await alice.typing(room, active=False)
        return len(rig.network.acted(Typing)) > typed

    heard_at_last: bool = await until(heard)
    assert heard_at_last
