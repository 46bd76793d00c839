"""The end of an account of ours (client-server API, "Account deactivation")."""

from __future__ import annotations

from bridgekit.ids import UserID
from bridgekit.matrix.api import HomeserverAPI


async def deactivate(api: HomeserverAPI, user: UserID) -> None:
    """It can never be used again, and leaves all rooms. What it said stays. Raises as `call`."""
    # Synapse lets an application service do so without asking for the user's password.
    content = {"erase": False}
    await api.call("POST", "client/v3/account/deactivate", content, {"user_id": user})
