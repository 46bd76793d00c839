"""What a message names by ID only: people, channels and groups; pure."""

import json
import re

from bridges.slack.fields import JSON
from bridges.slack.ids import Sight

_NAMED = re.compile(
    r"<@([UW][A-Z0-9]+)>|<#([CG][A-Z0-9]+)\|?>|<!subteam\^(S[A-Z0-9]+)>"
    r'|"(?:user_id|channel_id|usergroup_id)": "([UWCGS][A-Z0-9]+)"'
)


def unnamed(found: JSON, sight: Sight) -> set[str]:
    """The IDs in a message whose names are not known."""
    shown = {key: found.get(key) for key in ("text", "blocks", "attachments")}
    groups = (match.groups() for match in _NAMED.finditer(json.dumps(shown)))
    return {id_ for group in groups for id_ in group if id_} - sight.names.keys()
