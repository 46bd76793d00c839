"""A conversation with whoever sets the bot up: checks, mends what can be mended, names the rest."""

from pydantic import SecretStr
from telegram.error import Conflict

from bridgekit import Field, Finding, Guide, Severity
from bridges.telegram import mistakes
from bridges.telegram.config import CREDENTIAL, TelegramConfig, Transport
from bridges.telegram.doctor import Asked, examine
from bridges.telegram.refusals import REVOKED, TWO_READERS
from bridges.telegram.webhook_checks import foreign
from bridges.telegram.wire import Wire

_GLANCE = 3.0  # seconds; another reader asks anew sooner than that

_NO_BOT = (
    "Talk to @BotFather on Telegram: /newbot makes a bot, /token shows the token of one."
    " Put it into the configuration as `token`, and run this again."
)
_NO_TELEGRAM = "Once Telegram, or the server at api_url, can be asked: run this again."

_STEPS = """\
What remains to be done, on Telegram:
1. Add @{username} to the group, as an administrator; any right will do. Only administrators are
   told who reacts, who is banned and who is made an administrator, and they see everything whatever
   the bot's privacy mode. With the rights to delete and to pin messages, to change the group's info
   and to manage topics, what people on Matrix do of that kind is done there. In a channel the bot
   must be an administrator, with the right to post.
2. If it cannot be an administrator, switch its privacy mode off, or it sees only commands and
   answers to it: @BotFather, /setprivacy, Disable. Then remove it from the group and add it again:
   what it sees is settled when it comes.
3. Write /status@{username} in the group: the bot answers with the number of the chat.
4. Put that number under `links` of this network, and start the bridge. `bridgekit doctor` then says
   how the bot stands in each chat."""


async def with_token(config: TelegramConfig, guide: Guide) -> TelegramConfig:
    """The configuration; before there is one, with a token that is asked for."""
    if getattr(config, "token", None) is not None:
        return config
    await guide.show(
        "Talk to @BotFather on Telegram: /newbot makes a bot and gives you its token. It is tried"
        f" with {config.api_url}; for a server of your own, write `api_url` into the configuration"
        " first."
    )
    asked = Field("token", "The bot's token", secret=True, pattern=CREDENTIAL)
    answers = await guide.ask(asked)
    return config.model_copy(update={"token": SecretStr(answers["token"])})


async def set_up(asked: Asked, wire: Wire, guide: Guide) -> None:
    """Check what there is, mend what can be mended from here, and say what remains."""
    found: list[Finding] = []
    async for finding in examine(asked):
        await guide.report(finding)
        found.append(finding)
    if found[0].severity is Severity.ERROR:  # nothing else was asked then
        await guide.show(_NO_BOT if found[0].text == REVOKED else _NO_TELEGRAM)
        return
    await _webhook(asked, wire, guide)
    me = await asked.bot.get_me()
    await guide.show(_STEPS.format(username=me.username))


async def _webhook(asked: Asked, wire: Wire, guide: Guide) -> None:
    """One that is in the way goes, if that is wanted; with none, whether somebody else asks."""
    url = (await asked.bot.get_webhook_info()).url
    polls = asked.config.transport is Transport.POLLING
    if url and (polls or foreign(url, asked.address)):
        question = "Remove the webhook, so that the bridge can have the bot's messages?"
        answers = await guide.ask(Field("remove", question, choices=("yes", "no")))
        if answers["remove"] == "yes":
            await asked.bot.delete_webhook()
            await guide.show("The webhook is removed. What waited for it comes to the bridge.")
    elif not url:
        await _other_reader(wire, guide)


async def _other_reader(wire: Wire, guide: Guide) -> None:
    """Ask for messages for a moment: nothing is confirmed by that, and a second reader shows."""
    try:
        await wire.updates(None, _GLANCE, None)
    except Conflict:
        fix = "If it is the bridge itself, which runs meanwhile, all is well."
        await guide.report(mistakes.WEBHOOK_AND_POLL.warning(TWO_READERS, fix))
    else:
        await guide.report(Finding(Severity.OK, "No other program receives the bot's messages."))
