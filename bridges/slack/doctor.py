"""Would Slack let the bridge in, with all that it needs? Asked with each token, nothing changes."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from aiohttp import ClientError, ClientSession, ClientTimeout
from pydantic import SecretStr

from bridgekit import ChatID, Finding, LoginError, Rejected, RetryLater, Severity
from bridges.slack.config import SlackConfig, Transport
from bridges.slack.identity import CUSTOMIZE, Identity, identify
from bridges.slack.ids import channel_of, is_chat
from bridges.slack.manifest import BOT_SCOPES
from bridges.slack.refusals import InDoubt, Refusal
from bridges.slack.web_api import WebAPI

_TIMEOUT = ClientTimeout(total=20)
_SKEWED, _WRONG = 30.0, 240.0  # seconds between two clocks: odd, and too many
_FAILED = (ClientError, InDoubt, LoginError, Rejected, RetryLater, OSError, TimeoutError)
_NICE = {
    CUSTOMIZE: "people on Matrix are named in the text, and not as the senders",
    "channels:join": "somebody must invite the app into each channel",
    "channels:write.topic": "topics from Matrix are not bridged",
    "groups:write.topic": "topics from Matrix are not bridged into private channels",
    "emoji:read": "custom emoji stay names",
    "files:read": "files from Slack are not bridged",
    "files:write": "files from Matrix are not bridged",
    "pins:write": "pins from Matrix are not bridged",
    "usergroups:read": "groups of people are called by their IDs",
    "team:read": "the workspace's name is not known",
}


_WHY = {
    "slack-token-kind": "Slack refuses everything that the bridge does with it.",
    "slack-token-refused": "Slack refuses everything that the bridge does with it.",
    "slack-token-rotated": "Nothing crosses in that channel, in either direction.",
    "slack-path": "Slack has nowhere to send what is said, so that nothing arrives.",
    "slack-scope": "Slack refuses what it is for.",
    "slack-link": "The room of this link leads nowhere.",
    "slack-not-invited": "Nothing of what is said there reaches the bridge.",
    "slack-unreachable": "The bridge cannot connect, and tries again until it can.",
    "clock-skew": "Slack's calls seem stale to the bridge, and are refused like forged ones.",
}


@dataclass(frozen=True, slots=True)
class Around:
    """What there is beside the app. `hook`: where Slack would call the bridge, if it can."""

    now: Callable[[], float]
    hook: str | None = None
    links: Sequence[ChatID] = ()


async def examine(config: SlackConfig, around: Around) -> AsyncIterator[Finding]:
    """What an operator should know, most basic first."""
    async with ClientSession(timeout=_TIMEOUT) as http:
        if config.bot_token is not None:
            async for finding in _bot(config, config.bot_token, http, around):
                yield finding
        if config.transport is Transport.SOCKET and config.app_token is not None:
            yield await _socket(config.app_token, http, config.api_url)
    if config.transport is Transport.HTTP:
        yield _address(around.hook)


async def _bot(
    config: SlackConfig, token: SecretStr, http: ClientSession, around: Around
) -> AsyncIterator[Finding]:
    api = WebAPI(token.get_secret_value(), http, config.api_url)
    try:
        identity = await identify(api)
    except _FAILED as error:
        yield _not_reached("bot_token", error, "Copy it anew, from OAuth & Permissions of the app.")
        return
    if not identity.us.bot:
        fix = "Take the Bot User OAuth Token (xoxb-…), from OAuth & Permissions of the app."
        yield _bad("slack-token-kind", "bot_token is not that of a bot.", fix)
        return
    yield Finding(Severity.OK, f"Slack lets the app into the workspace {identity.name!r}.")
    for finding in (*_clock(api.date, around.now()), *_scopes(identity)):
        yield finding
    several = config.client_id is not None
    for link in around.links:
        fault = await _link(api, link, identity, several=several)
        if fault is not None:
            yield fault


def _clock(date: str, now: float) -> list[Finding]:
    """Slack signs its calls with the time, and what is five minutes old is not believed."""
    try:
        skew = abs(now - parsedate_to_datetime(date).timestamp())
    except ValueError:
        return []  # it does not say
    if skew < _SKEWED:
        return []
    severity = Severity.WARNING if skew < _WRONG else Severity.ERROR
    text = f"The clock of this machine and Slack's are {skew:.0f} seconds apart."
    return [_bad("clock-skew", text, "Set it by the network: switch NTP on.", severity)]


async def _link(api: WebAPI, link: ChatID, identity: Identity, *, several: bool) -> Finding | None:
    """What is wrong with a link of the configuration. `several`: the app may be elsewhere, too."""
    if not is_chat(link):
        fix = "Write TEAM/CHANNEL: its address in a browser, app.slack.com/client/…, has both."
        return _bad("slack-link", f"{link!r} is no channel of Slack.", fix)
    team, channel = channel_of(link)
    if team != identity.us.team:
        text = f"{link} is in another workspace than bot_token, which is of {identity.us.team}."
        fix = "Link a channel of that one, or take the token of this one."
        return None if several else _bad("slack-token-rotated", text, fix)
    try:
        await api.call("conversations.info", channel=channel)
    except _FAILED:
        text = f"The app cannot see the channel {link}."
        fix = "If it is private, invite the app there, with /invite; else look at the link again."
        return _bad("slack-not-invited", text, fix, Severity.WARNING)
    return None


def _address(hook: str | None) -> Finding:
    if hook is None:
        fix = "Set appservice.public_url, or choose transport: socket, which needs none."
        text = "Slack cannot call the bridge without a public URL."
        return _bad("slack-path", text, fix)
    text = (
        f"The Request URL, under Event Subscriptions of the app, is {hook}. Whether Slack reaches "
        "it, and has the same Signing Secret, is seen there alone, once the bridge runs."
    )
    return Finding(Severity.OK, text)


def _scopes(identity: Identity) -> list[Finding]:
    """What is missing of what the manifest asks for; where Slack does not tell, nothing is."""
    if not identity.scopes:
        return []
    missing = [scope for scope in BOT_SCOPES if scope not in identity.scopes]
    needed = [scope for scope in missing if scope not in _NICE]
    fix = "Add it under OAuth & Permissions, and install the app again."
    findings = [
        _bad("slack-scope", f"The scope {scope} is missing: {_NICE[scope]}.", fix, Severity.WARNING)
        for scope in missing
        if scope in _NICE
    ]
    if needed:
        what = f"These scopes are missing: {', '.join(needed)}."
        findings.append(_bad("slack-scope", what, fix.replace("it", "them", 1)))
    return findings or [Finding(Severity.OK, "The app has every scope that the bridge uses.")]


async def _socket(token: SecretStr, http: ClientSession, api_url: str) -> Finding:
    try:
        await WebAPI(token.get_secret_value(), http, api_url).call("apps.connections.open")
    except _FAILED as error:
        fix = (
            "Switch Socket Mode on, and make an app-level token with the scope connections:write, "
            "under Basic Information of the app."
        )
        return _not_reached("app_token", error, fix)
    return Finding(Severity.OK, "Slack offers a connection for its events (Socket Mode).")


def _not_reached(key: str, error: Exception, fix: str) -> Finding:
    if isinstance(error, Refusal) and error.code == "missing_scope":
        # Of an app-level token: those are not under OAuth & Permissions, as other scopes are.
        return _bad("slack-scope", f"{key} lacks the scope connections:write.", fix)
    if isinstance(error, Refusal) and error.code == "not_allowed_token_type":
        return _bad("slack-token-kind", f"{key} is a token of another kind.", fix)
    if isinstance(error, LoginError | Rejected):
        return _bad("slack-token-refused", f"{key}: {error}", fix)
    if isinstance(error, RetryLater):
        fix = "Check api_url, and the way to Slack."
        return _bad("slack-unreachable", f"{key}: {error}", fix)
    kind = type(error).__name__
    fix = "Check api_url, and whether a firewall or a proxy is in the way."
    text = f"{key}: Slack did not answer as it should ({kind})."
    return _bad("slack-unreachable", text, fix)


def _bad(name: str, text: str, fix: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(severity, text, fix, id=name, why=_WHY[name])
