"""A Bot API server that is a fake, and faithful: for tests, demonstrations and rehearsals."""

from bridges.telegram.fake.network import TelegramGroup, telegram_group
from bridges.telegram.fake.server import FakeTelegram, serving
from bridges.telegram.fake.state import TOKEN, FakeChat, State

__all__ = [
    "TOKEN",
    "FakeChat",
    "FakeTelegram",
    "State",
    "TelegramGroup",
    "serving",
    "telegram_group",
]
