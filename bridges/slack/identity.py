"""Who a token is: which workspace, which user, which bot, and what it may do."""

from dataclasses import dataclass

from bridgekit import Rejected
from bridges.slack.events import Us
from bridges.slack.fields import text
from bridges.slack.web_api import WebAPI

CUSTOMIZE = "chat:write.customize"


@dataclass(frozen=True, slots=True)
class Identity:
    """`us` is the token's own user and, of a bot, its bot; `name` is the workspace's, and `user`
    what that user is called.
    """

    us: Us
    name: str
    scopes: frozenset[str]
    user: str = ""

    @property
    def account(self) -> str:
        """What people call it."""
        app = "the app " if self.us.bot else ""
        return f"{app}{self.user} in {self.name}" if self.user and self.name else ""


async def identify(api: WebAPI) -> Identity:
    """https://docs.slack.dev/reference/methods/auth.test; raises as any call does."""
    answer = await api.call("auth.test")
    team, user = text(answer, "team_id"), text(answer, "user_id")
    if not team or not user:
        raise Rejected("Slack does not say whose token this is; is api_url that of Slack?")
    us = Us(team, user, text(answer, "bot_id"))
    return Identity(us, text(answer, "team"), api.scopes, text(answer, "user"))
