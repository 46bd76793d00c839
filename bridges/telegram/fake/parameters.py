"""The parameters of a request, as a form, a query or JSON: numbers, truths, objects and files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridges.telegram.fake.errors import bad_request


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a request."""

    name: str
    data: bytes
    mime: str


class Parameters:
    """By name; what is not there is None."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str) -> str | None:
        value = self._values.get(name)
        return None if value is None else str(value)

    def number(self, name: str) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            return int(value)
        except ValueError:
            raise bad_request(f'field "{name}" must be a valid Number') from None

    def real(self, name: str) -> float:
        try:
            return float(self.text(name) or "")
        except ValueError:
            raise bad_request(f"wrong {name} specified") from None

    def true(self, name: str) -> bool:
        return (self.text(name) or "").lower() in ("true", "1", "yes")

    def json(self, name: str) -> Any:
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name} JSON object") from None

    def upload(self, name: str) -> Upload | None:
        value = self._values.get(name)
        if isinstance(value, str) and value.startswith("attach://"):
            value = self._values.get(value.removeprefix("attach://"))
        return value if isinstance(value, Upload) else None

    def attached(self, media: str) -> Upload:
        """The file that an `InputMedia` names."""
        value = self._values.get(media.removeprefix("attach://"))
        if not isinstance(value, Upload):
            raise bad_request("wrong file identifier/HTTP URL specified")
        return value
