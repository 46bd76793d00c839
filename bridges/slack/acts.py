"""What sets a state in a channel: deletions, reactions, pins, topics, coming and going. Safe to
repeat.
"""

import re

from bridgekit import ChatID, ChatInfo, MessageID, Pin, Reaction, Rejected
from bridges.slack.config import Topic
from bridges.slack.emoji import name_of
from bridges.slack.fields import JSON, record, records, text
from bridges.slack.ids import channel_of
from bridges.slack.refusals import Refusal
from bridges.slack.web_api import WebAPI

APP_OUTSIDE = (
    "The app cannot enter this channel by itself; somebody in it must invite it, with /invite and "
    "the app's name."
)
UNSEEN = (
    "The app cannot see this channel: if it is private, somebody in it must invite the app, with "
    "/invite and its name; else its ID is another one."
)
PERSON_OUTSIDE = (
    "Your own Slack account is not in this private channel: ask somebody in it to invite you "
    "there, or say `prefer-here relay` in this room: then the app posts here for you."
)
_LONGEST_NAME = 80  # characters
_PRIVATE = frozenset({"method_not_supported_for_channel_type", "channel_not_found"})


class Acts:
    """For one login. What is so already is no error."""

    def __init__(self, api: WebAPI, *, persons: bool = False) -> None:
        """`persons`: the token is a person's, not the app's."""
        self._api, self._persons = api, persons

    async def _unless(self, already: frozenset[str], method: str, **arguments: str) -> None:
        try:
            await self._api.call(method, **arguments)
        except Refusal as refusal:
            if refusal.code not in already:
                raise

    async def delete(self, chat: ChatID, target: MessageID) -> None:
        """The message and, since Slack would keep them, its files."""
        channel = channel_of(chat).id
        files = await self._files_of(channel, target)
        gone = frozenset({"message_not_found"})
        await self._unless(gone, "chat.delete", channel=channel, ts=target)
        for file in files:
            await self._unless(
                frozenset({"file_not_found", "file_deleted"}), "files.delete", file=file
            )

    async def _files_of(self, channel: str, target: MessageID) -> list[str]:
        try:
            answer = await self._api.call(
                "conversations.replies", channel=channel, ts=target, limit=1
            )
        except Refusal:
            return []
        return [
            text(file, "id")
            for message in records(answer, "messages")
            if text(message, "ts") == target
            for file in records(message, "files")
        ]

    async def react(self, chat: ChatID, reaction: Reaction) -> None:
        name = _reaction_name(reaction.emoji)
        where = {"channel": channel_of(chat).id, "timestamp": reaction.target, "name": name}
        if reaction.removed:
            gone = frozenset({"no_reaction", "message_not_found"})
            await self._unless(gone, "reactions.remove", **where)
        else:
            await self._unless(frozenset({"already_reacted"}), "reactions.add", **where)

    async def pin(self, chat: ChatID, pin: Pin) -> None:
        where = {"channel": channel_of(chat).id, "timestamp": pin.target}
        if pin.removed:
            await self._unless(frozenset({"no_pin", "not_pinned"}), "pins.remove", **where)
        else:
            await self._unless(frozenset({"already_pinned"}), "pins.add", **where)

    async def change(self, chat: ChatID, info: ChatInfo, line: Topic) -> None:
        """Its name and topic; `line` is what Slack calls that. Pictures its channels have none."""
        channel = channel_of(chat).id
        if info.avatar is not None or info.may_speak is not None:
            raise Rejected("Of a channel on Slack only the name and the topic can be changed here.")
        if info.name is not None:
            await self._api.call("conversations.rename", channel=channel, name=spelled(info.name))
        if info.topic is not None:
            method = "setTopic" if line is Topic.TOPIC else "setPurpose"
            await self._api.call(f"conversations.{method}", channel=channel, **{line: info.topic})

    async def info(self, channel: str) -> JSON:
        """As <https://docs.slack.dev/reference/methods/conversations.info> describes it."""
        try:
            answer = await self._api.call("conversations.info", channel=channel)
        except Refusal as refusal:
            if refusal.code == "channel_not_found" and not self._persons:
                raise Refusal(refusal.code, UNSEEN) from refusal
            raise
        return record(answer, "channel")

    async def join(self, channel: str) -> None:
        """https://docs.slack.dev/reference/methods/conversations.join: public channels only."""
        try:
            await self._api.call("conversations.join", channel=channel)
        except Refusal as refusal:
            if refusal.code in _PRIVATE:
                raise Rejected(PERSON_OUTSIDE if self._persons else APP_OUTSIDE) from refusal
            raise

    async def leave(self, channel: str) -> None:
        gone = frozenset({"not_in_channel", "channel_not_found", "is_archived"})
        await self._unless(gone, "conversations.leave", channel=channel)


def spelled(name: str) -> str:
    """As Slack takes names: <https://docs.slack.dev/reference/methods/conversations.rename>."""
    return re.sub(r"[\W_]*\s[\W_]*|[^\w-]+", "-", name.lower()).strip("-")[:_LONGEST_NAME]


def _reaction_name(emoji: str) -> str:
    if emoji.startswith(":") and emoji.endswith(":"):
        return emoji.strip(":")
    name = name_of(emoji)
    if name is None:
        raise Rejected("Slack has no such emoji to react with.")
    return name
