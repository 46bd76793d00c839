"""Somebody who has signed in to loopback with the account that they use themselves, too."""

from __future__ import annotations

from bridgekit.composition.parts import Parts
from bridgekit.ids import LoginID, NetworkName, RemoteUserID, UserID
from bridgekit.login_row import LoginKind, LoginRow
from bridgekit.store.people import save_identity, save_login
from bridgekit.testing.rig import DOMAIN, NETWORK, Rig


async def sign_in(rig: Rig, nick: str, network: NetworkName = NETWORK) -> LoginID:
    """`nick` over there is `@nick:example.org`; returns once their login is connected."""
    parts = rig.bridge.parts
    assert parts is not None
    login = await keep(parts, nick, network)
    far = rig.networks[network]
    await far.wait(lambda: login in far.clients)
    return login


async def keep(parts: Parts, nick: str, network: NetworkName) -> LoginID:
    """Their login, as it is once they have signed in; safe to repeat."""
    login = LoginID(f"{network}:own-{nick}")
    row = LoginRow(
        login,
        network,
        UserID(f"@{nick}:{DOMAIN}"),
        parts.owners._credentials.seal(login, {"nick": nick}),
        me=RemoteUserID(nick),
        kind=LoginKind.SIGNED_IN,
    )
    await parts.store.writer.write(save_login(row))
    await parts.store.writer.write(save_identity(login, RemoteUserID(nick)))
    found = parts.networks.get(network)
    assert found is not None
    parts.owners.know(found, row, connect=True)
    return login
