"""Slack for the core: what it is, how a workspace connects, and what all of them share."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from aiohttp import ClientSession, ClientTimeout

from bridgekit import (
    Adapter,
    ChatID,
    ConfigError,
    Credentials,
    Finding,
    Guide,
    Host,
    Login,
    LoginFlow,
    LoginID,
    Manifest,
    RemoteUserID,
    SupportsDoctor,
    SupportsLogin,
    SupportsOwnLogins,
    SupportsSetup,
    SupportsSignOut,
)
from bridges.slack.calls import Calls
from bridges.slack.client import LIMITS, SlackClient
from bridges.slack.config import SlackConfig, Transport
from bridges.slack.deliveries import Deliveries
from bridges.slack.doctor import Around, examine
from bridges.slack.downloads import Downloads
from bridges.slack.identity import identify
from bridges.slack.ids import Sight, is_chat, is_user, user_of
from bridges.slack.oauth import OAuth
from bridges.slack.person import PersonClient
from bridges.slack.session import Session
from bridges.slack.setup import set_up
from bridges.slack.sockets import SocketMode
from bridges.slack.web_api import WebAPI

# Seconds; Slack answers within a few, and a file may take its time.
_SILENCE = ClientTimeout(sock_connect=15, sock_read=60)
_REACTIONS = 23  # different ones that one app may put on a message


class SlackAdapter(
    Adapter[SlackConfig],
    SupportsDoctor,
    SupportsLogin,
    SupportsOwnLogins,
    SupportsSetup,
    SupportsSignOut,
):
    """One Slack app, in as many workspaces as have it. Its bases are its feature list."""

    @staticmethod
    def now() -> float:
        """The time of day: signatures bear it, and tokens end by it."""
        return time.time()

    manifest = Manifest(
        name="slack",
        title="Slack",
        config=SlackConfig,
        api=1,
        limits=LIMITS,
        reactions=_REACTIONS,
    )

    def __init__(self, config: SlackConfig, host: Host) -> None:
        super().__init__(config, host)
        self._deliveries = Deliveries(host)
        self._sockets: SocketMode | None = None
        self.hook = ""
        """Where Slack calls us, over HTTP: the Request URL in the app's settings."""
        self._teams: dict[LoginID, str] = {}

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """The way in for events, which is the app's and so shared by all workspaces."""
        for login in self.host.logins():
            if team := await self.host.load(f"team {login.id}"):
                self._teams[login.id] = team
        if self.config.transport is Transport.HTTP:
            assert self.config.signing_secret is not None  # noqa: S101 (the config has checked it)
            secret = self.config.signing_secret.get_secret_value()
            self.hook = self.host.mount(Calls(secret, self._deliveries.take, self.now).routes())
            yield
            return
        assert self.config.app_token is not None  # noqa: S101 (the config has checked it)
        token = self.config.app_token.get_secret_value()
        async with ClientSession(timeout=_SILENCE) as http, asyncio.TaskGroup() as tasks:
            api = WebAPI(token, http, self.config.api_url)
            take, alone = self._deliveries.take, self._deliveries.missed
            self._sockets = SocketMode(api, http, self.config.connections, take, alone)
            holding = tasks.create_task(self._sockets.run())
            yield
            holding.cancel()

    @asynccontextmanager
    async def connect(self, login: Login) -> AsyncIterator[SlackClient | PersonClient]:
        async with ClientSession(timeout=_SILENCE) as http:
            session = await self._session(login, http)
            client = PersonClient(session) if session.is_persons else self._apps_own(session)
            self._deliveries.joins(client)  # what comes from here on can be stored
            try:
                if self._sockets is not None:
                    await self._sockets.ready()
                yield client
            finally:
                client.gone = True

    def _apps_own(self, session: Session) -> SlackClient:
        over_http = self.config.transport is Transport.HTTP
        return SlackClient(session, self._deliveries.hearing if over_http else None)

    async def _session(self, login: Login, http: ClientSession) -> Session:
        login, lasts = await self._with_good_token(login, http)
        token = login.credentials["token"]
        api = WebAPI(token, http, self.config.api_url)
        identity = await identify(api)
        kept = await self.host.load(f"homes {identity.us.team}")
        sight = Sight(identity.us.team, {} if kept is None else json.loads(kept))
        downloads = Downloads(token, http, self.config.api_url, self.host)
        session = Session(
            login, self.config, self.host, api, http, downloads, identity, sight, lasts
        )
        await session.look_around()
        self._teams[login.id] = identity.us.team
        await self.host.save(f"team {login.id}", identity.us.team)
        return session

    async def _with_good_token(
        self, login: Login, http: ClientSession
    ) -> tuple[Login, float | None]:
        """The login with a token that lasts, and for how many seconds it does."""
        oauth = OAuth(self.config, http, self.now)
        renewed = await oauth.renewed(login.credentials)
        if renewed is None:
            return login, oauth.lasts(login.credentials)
        # Before it is used: the old one ends with that.
        await self.host.credentials_changed(login.id, renewed)
        return replace(login, credentials=renewed), oauth.lasts(renewed)

    async def login(self, flow: LoginFlow) -> Credentials:
        async with ClientSession(timeout=_SILENCE) as http:
            return await OAuth(self.config, http, self.now).sign_in(flow)

    async def sign_out(self, login: Login) -> None:
        async with ClientSession(timeout=_SILENCE) as http:
            await OAuth(self.config, http, self.now).revoke(login.credentials)

    def serves(self, login: Login, chat: ChatID) -> bool:
        """Each workspace has channels of its own; which one it is, is known once it was asked.

        What can be no channel is for anybody: whoever enters it says what is wrong with it.
        """
        team = self._team(login)
        return team is None or not is_chat(chat) or chat.partition("/")[0] == team

    def knows(self, login: Login, user: RemoteUserID) -> bool:
        """By the team in their ID; who is known by Slack Connect alone is of another one."""
        team = self._team(login)
        return team is None or not is_user(user) or user_of(user).team == team

    def _team(self, login: Login) -> str | None:
        return login.credentials.get("team") or self._teams.get(login.id)

    def own_logins(self) -> Mapping[str, Credentials]:
        """The app in the workspace that the configuration names."""
        token = self.config.bot_token
        return {} if token is None else {"bot": {"token": token.get_secret_value()}}

    async def check(self) -> AsyncIterator[Finding]:
        links = [chat.id for chat in self.host.chats(LoginID(""))]
        async for finding in examine(self.config, Around(self.now, self._hook(), links)):
            yield finding

    async def setup(self, guide: Guide) -> None:
        await set_up(guide, self.config, Around(self.now, self._hook()))

    def _hook(self) -> str | None:
        """Where Slack would call the bridge; None where it has no public address."""
        try:
            return self.host.mount(())
        except ConfigError:
            return None
