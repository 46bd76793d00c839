"""What the app is told, over whichever transport, handed to the logins that it is for.

One at a time, in the order in which it came; whoever delivers may acknowledge when `take` returns.
"""

import asyncio
import json
from collections.abc import Iterator

from bridgekit import Host, Login, LoginID, LoginState, RetryLater, UserInfo
from bridges.slack.client import SlackClient
from bridges.slack.events import Events, NotUnderstood, events_of
from bridges.slack.fields import JSON, record, records, text, texts
from bridges.slack.hearing import HEARS, Hearing, tell
from bridges.slack.people import user_info

_REVOKED = "Slack has revoked the app's token; install the app again."
_UNINSTALLED = "The app was uninstalled from the workspace; install it again."
_LISTED_ANEW = frozenset({"channel_rename", "channel_unarchive", "group_rename", "group_unarchive"})
_MAY_BE_OPEN = frozenset(
    {"channel_unarchive", "group_unarchive"}
    | {"channel_posting_permissions", "group_posting_permissions"}
)
_OTHERWISE = frozenset(
    {
        f"{kind}_{what}"
        for kind in ("channel", "group")
        for what in ("archive", "unarchive", "convert_to_private", "convert_to_public")
    }
)
_HOMES = 10_000  # people of other workspaces whose own is remembered


class Deliveries:
    """`joined` are the clients of all logins that have connected, those that are away included:
    what comes meanwhile is stored for them.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._joined: dict[LoginID, SlackClient] = {}
        self._turn = asyncio.Lock()
        self.hearing = Hearing()

    def joins(self, client: SlackClient) -> None:
        self._joined[client.session.login.id] = client

    def missed(self, team: str = "") -> None:
        """Something was told to nobody: whoever it may have been for reads it from the past."""
        for client in self._of(team):
            client.missed()

    async def take(self, payload: JSON) -> None:
        """Store what one call or envelope brings. Raises `RetryLater` where it cannot be, now."""
        async with self._turn:
            match text(payload, "type"):
                case "event_callback":
                    await self._event(payload)
                case "app_rate_limited":
                    self.missed(text(payload, "team_id"))

    async def _event(self, payload: JSON) -> None:
        event, team = record(payload, "event"), _team(payload)
        clients = list(self._of(team))
        if not clients and self._awaited():
            raise RetryLater("The workspace is not connected yet", 1.0)
        match text(event, "type"):
            case "tokens_revoked":
                self._revoked(clients, record(event, "tokens"))
            case "app_uninstalled":
                self._refuse(clients, _UNINSTALLED)
            case "user_change" | "user_profile_changed" | "team_join":
                await self._changed(clients, record(event, "user"))
            case "emoji_changed" | "subteam_updated" | "channel_created" as kind:
                self._look_anew(kind, clients)
            case _:
                for client in _for_whom(clients, event, payload):
                    await self._receive(client, event, payload)
        self.hearing.told(team, event)
        if clients and (told := self.hearing.deaf.pop(team, None)):
            await tell(clients[0].session, told, HEARS, f"hears {text(payload, 'event_id')}")

    async def _receive(self, client: SlackClient, event: JSON, payload: JSON) -> None:
        if client.gone or (not client.begun and _is_ours(client, event)):
            # The past of its channels is read first, on reconnect, and what the app itself has said
            # would be a stranger's; Slack tells this again.
            raise RetryLater("The workspace is being connected again", 1.0)
        session = client.session
        await self._learn(client, event)
        private = session.is_persons
        try:
            events = self._understood(client, event, payload, private=private)
        except NotUnderstood as error:
            why = f"Slack told what is no event: {error}"
            await self._host.set_aside(session.login.id, json.dumps(event).encode(), why)
            return
        _note_whereabouts(client, event)
        if events:
            await self._host.receive(session.login.id, *events)
        await self._note_openness(client, event, text(payload, "event_id"))
        if text(event, "type") in _LISTED_ANEW or _is_about_us(client, event):
            self._list_anew([client])

    async def _note_openness(self, client: SlackClient, event: JSON, key: str) -> None:
        """Who may speak there, or come in, is otherwise now."""
        kind, channel = text(event, "subtype") or text(event, "type"), text(event, "channel")
        if kind in _OTHERWISE:
            await client.news.forget(channel)
        entered = kind == "member_joined_channel" and _is_about_us(client, event)
        if channel and (entered or kind in _MAY_BE_OPEN):
            await client.closing.opened(client.session.sight.chat(channel))
        if channel and kind == "group_left":  # unlike a public one, it cannot be entered again
            await client.closing.put_out(client.session.sight.chat(channel), key)

    def _understood(
        self, client: SlackClient, event: JSON, payload: JSON, *, private: bool
    ) -> Events:
        try:
            return events_of(event, client.session.seen(text(payload, "event_id"), private=private))
        except NotUnderstood:
            raise
        except Exception as error:  # a pure function: whatever it was, it would be again
            raise NotUnderstood(f"reading it failed ({type(error).__name__})") from error

    async def _learn(self, client: SlackClient, event: JSON) -> None:
        """Of which workspace somebody is: messages say it, mentions and reactions do not."""
        sight, user = client.session.sight, text(event, "user")
        home = text(event, "user_team") or text(event, "source_team")
        known = sight.homes.get(user, sight.team)
        if user and home and home != known and len(sight.homes) < _HOMES:
            sight.homes[user] = home
            await self._host.save(f"homes {sight.team}", json.dumps(sight.homes))

    async def _changed(self, clients: list[SlackClient], user: JSON) -> None:
        for client in clients[:1]:
            if text(user, "id"):
                info: UserInfo = user_info(user, client.session.sight)
                client.session.sight.names[text(user, "id")] = info.name or text(user, "id")
                await self._host.user_changed(client.session.login.id, info)

    def _look_anew(self, kind: str, clients: list[SlackClient]) -> None:
        """What was looked up before is otherwise now."""
        for client in clients:
            if kind == "emoji_changed":
                client.forget_emoji()
            elif kind == "subteam_updated":
                client.forget_groups()
        if kind == "channel_created":
            self._list_anew(clients)

    def _list_anew(self, clients: list[SlackClient]) -> None:
        """There are other channels now, or by other names."""
        for client in clients:
            if not client.session.is_persons:
                self._host.chats_changed(client.session.login.id)

    # Logins that Slack accepts no longer.

    def _revoked(self, clients: list[SlackClient], tokens: JSON) -> None:
        users = {*texts(tokens, "oauth"), *texts(tokens, "bot")}
        self._refuse([one for one in clients if one.session.identity.us.user in users], _REVOKED)

    def _refuse(self, clients: list[SlackClient], why: str) -> None:
        for client in clients:
            self._host.state(client.session.login.id, LoginState.REFUSED, why)

    # Whose it is.

    def _of(self, team: str) -> Iterator[SlackClient]:
        """The logins in a workspace, the app's own first; of all for ""."""
        there = {login.id for login in self._host.logins()}
        found = [
            client
            for login, client in self._joined.items()
            if login in there and team in ("", client.session.sight.team)
        ]
        yield from sorted(found, key=lambda one: one.session.is_persons)

    def _awaited(self) -> list[Login]:
        return [login for login in self._host.logins() if login.id not in self._joined]


def _team(payload: JSON) -> str:
    """The workspace through which the app sees it; of a shared channel, `team_id` is another."""
    authorized = next(iter(records(payload, "authorizations")), {})
    return (
        text(authorized, "team_id") or text(payload, "context_team_id") or text(payload, "team_id")
    )


def _for_whom(clients: list[SlackClient], event: JSON, payload: JSON) -> list[SlackClient]:
    """A direct chat is for whoever is in it; everything else is for the app's own login."""
    item = record(event, "item")
    channel = text(event, "channel") or text(item, "channel") or text(event, "channel_id")
    if not channel.startswith("D"):
        return [one for one in clients if not one.session.is_persons][:1]
    users = {text(one, "user_id") for one in records(payload, "authorizations")}
    return [
        one
        for one in clients
        if channel in one.session.inside or one.session.identity.us.user in users
    ]


def _is_ours(client: SlackClient, event: JSON) -> bool:
    """Whether the app said it, or changed it: an edit has the message within."""
    us, said = client.session.identity.us, record(event, "message") or event
    return text(said, "user") == us.user or text(said, "bot_id") == (us.bot or "none")


def _is_about_us(client: SlackClient, event: JSON) -> bool:
    """Whether the login itself has come into a channel, or gone."""
    moved = text(event, "type") in ("member_joined_channel", "member_left_channel")
    return moved and text(event, "user") == client.session.identity.us.user


def _note_whereabouts(client: SlackClient, event: JSON) -> None:
    """Where the login is: it enters again what it was put out of."""
    if _is_about_us(client, event):
        channel = text(event, "channel")
        if text(event, "type") == "member_joined_channel":
            client.session.inside.add(channel)
        else:
            client.session.inside.discard(channel)
    if text(event, "type") in ("channel_left", "group_left"):
        client.session.inside.discard(text(event, "channel"))
