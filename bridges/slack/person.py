"""What a person's own login can do besides: find people, talk to them alone, say what was read."""

from collections.abc import AsyncIterator

from bridgekit import (
    Chat,
    MatrixEvent,
    Receipt,
    Rejected,
    RemoteUserID,
    SupportsContacts,
    SupportsReceipt,
    UserInfo,
)
from bridges.slack import people
from bridges.slack.client import SlackClient
from bridges.slack.fields import JSON, record, text
from bridges.slack.ids import channel_of, chat_id, user_of
from bridges.slack.refusals import Refusal

_FOUND = 20  # people that a search names at most


class PersonClient(SlackClient, SupportsContacts, SupportsReceipt):
    """Somebody's own account, by a token that they gave."""

    async def mark_read(self, event: MatrixEvent[Receipt]) -> None:
        channel = channel_of(event.chat.id).id
        await self.session.api.call("conversations.mark", channel=channel, ts=event.content.up_to)

    async def resolve(self, identifier: str) -> Chat:
        user = await self._user(identifier.removeprefix("@"))
        answer = await self.session.api.call("conversations.open", users=user)
        channel = text(record(answer, "channel"), "id")
        self.session.inside.add(channel)
        return Chat(chat_id(self.session.sight.team, channel), private=True)

    async def _user(self, identifier: str) -> str:
        """By ID, or by a name that only one person has."""
        for spelled in (RemoteUserID(identifier.lower()), self.session.sight.user(identifier)):
            try:
                named = user_of(spelled).id
            except Rejected:
                continue
            if await self._exists(named):
                return named
        found = [one async for one in self._everybody() if identifier.lower() in _names(one)]
        if len(found) != 1:
            how = "nobody" if not found else "more than one person"
            raise Rejected(f"There is {how} of this name on Slack.")
        return text(found[0], "id")

    async def _exists(self, user: str) -> bool:
        try:
            await self.session.api.call("users.info", user=user)
        except Refusal:
            return False
        return True

    async def search(self, text: str) -> AsyncIterator[UserInfo]:
        left = _FOUND
        async for one in self._everybody():
            if left and any(text.lower() in name for name in _names(one)):
                left -= 1
                yield people.user_info(one, self.session.sight)

    async def _everybody(self) -> AsyncIterator[JSON]:
        async for one in self.session.api.pages("users.list", "members"):
            if one.get("deleted") is not True:
                yield one


def _names(user: JSON) -> set[str]:
    profile = record(user, "profile")
    names = (
        text(user, "name"),
        text(user, "real_name"),
        text(profile, "display_name"),
        text(profile, "real_name"),
    )
    return {name.lower() for name in names if name}
