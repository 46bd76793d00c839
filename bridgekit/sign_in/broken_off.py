"""Where somebody may still answer what nobody asks any more: it may be the password once more."""

from __future__ import annotations

from bridgekit.ids import RoomID, UserID


class BrokenOff:
    """The sign-ins in chats, those under way included."""

    def __init__(self) -> None:
        self._by_sign_in: dict[str, tuple[RoomID, UserID]] = {}
        self._over: set[str] = set()

    def begin(self, sign_in: str, room: RoomID, user: UserID) -> None:
        while self.take(room, user):
            pass  # they have begun anew
        self._by_sign_in[sign_in] = (room, user)

    def end(self, sign_in: str) -> None:
        self._by_sign_in.pop(sign_in, None)
        self._over.discard(sign_in)

    def over(self, sign_in: str) -> None:
        """It came to nothing: its person may answer once more, or too late."""
        where = self._by_sign_in.get(sign_in)
        others = [one for name, one in self._by_sign_in.items() if name != sign_in]
        if where is None or where in others:  # they have begun anew
            self.end(sign_in)
        else:
            self._over.add(sign_in)

    def recall(self, sign_in: str, room: RoomID, user: UserID) -> None:
        """One of an earlier process."""
        self.begin(sign_in, room, user)
        self._over.add(sign_in)

    def take(self, room: RoomID, user: UserID) -> bool:
        """Whether what they say there may be meant for a sign-in that is no more; asked once."""
        for sign_in in self._over:
            if self._by_sign_in[sign_in] == (room, user):
                self.end(sign_in)
                return True
        return False
