"""Would this bot work as it is set up? Asked of Telegram; nothing is changed there."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from telegram import Bot, User, WebhookInfo
from telegram.error import InvalidToken, TelegramError

from bridgekit import Chat, Finding, Severity
from bridges.telegram import mistakes
from bridges.telegram.chat_checks import chats
from bridges.telegram.config import TelegramConfig, Transport
from bridges.telegram.inbox import KINDS
from bridges.telegram.refusals import LEFT_WEBHOOK, REVOKED, refusal
from bridges.telegram.webhook_checks import OURS, foreign
from bridges.telegram.wire import UnreachableError

_MANY = 100  # updates that wait at Telegram: the bridge is down, or too slow
_RECENT = timedelta(hours=1)
_SET_UP = "`bridgekit setup`, with the name of this network, removes it if you say so."


@dataclass(frozen=True, slots=True)
class Asked:
    """What is checked: `address` is where Telegram is to call, `links` are the chats to bridge."""

    config: TelegramConfig
    bot: Bot
    address: str = ""
    links: Sequence[Chat] = ()


async def examine(asked: Asked) -> AsyncIterator[Finding]:
    """What an operator should know, most basic first; stops where nothing further can work."""
    try:
        me = await asked.bot.get_me()
        info = await asked.bot.get_webhook_info()
    except TelegramError as error:
        yield _failed(asked.config, error)
        return
    yield Finding(Severity.OK, f"Telegram accepts the token of @{me.username}.")
    yield _privacy(me, asked.links)
    if not me.can_join_groups:
        yield mistakes.NO_GROUPS.warning(
            f"@{me.username} cannot be added to groups.",
            "Let it, with @BotFather: /setjoingroups, Enable.",
        )
    for finding in (*_transport(asked, info), *_kinds(info)):
        yield finding
    async for finding in chats(asked.bot, me, asked.links):
        yield finding


def _failed(config: TelegramConfig, error: TelegramError) -> Finding:
    if isinstance(error, InvalidToken):
        return mistakes.TOKEN.error(REVOKED, "Correct the token of this network.")
    if isinstance(error, UnreachableError):
        return mistakes.UNREACHABLE.error(
            f"{config.api_url} cannot be reached.",
            "Check api_url, and whether a firewall or a proxy is in the way.",
        )
    meant = refusal(error)
    said = str(meant) if meant is not None else "it did not answer as a Bot API server does"
    words = f"{config.api_url} was asked, and: {said}"
    return mistakes.UNREACHABLE.error(words, "Check api_url.")


def _privacy(me: User, links: Sequence[Chat]) -> Finding:
    """Where chats are linked, each of them is looked at besides."""
    if me.can_read_all_group_messages:
        return Finding(Severity.OK, "Its privacy mode is off: it sees everything in its groups.")
    if links:
        return Finding(
            Severity.OK,
            "Its privacy mode is on, so it must be an administrator of each group; see below.",
        )
    return mistakes.PRIVACY.warning(
        "Its privacy mode is on: what people say reaches Matrix only from groups where it is an"
        " administrator.",
        "Make the bot an administrator of each group; or switch the mode off (@BotFather,"
        " /setprivacy, Disable), then remove it from its groups and add it again.",
    )


def _transport(asked: Asked, info: WebhookInfo) -> Iterator[Finding]:
    if asked.config.transport is Transport.POLLING and info.url:
        yield mistakes.WEBHOOK_AND_POLL.error(LEFT_WEBHOOK, _SET_UP)
    if asked.config.transport is Transport.WEBHOOK:
        if not info.url:
            yield Finding(Severity.OK, "No webhook is set yet; the bridge does that.")
        elif foreign(info.url, asked.address):
            yield mistakes.WEBHOOK_AND_POLL.error(OURS, _SET_UP)
    if info.pending_update_count > _MANY:
        yield mistakes.BEHIND.warning(
            f"{info.pending_update_count} updates wait at Telegram, for one day at most.",
            "Start the bridge, or look at its log for what holds it up.",
        )
    if info.last_error_date and datetime.now(UTC) - info.last_error_date < _RECENT:
        yield mistakes.WEBHOOK_URL.error(
            f"Telegram could not call the webhook: {info.last_error_message}",
            "The public URL must lead to the bridge, over https and port 443, 80, 88 or 8443.",
        )


def _kinds(info: WebhookInfo) -> Iterator[Finding]:
    """Telegram remembers the latest list that it was given; none at all is its own."""
    missing = sorted(set(KINDS) - set(info.allowed_updates or KINDS))
    if missing:
        yield mistakes.ALLOWED_UPDATES.warning(
            f"Whoever asked Telegram last wanted no {', '.join(missing)}.",
            "If that was not an older version of the bridge, another program has the bot's token:"
            " stop it. The bridge itself asks for all that it needs when it starts.",
        )
