"""Which chats of a network get a room without anybody asking: all, or those of some names."""

from __future__ import annotations

from fnmatch import fnmatchcase

from pydantic import BaseModel, ConfigDict, Field

from bridgekit.facts import ChatInfo


class SyncSettings(BaseModel):
    """Patterns of names or IDs, in which `*` is anything; without `allow` there is none."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    allow: tuple[str, ...] = Field(default=(), description='which chats, like ["*"]')
    deny: tuple[str, ...] = Field(
        default=(), description='which of these not, like ["random", "team-*"]'
    )
    rooms_per_minute: float = Field(
        default=30.0, gt=0, allow_inf_nan=False, description="how many new rooms in a minute"
    )

    def takes(self, chat: ChatInfo) -> bool:
        """Whether this chat is to have a room."""
        names = [_folded(name) for name in (chat.id, chat.name) if name]

        def are_among(patterns: tuple[str, ...]) -> bool:
            return any(fnmatchcase(name, _folded(one)) for name in names for one in patterns)

        return are_among(self.allow) and not are_among(self.deny)


def _folded(name: str) -> str:
    """People write a channel with its # or without."""
    return name.removeprefix("#").casefold()
