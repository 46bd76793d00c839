"""The largest message that Matrix can carry, through the whole bridge."""

from __future__ import annotations

from bridgekit.testing.rig import Rig

ALIAS = "#loop_#room:example.org"
TEXT = " ".join(f"word{number}" for number in range(6_000))  # an event has 65 536 bytes in all


async def test_a_body_of_almost_64_kib_arrives_complete_and_in_order(tmp_path, database):
    async with Rig(tmp_path, database=database, text_limit=1_000) as rig:
        await rig.start()
        alice = rig.hs.person("alice")
        room = await alice.join(ALIAS)
        await alice.say(room, TEXT)
        await alice.say(room, "and on")
        await rig.network.wait(lambda: rig.network.texts()[-1:] == ["and on"])
        *parts, _ = rig.network.texts()
        assert all(len(part) <= 1_000 for part in parts)
        assert " ".join(parts) == TEXT
        await rig.stop()
