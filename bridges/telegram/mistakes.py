"""The mistakes in a set-up that this network knows, by the names that `doctor` prints."""

from dataclasses import dataclass

from bridgekit import Finding, Severity


@dataclass(frozen=True, slots=True)
class Mistake:
    """`id` never changes; `why` says what it leads to."""

    id: str
    why: str

    def error(self, text: str, fix: str) -> Finding:
        return Finding(Severity.ERROR, text, fix, self.id, self.why)

    def warning(self, text: str, fix: str) -> Finding:
        return Finding(Severity.WARNING, text, fix, self.id, self.why)


TOKEN = Mistake("tg-token", "Telegram lets nobody in with it, so nothing is bridged.")
UNREACHABLE = Mistake("tg-unreachable", "Nothing is bridged as long as it does not answer.")
PRIVACY = Mistake(
    "tg-privacy",
    "What people say there does not reach Matrix, and neither Telegram nor the bridge can tell.",
)
NO_GROUPS = Mistake("tg-join-groups", "Nobody can add the bot to a group.")
WEBHOOK_AND_POLL = Mistake(
    "tg-webhook-and-poll",
    "Telegram gives each message of a bot to one program: what the other one gets, never comes.",
)
SUPERGROUP = Mistake(
    "tg-supergroup", "A group that becomes a supergroup has another number; the old one is dead."
)
ALLOWED_UPDATES = Mistake(
    "tg-allowed-updates", "Reactions, bans and promotions on Telegram are not shown on Matrix."
)
WEBHOOK_URL = Mistake(
    "tg-webhook-url", "Telegram cannot call the bridge, so nothing from there reaches Matrix."
)
SECRET = Mistake(
    "tg-secret", "The bridge turns away who does not know the secret, so Telegram as well."
)
CHAT = Mistake("tg-chat", "Nothing is bridged between this chat and its room.")
BEHIND = Mistake("tg-behind", "What waits for more than a day is gone.")
