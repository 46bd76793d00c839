"""Refusals as Telegram writes them: adapters have nothing but these words to go by."""

from typing import Any


class BotError(Exception):
    """Answered with `code` as the HTTP status and in the body."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters

    @property
    def body(self) -> dict[str, Any]:
        body = {"ok": False, "error_code": self.code, "description": self.description}
        return {**body, "parameters": self.parameters} if self.parameters else body


def bad_request(words: str, **parameters: Any) -> BotError:
    return BotError(400, f"Bad Request: {words}", **parameters)


def forbidden(words: str) -> BotError:
    return BotError(403, f"Forbidden: {words}")


def too_many(seconds: int) -> BotError:
    return BotError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


UNAUTHORIZED = BotError(401, "Unauthorized")
NOT_FOUND = BotError(404, "Not Found")
TOO_LARGE = BotError(413, "Request Entity Too Large")
NO_METHOD = BotError(404, "Not Found: method not found")
OTHER_READER = BotError(
    409,
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is"
    " running",
)
WEBHOOK_ACTIVE = BotError(
    409,
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete"
    " the webhook first",
)
NOT_MODIFIED = bad_request(
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
