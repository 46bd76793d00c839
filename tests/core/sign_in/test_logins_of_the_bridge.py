"""The logins that are nobody's: who is shown them, and with which IDs."""

from __future__ import annotations

from bridgekit.ids import LoginID
from tests.core.sign_in.conftest import alone, parts, says


async def test_an_admin_is_shown_the_bridges_own_logins_with_the_ids_that_sign_out_takes(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in bank --relay")
    for question, answer in (("Your nick", "desk"), ("Your password", "x"), ("A note", "-")):
        await alice.wait_for(room, says(question))
        await alice.say(room, answer)
    await alice.wait_for(room, says("signed in to Loopback as desk"))
    (login,) = [one for one in bank.clients if one != "bank:bot"]
    await alice.say(room, "logins")
    shown = await alice.wait_for(room, says("The bridge's own:"))
    body = shown["content"]["body"]
    assert body.startswith("You have no logins; sign-in makes one.\nThe bridge's own:\n")
    assert f"\n{login} on bank as desk: connected" in body
    assert "\nbank:bot on bank as " in body
    assert "connected, of the configuration" in body
    await alice.say(room, f"sign-out {login}")
    await alice.wait_for(room, says("It will be signed out of bank"))
    dan, other = await alone(rig, "dan")
    await dan.say(other, "logins")
    said = await dan.wait_for(other, says("You have no logins"))
    assert "own" not in said["content"]["body"]
    bank.refuse = "Wrong token."
    await bank.drop()
    network = parts(rig).networks.get("bank")
    await rig.hs.wait_for(
        lambda: network.logins.state(LoginID("bank:bot"))[0].value == "refused" or None
    )
    await alice.say(room, "logins")
    await alice.wait_for(room, says("not let in, mend the configuration"))
