"""OAuth v2 at the fake Slack: codes for tokens, and tokens that rotate.

https://docs.slack.dev/authentication/installing-with-oauth, https://docs.slack.dev/authentication/using-token-rotation
"""

from __future__ import annotations

from dataclasses import replace

from bridges.slack.fake.state import APP, JSON, SlackError, State, Token

CLIENT_ID = "1234.5678"
CLIENT_SECRET = "fakeclientsecret"  # noqa: S105 (the fake's)
_LIFETIME = 43_200  # seconds


def agree(state: State, code: str, token: Token, *, rotates: bool = False) -> None:
    """Somebody has pressed Allow: `code` is what the browser comes back with."""
    state.codes[code] = (token, rotates)


def access(state: State, arguments: dict[str, str]) -> JSON:
    """See <https://docs.slack.dev/reference/methods/oauth.v2.access>."""
    if arguments.get("client_id") != CLIENT_ID:
        raise SlackError("invalid_client_id")
    if arguments.get("client_secret") != CLIENT_SECRET:
        raise SlackError("bad_client_secret")
    if arguments.get("grant_type") == "refresh_token":
        return _renewed(state, arguments.get("refresh_token", ""))
    found = state.codes.pop(arguments.get("code", ""), None)
    if found is None:
        raise SlackError("invalid_code")
    token, rotates = found
    return _given(state, token, rotates=rotates)


def _renewed(state: State, refresh: str) -> JSON:
    """The old pair ends with this."""
    old = state.refreshable.pop(refresh, None)
    if old is None:
        raise SlackError("invalid_refresh_token")
    state.tokens.pop(old.value, None)
    fresh = replace(
        old, value=f"xoxe.{old.value.removeprefix('xoxe.').partition('.')[0]}.{state.new_id('r')}"
    )
    return _given(state, fresh, rotates=True)


def _given(state: State, token: Token, *, rotates: bool) -> JSON:
    state.add_token(token)
    renewal: JSON = {}
    if rotates:
        refresh = f"xoxe-1-{state.new_id('r')}"
        state.refreshable[refresh] = token
        renewal = {"refresh_token": refresh, "expires_in": _LIFETIME}
    team = {"team": {"id": token.team, "name": token.team.title()}, "app_id": APP}
    given = {"access_token": token.value, "scope": ",".join(sorted(token.scopes))} | renewal
    if token.kind == "user":
        return team | {"authed_user": {"id": token.user, "token_type": "user"} | given}
    return team | given | {"token_type": "bot", "bot_user_id": token.user}
