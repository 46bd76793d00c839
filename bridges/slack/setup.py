"""How an admin makes the app at Slack, step by step, and whether it is as it should be."""

import json

from pydantic import SecretStr, ValidationError
from yarl import URL

from bridgekit import Credentials, Field, Finding, Guide, Severity
from bridges.slack.config import SlackConfig, Transport
from bridges.slack.doctor import Around, examine
from bridges.slack.manifest import manifest

_NEW = URL("https://api.slack.com/apps")
_BOT = Field("bot_token", "Bot User OAuth Token (xoxb-…)", secret=True, pattern=r"\s*xoxb-\S+\s*")
_APP = Field("app_token", "App-level token (xapp-…)", secret=True, pattern=r"\s*xapp-\S+\s*")
_TRANSPORT = Field(
    "transport",
    "How Slack tells the bridge what is said: over connections of the bridge's own (empty: "
    "socket), or by calls to its public address",
    choices=tuple(Transport),
    optional=True,
)
_SECRET = Field("signing_secret", "Signing Secret", secret=True, pattern=r"\s*[a-z0-9]+\s*")


async def set_up(guide: Guide, config: SlackConfig, around: Around) -> None:
    """Ask, show and check, until the app is as it should be."""
    answers = await guide.ask(
        Field(
            "name", "A name for the app, as people in Slack see it (empty: Matrix)", optional=True
        )
    )
    transport = await _transport(guide, config, around)
    over_http = transport is Transport.HTTP
    app = manifest(
        answers.get("name", "").strip() or "Matrix",
        events_url=around.hook if over_http else None,
        redirect_url=guide.callback_url,
    )
    await guide.show(_to_create(json.dumps(app, indent=2)))
    if over_http and around.hook is None:
        await guide.report(_no_public_url())
    await guide.show(_HTTP if over_http else _SOCKET)
    given = await guide.ask(_BOT, _SECRET if over_http else _APP)
    await _check(guide, config.model_copy(update={"transport": transport}), given, around)


async def _transport(guide: Guide, config: SlackConfig, around: Around) -> Transport:
    """As the configuration has it; where it says nothing, and both could be, it is asked for."""
    if "transport" in config.model_fields_set or around.hook is None:
        return config.transport
    return Transport((await guide.ask(_TRANSPORT)).get("transport") or config.transport)


def _to_create(app: str) -> str:
    return (
        f"1. Open {_NEW}?new_app=1, choose “From a manifest” and your workspace, and paste this:"
        f"\n\n{app}\n\n2. Press Create, and then Install to Workspace."
    )


_SOCKET = (
    "3. Under Basic Information, App-Level Tokens: Generate Token and Scopes, with the scope "
    "connections:write.\n4. Under OAuth & Permissions: copy the Bot User OAuth Token."
)
_HTTP = (
    "3. Under Basic Information, App Credentials: copy the Signing Secret.\n4. Under OAuth & "
    "Permissions: copy the Bot User OAuth Token. Slack checks the Request URL under Event "
    "Subscriptions once the bridge runs: press Retry there."
)


def _no_public_url() -> Finding:
    return Finding(
        Severity.ERROR,
        "Slack cannot call the bridge: appservice.public_url is not set, so the manifest has no "
        "request URL.",
        "Set it and begin again, or choose transport: socket, which needs none.",
    )


async def _check(guide: Guide, config: SlackConfig, given: Credentials, around: Around) -> None:
    secrets = {key: SecretStr(value.strip()) for key, value in given.items()}
    try:
        kept = {"api_url": config.api_url, "transport": config.transport}
        filled = SlackConfig.model_validate({**kept, **secrets})
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            where = ".".join(map(str, fault["loc"]))
            await guide.report(Finding(Severity.ERROR, f"{where}: {fault['msg']}", "Begin again."))
        return
    well = True
    async for finding in examine(filled, around):
        well = well and finding.severity is not Severity.ERROR
        await guide.report(finding)
    if well:
        keys = "\n".join(f"    {key}: …" for key in given)
        await guide.show(
            "5. Put what you copied into the configuration, under `networks:` (or into files of "
            f"their own, as `bot_token_file`):\n\n  slack:\n    transport: {config.transport}\n"
            f"{keys}\n    links:\n      - {{chat: TEAM/CHANNEL}}\n\nA channel's address in the "
            "browser, https://app.slack.com/client/TEAM/CHANNEL, has both."
        )
