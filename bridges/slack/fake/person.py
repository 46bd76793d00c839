"""Somebody on the fake Slack with an ordinary client: what they do there, everybody is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridges.slack.fake.call import METHODS, Call
from bridges.slack.fake.chat import publish
from bridges.slack.fake.server import FakeSlack
from bridges.slack.fake.state import JSON, Channel, Token

_EVERYTHING = frozenset(
    scope for method in METHODS.values() for one in method.scopes for scope in one.split("|")
)


@dataclass(frozen=True, slots=True)
class Person:
    """`name` in one workspace; somebody new is there as soon as they are named."""

    slack: FakeSlack
    team: str
    name: str

    @property
    def id(self) -> str:
        return self.slack.state.workspace(self.team).person(self.name)

    def does(self, method: str, **arguments: Any) -> JSON:
        """As their client would call it. Raises `SlackError`."""
        token = Token("", "person", self.team, self.id, scopes=_EVERYTHING)
        texts = {key: str(value) for key, value in arguments.items()}
        slack = self.slack
        call = Call(method, texts, token, slack.state, slack.delivery.tell, slack.origin)
        return METHODS[method].answer(call)

    def says(self, channel: str, text: str, **more: Any) -> str:
        """A message, in Slack's markup; the fields of `more` are as in its event. Its ts."""
        found = self._inside(channel)
        message: JSON = {
            "type": "message",
            "user": self.id,
            "team": self.team,
            "user_team": self.team,
            "text": text,
            "ts": self.slack.state.ts(),
        }
        publish(self._call(), found, message | more)
        return str(message["ts"])

    def _call(self) -> Call:
        token = Token("", "person", self.team, self.id, scopes=_EVERYTHING)
        slack = self.slack
        return Call("", {}, token, slack.state, slack.delivery.tell, slack.origin)

    def _inside(self, channel: str) -> Channel:
        """Whoever speaks has joined."""
        found = self.slack.state.workspace(self.team).channel(channel)
        if self.id not in found.members:
            self.does("conversations.join", channel=found.id)
        return found

    def shares(self, channel: str, files: dict[str, bytes], text: str = "", **more: str) -> str:
        """Files with a text, in one message; its ts."""
        found = self._inside(channel)
        workspace = self.slack.state.workspace(self.team)
        named = []
        for name, data in files.items():
            place = self.does("files.getUploadURLExternal", filename=name, length=len(data) or 1)
            workspace.files[place["file_id"]].data = data
            workspace.files[place["file_id"]].mime = more.get("mime", "")
            named.append(f'{{"id": "{place["file_id"]}"}}')
        self.does(
            "files.completeUploadExternal",
            files=f"[{', '.join(named)}]",
            channel_id=found.id,
            initial_comment=text,
            thread_ts=more.get("thread_ts", ""),
        )
        return str(next(reversed(found.messages)))

    def converts(self, channel: str, *, to: str) -> None:
        """Make a channel `private`, or `public` again, as an admin may; who is in it is told."""
        found = self._inside(channel)
        found.kind = "group" if to == "private" else "channel"
        self.says(channel, f"made this channel {to}.", subtype=f"channel_convert_to_{to}")

    def is_called(self, name: str) -> None:
        """Another display name: see <https://docs.slack.dev/reference/events/user_change>."""
        user = self.slack.state.workspace(self.team).users[self.id]
        user["profile"]["display_name"] = name
        self.slack.delivery.tell(self.team, {"type": "user_change", "user": dict(user)})
