"""Whose a linked message is: somebody's on Matrix, or a remote user's, whom a ghost shows."""

from __future__ import annotations

from bridgekit.ids import NetworkName, RemoteUserID, UserID
from bridgekit.login.owners import Owners


class Authors:
    """Reads `Link.sender` and `Relation.sender`: an MXID, a remote user's ID, or nothing."""

    def __init__(self, owners: Owners) -> None:
        self._owners = owners

    def person(self, sender: str) -> UserID | None:
        """The person on Matrix who wrote it; None if it came from the network."""
        is_mxid = sender.startswith("@") and ":" in sender
        return UserID(sender) if is_mxid and not self._owners.is_ours(UserID(sender)) else None

    def ghost(self, network: NetworkName, sender: str) -> UserID | None:
        """The ghost that shows the remote user; None if nobody wrote it, or a person."""
        if not sender or self.person(sender) is not None:
            return None
        mxid = self._owners.mxid(network, RemoteUserID(sender))
        return mxid if self._owners.is_ours(mxid) else None

    def mxid(self, network: NetworkName, user: RemoteUserID) -> UserID:
        """Who a remote user is on Matrix: their ghost, or the person whose login it is."""
        return self._owners.mxid(network, user)
