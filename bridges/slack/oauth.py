"""Tokens by OAuth v2: an app installed in a workspace, a person who signs in, tokens that rotate.

https://docs.slack.dev/authentication/installing-with-oauth and
https://docs.slack.dev/authentication/using-token-rotation
"""

from collections.abc import Callable

from aiohttp import ClientSession
from yarl import URL

from bridgekit import Credentials, Field, LoginError, LoginFlow, Rejected
from bridges.slack.config import SlackConfig
from bridges.slack.fields import JSON, number, record, text
from bridges.slack.identity import identify
from bridges.slack.manifest import BOT_SCOPES, USER_SCOPES
from bridges.slack.web_api import WebAPI

_EARLY = 3600.0  # seconds before its end at which a token is renewed
_KIND = {
    True: "The Bot User OAuth Token of the app (xoxb-…)",
    False: "The User OAuth Token of the app (xoxp-…)",
}
_PAGE = "OAuth & Permissions of the app at api.slack.com/apps"
_PASTED = f"Copy it once more, whole, from {_PAGE}; if it is refused again, install the app anew."
_TOKEN = {True: r"xoxb-[A-Za-z0-9-]+", False: r"xoxp-[A-Za-z0-9-]+"}


class OAuth:
    """`now` is the time of day, by which tokens end."""

    def __init__(self, config: SlackConfig, http: ClientSession, now: Callable[[], float]) -> None:
        self._config, self._http, self._now = config, http, now

    async def sign_in(self, flow: LoginFlow) -> Credentials:
        """As an app in another workspace (`flow.relay`), or as oneself. Raises `LoginError`."""
        pasted = self._config.client_id is None
        try:
            credentials = await (self._asked(flow) if pasted else self._redirected(flow))
            api = WebAPI(credentials["token"], self._http, self._config.api_url)
            identity = await identify(api)
        except (LoginError, Rejected) as refusal:
            raise LoginError(f"{refusal} {_PASTED}" if pasted else str(refusal)) from refusal
        if bool(identity.us.bot) is not flow.relay:
            kind = "This is the token of a bot" if identity.us.bot else "This is no bot's token"
            raise LoginError(f"{kind}. Wanted is: {_KIND[flow.relay]}.")
        return {**credentials, "team": identity.us.team, "user": identity.us.user}

    async def _asked(self, flow: LoginFlow) -> dict[str, str]:
        prompt = f"{_KIND[flow.relay]}, from {_PAGE}"
        answers = await flow.ask(Field("token", prompt, secret=True, pattern=_TOKEN[flow.relay]))
        return {"token": answers["token"].strip()}

    async def _redirected(self, flow: LoginFlow) -> dict[str, str]:
        scope = {"scope": ",".join(BOT_SCOPES)} if flow.relay else {"scope": ""}
        state = flow.state  # good for one redirect: afterwards it is another
        asked = {
            "client_id": self._config.client_id or "",
            **scope,
            "user_scope": "" if flow.relay else ",".join(USER_SCOPES),
            "redirect_uri": flow.callback_url,
            "state": state,
        }
        url = URL(self._config.api_url).join(URL("/oauth/v2/authorize")).with_query(asked)
        query = await flow.redirect(str(url))
        if query.get("state") != state:
            raise LoginError("This answer belongs to another sign-in.")
        if "code" not in query:
            raise LoginError("Slack was not allowed to let the bridge in.")
        answer = await self._access(code=query["code"], redirect_uri=flow.callback_url)
        return self._credentials(answer if flow.relay else record(answer, "authed_user"))

    async def revoke(self, credentials: Credentials) -> None:
        """The token is good for nothing now: <https://docs.slack.dev/reference/methods/auth.revoke>."""
        await WebAPI(credentials["token"], self._http, self._config.api_url).call("auth.revoke")

    async def renewed(self, credentials: Credentials) -> Credentials | None:
        """New ones, where these end soon; None: they are good. Raises as a call does."""
        left = self.lasts(credentials)
        if left is None or left > 0:
            return None
        try:
            answer = await self._access(
                grant_type="refresh_token", refresh_token=credentials["refresh_token"]
            )
        except Rejected as refusal:
            raise LoginError("Slack does not renew the token; sign in again.") from refusal
        found = answer if text(answer, "access_token") else record(answer, "authed_user")
        return {**credentials, **self._credentials(found)}

    def lasts(self, credentials: Credentials) -> float | None:
        """Seconds until a token should be renewed; None: it never ends."""
        if "refresh_token" not in credentials:
            return None
        return float(credentials.get("expires_at", "0")) - _EARLY - self._now()

    def _credentials(self, found: JSON) -> dict[str, str]:
        token = text(found, "access_token")
        if not token:
            raise LoginError("Slack gave no token.")
        refresh, lasts = text(found, "refresh_token"), number(found, "expires_in")
        if not refresh or lasts is None:
            return {"token": token}
        ends = str(int(self._now()) + lasts)
        return {"token": token, "refresh_token": refresh, "expires_at": ends}

    async def _access(self, **arguments: str) -> JSON:
        secret = self._config.client_secret
        api = WebAPI("", self._http, self._config.api_url)
        return await api.call(
            "oauth.v2.access",
            client_id=self._config.client_id,
            client_secret=None if secret is None else secret.get_secret_value(),
            **arguments,
        )
