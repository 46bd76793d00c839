"""Messages that name people or files by ID only, made whole by asking Slack."""

from bridges.slack.fields import JSON, record, text
from bridges.slack.files import is_stub
from bridges.slack.names import Names
from bridges.slack.references import unnamed
from bridges.slack.refusals import Refusal
from bridges.slack.session import Session


class Completing:
    """For one login."""

    def __init__(self, session: Session) -> None:
        self._session, self.names = session, Names(session.api, session.sight)

    async def whole(self, found: JSON) -> JSON:
        """With all names known, and each file as `files.info` knows it."""
        await self.names.learn(unnamed(found, self._session.sight))
        shown = found.get("files")
        if not isinstance(shown, list):
            return found
        files = [await self._file(one) if isinstance(one, dict) else one for one in shown]
        return found | {"files": files}

    async def _file(self, file: JSON) -> JSON:
        if not is_stub(file):
            return file
        try:
            return record(await self._session.api.call("files.info", file=text(file, "id")), "file")
        except Refusal:
            return {"id": text(file, "id"), "name": "a file of another workspace"}
