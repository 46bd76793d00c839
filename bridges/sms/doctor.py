"""Would these gateways carry our texts, and find us? Asked of each; nothing is texted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

from aiohttp import ClientError

from bridgekit import Finding, Guide, LoginError, Rejected, RetryLater, Severity
from bridges.sms import numbers
from bridges.sms.config import SMSConfig
from bridges.sms.provider import Call, Hooked, Provider
from bridges.sms.settings import ProviderSettings

FIRST = (
    "Which gateway carries the texts, and which numbers are yours, stands in the configuration: "
    "bridges/sms/README.md says what each gateway wants. Write both, and run this again: then each "
    "gateway is tried, and told which address it is to call."
)
_START = "Start the bridge"
_FIX = "Correct `user`, `secret` and `api_url` of this gateway."


async def examine(
    config: SMSConfig, gateways: Mapping[str, Provider], *, called: bool = False
) -> AsyncIterator[Finding]:
    """What an operator should know, gateway by gateway. `called`: try where they call, too."""
    for name, gateway in gateways.items():
        accepted = await _accepted(name, gateway)
        yield accepted
        if accepted.severity is Severity.OK:
            for finding in (*await gateway.check(), *await _elsewhere(gateway)):
                yield finding
            async for finding in _numbers(name, gateway, config):
                yield finding
        if isinstance(gateway, Hooked):
            for finding in _protected(name, gateway):
                yield finding
            if called:
                tried = await reached(name, gateway, gateway.sample())
                away = tried.severity is Severity.ERROR and tried.fix.startswith(_START)
                # The bridge need not be at work while it is checked.
                yield replace(tried, severity=Severity.WARNING) if away else tried
    for own in config.numbers:
        if not any(name in gateways for name in config.via(own)):
            yield Finding(
                Severity.ERROR, f"No gateway carries {numbers.shown(own)}.", "Name one in `via`."
            )


async def _numbers(name: str, gateway: Provider, config: SMSConfig) -> AsyncIterator[Finding]:
    mine = config.carried(name)
    if len(mine) > 1 and not gateway.traits.names_us:
        yield Finding(
            Severity.WARNING,
            f"{name}: {gateway.title} may not say which of {len(mine)} numbers a text is for.",
            "Name in `via` of each number only the gateways that have it.",
            why=f"What it does not say so of counts as texted to {numbers.shown(mine[0])}.",
        )
    for own in mine:
        if await gateway.owns(numbers.sender(own)) is False:
            yield Finding(
                Severity.ERROR,
                f"{name}: {numbers.shown(own)} is no number of this account.",
                "Correct the number, or name the gateway that has it in `via`.",
            )


async def _elsewhere(gateway: Provider) -> list[Finding]:
    """Numbers for which a gateway calls somebody else; what it calls may be known by now only."""
    if not isinstance(gateway, Hooked) or not gateway.around.url.startswith("http"):
        return []
    return [
        Finding(
            Severity.WARNING,
            f"{gateway.title} calls {url or 'nobody'} for {number}.",
            _hooking(gateway.settings, gateway.address()),
            id="sms-hook-not-set",
            why="What people text to this number does not reach the bridge.",
        )
        for number, url in (await gateway.hooks()).items()
        if url != gateway.around.url
    ]


def _hooking(settings: ProviderSettings, address: str) -> str:
    if settings.option("set_hook") == "yes":
        return f"{_START}: as `set_hook` is set, it has the gateway call {address}."
    return f"Have it call {address}, or set options: {{set_hook: yes}}."


async def _accepted(name: str, gateway: Provider) -> Finding:
    try:
        await gateway.sign_in()
    except LoginError as error:
        return Finding(Severity.ERROR, f"{name}: {error}", _FIX)
    except (RetryLater, Rejected, ClientError, OSError, TimeoutError) as error:
        # What aiohttp says may quote the address that was asked, with the secret in it.
        ours = isinstance(error, RetryLater | Rejected)
        why = str(error) if ours else f"it does not answer ({type(error).__name__})"
        fix = "Check `api_url`, and whether a firewall is in the way."
        return Finding(Severity.ERROR, f"{name}: {why}", fix)
    return Finding(Severity.OK, f"{name}: {gateway.title} accepts the account.")


def _protected(name: str, gateway: Provider) -> list[Finding]:
    """Calls that nobody signs are believed by anybody, those that nobody can check by none."""
    settings = gateway.settings
    if getattr(gateway, "keyed", False) and not settings.signing_key.get_secret_value():
        return [
            Finding(
                Severity.ERROR,
                f"{name}: without `signing_key` every call of {gateway.title} is refused.",
                "Copy it from there: bridges/sms/README.md says for each gateway what it is.",
            )
        ]
    if getattr(gateway, "signs", True) or settings.token.get_secret_value() or settings.allow_from:
        return []
    return [
        Finding(
            Severity.ERROR,
            f"{name}: {gateway.title} signs nothing, so anybody could text in others' names.",
            "Set `token` to a long random word, and put the new address into the gateway.",
        )
    ]


async def set_up(guide: Guide, config: SMSConfig, gateways: Mapping[str, Provider]) -> None:
    """Check each gateway, say which address it is to call, and try that address."""
    async for finding in examine(config, gateways):
        await guide.report(finding)
    for name, gateway in gateways.items():
        if not isinstance(gateway, Hooked):
            continue
        await guide.show(f"{name} ({gateway.title}): {gateway.instructions()}")
        await guide.report(await reached(name, gateway, gateway.sample()))


def _proof(gateway: Provider) -> str:
    return "its signature" if getattr(gateway, "signs", True) else "the word in its address"


async def reached(name: str, gateway: Provider, sample: Call) -> Finding:
    """Whether a call that we sign as the gateway would comes through and is believed."""
    try:
        async with gateway.around.http.request(
            sample.method, sample.url, headers=sample.headers, data=sample.body or None
        ) as response:
            status = response.status
    except (ClientError, OSError, TimeoutError) as error:
        return Finding(
            Severity.ERROR,
            f"{name}: the address cannot be reached from here ({type(error).__name__}).",
            f"{_START}, and have `appservice.public_url` lead to it.",
            id="public-url",
            why="No text reaches the bridge.",
        )
    match status:
        case 200 | 202 | 204:
            return Finding(Severity.OK, f"{name}: a signed call comes through.")
        case 401 | 403 if not getattr(gateway, "shares_key", True):
            text = f"{name}: the address is there, and refuses what {gateway.title} has not signed."
            return Finding(Severity.OK, text)
        case 401 | 403:
            return Finding(
                Severity.ERROR,
                f"{name}: a call comes through, but {_proof(gateway)} does not fit there.",
                "The proxy changes the path or the query, or the bridge runs with other settings: "
                "it must pass both on as they are.",
                id="twilio-url-behind-proxy",
                why="Every text would be refused, and given up by the gateway sooner or later.",
            )
        case 404 | 502 | 503:
            return Finding(
                Severity.ERROR,
                f"{name}: something answers there with {status}, but not this network.",
                f"{_START}, and have the proxy pass /_bridgekit/hooks/ on to it.",
                id="public-url",
                why="No text reaches the bridge.",
            )
        case _:
            return Finding(Severity.WARNING, f"{name}: a signed call was answered with {status}.")
