"""What people, channels and groups are called that a message names by ID only.

Slack's clients look names up; so does the bridge, in the lane and not before it acknowledges.
"""

from bridges.slack.fields import record, records, text
from bridges.slack.ids import Sight
from bridges.slack.people import user_info
from bridges.slack.refusals import Refusal
from bridges.slack.web_api import WebAPI

_KEPT = 5000  # names; then all are asked for anew


class Names:
    """For one workspace; what Slack does not tell is called by its ID."""

    def __init__(self, api: WebAPI, sight: Sight) -> None:
        self._api, self._sight = api, sight

    async def learn(self, ids: set[str]) -> None:
        """Know the names of these."""
        known = self._sight.names
        if len(known) > _KEPT:
            known.clear()
        for id_ in sorted(ids):
            if id_ not in known:
                known[id_] = await self._name(id_) or id_

    def forget_groups(self) -> None:
        """They go by other names now."""
        for id_ in [one for one in self._sight.names if one.startswith("S")]:
            del self._sight.names[id_]

    async def _name(self, id_: str) -> str:
        try:
            if id_.startswith("S"):
                await self._learn_groups()
                return self._sight.names.get(id_, "")
            if id_.startswith(("C", "G")):
                answer = await self._api.call("conversations.info", channel=id_)
                return text(record(answer, "channel"), "name")
            answer = await self._api.call("users.info", user=id_)
            return user_info(record(answer, "user"), self._sight).name or ""
        except Refusal:
            return ""

    async def _learn_groups(self) -> None:
        """See <https://docs.slack.dev/reference/methods/usergroups.list>: it has them all."""
        answer = await self._api.call("usergroups.list")
        for group in records(answer, "usergroups"):
            self._sight.names[text(group, "id")] = text(group, "handle")
