"""Telegram: the Bot API, for groups, channels and forums."""

from bridges.telegram.adapter import TelegramAdapter

__all__ = ["TelegramAdapter"]
