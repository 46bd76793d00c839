"""What a login is called towards people: what its account goes by there, and its ID behind that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridgekit.adapter import Client
from bridgekit.ids import LoginID, RemoteUserID
from bridgekit.person.naming import clean_name

if TYPE_CHECKING:
    from bridgekit.networks import Network


def named(client: Client) -> str:
    """Whose account it is connected to."""
    name = clean_name(client.account)
    return f"{name} ({client.me})" if name else client.me


def account(network: Network | None, login: LoginID, me: RemoteUserID | None) -> str:
    """The account of a login; only its ID while it is not connected, "" where nobody knows it."""
    client = None if network is None else network.logins.client_of(login)
    return (me or "") if client is None else named(client)
