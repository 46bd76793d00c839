"""Whether Telegram can call the bridge, by the address that it would be given."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp

from bridgekit import Finding, Severity
from bridges.telegram import mistakes
from bridges.telegram.config import TELEGRAM, TelegramConfig
from bridges.telegram.webhook import HEADER

OURS = (
    "Telegram calls another address for this bot than that of the bridge: another program uses it,"
    " or the bridge's public URL has changed."
)
_PORTS = (443, 80, 88, 8443)  # "setWebhook"
_NO_UPDATE, _NOT_KNOWN = 400, 401
_PATIENCE = aiohttp.ClientTimeout(total=10)


def foreign(url: str, address: str) -> bool:
    """Whether `url` is no address of this bridge: it may have had another host before."""
    return url != address and urlsplit(url).path != urlsplit(address).path


async def reachable(
    config: TelegramConfig, http: aiohttp.ClientSession, address: str
) -> AsyncIterator[Finding]:
    """Call it as Telegram would, with what is no update."""
    if config.api_url == TELEGRAM:  # a server of one's own calls any address
        where = urlsplit(address)
        if where.scheme != "https" or (where.port or _PORTS[0]) not in _PORTS:
            yield mistakes.WEBHOOK_URL.error(
                f"Telegram does not call {address}.",
                "Give appservice.public_url https, and port 443, 80, 88 or 8443.",
            )
            return
    secret = config.webhook_secret
    headers = {HEADER: secret.get_secret_value() if secret is not None else ""}
    try:
        async with http.post(address, headers=headers, timeout=_PATIENCE) as response:
            status = response.status
    except (aiohttp.ClientError, TimeoutError) as error:
        yield _unreached(address, f"it cannot be reached from here ({type(error).__name__})")
        return
    if status == _NO_UPDATE:
        yield Finding(Severity.OK, f"{address} leads to the bridge.")
    elif status == _NOT_KNOWN:
        yield mistakes.SECRET.error(
            f"What is called at {address} does not know the secret.",
            f"Let the proxy before the bridge pass on the header {HEADER}; and start the bridge"
            " anew if webhook_secret has changed.",
        )
    else:
        yield _unreached(address, f"it answers {status}")


def _unreached(address: str, why: str) -> Finding:
    return mistakes.WEBHOOK_URL.warning(
        f"{address} does not lead to the bridge: {why}.",
        "If the bridge runs, correct appservice.public_url or the proxy before it.",
    )
