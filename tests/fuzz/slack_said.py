"""What messages and events of Slack consist of, most of it as it should be."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.adapters.slack.conftest import ROOM, TEAM
from tests.fuzz.outside import ANYTHING, NUMBER, TEXT, bent

TS = st.sampled_from(["1.2", "999999999999.9", "1700000000.000100", "٣.٣", "1", ""]) | TEXT
IDS = st.sampled_from([ROOM, "C0OTHER", "D0DIRECT", "U0BOB", "B0BOT", "S0GROUP", ""]) | TEXT
_MARKED = st.sampled_from(
    [
        "<@U0BOB>",
        "<#C1|x>",
        "<!here>",
        "<!subteam^S1>",
        "<http://[|x>",
        "<!date^1^{x}|y>",
        "*_~`",
        ":x:",
    ]
)
_WORDS = st.lists(_MARKED | st.text("*_~`<>|:!@#&;a \n", max_size=9) | TEXT, max_size=4).map(
    "".join
)
_STYLE = bent(dict.fromkeys(("bold", "italic", "code", "strike"), st.booleans()))
_PIECE = bent(
    {
        "type": st.sampled_from(
            ["text", "link", "user", "channel", "emoji", "broadcast", "date", "color", "usergroup"]
        ),
        **dict.fromkeys(("text", "url", "name", "unicode", "fallback", "range"), _WORDS),
        **dict.fromkeys(("user_id", "channel_id", "usergroup_id"), IDS),
        "style": _STYLE,
        "timestamp": NUMBER,
    }
)
_SECTION = bent(
    {
        "type": st.sampled_from(["section", "list", "quote", "preformatted"]).map(
            "rich_text_{}".format
        ),
        "elements": st.lists(_PIECE, max_size=3),
        "style": st.sampled_from(["bullet", "ordered"]),
        "indent": NUMBER,
        "offset": NUMBER,
        "border": NUMBER,
    }
)
_COMPOSED = bent({"type": st.sampled_from(["mrkdwn", "plain_text"]), "text": _WORDS})
_BLOCK = bent(
    {
        "type": st.sampled_from(
            ["rich_text", "rich_text", "section", "header", "context", "actions", "image", "video"]
        )
        | st.sampled_from(["markdown", "table", "file", "divider", "new"]),
        "text": _COMPOSED | _WORDS,
        "fields": st.lists(_COMPOSED, max_size=2),
        "elements": st.lists(_SECTION | _COMPOSED, max_size=3),
        "accessory": bent({"type": TEXT, "text": _COMPOSED, "url": TEXT}),
        "rows": st.lists(st.lists(_COMPOSED, max_size=2), max_size=2),
        **dict.fromkeys(("title", "description"), _COMPOSED),
        **dict.fromkeys(("image_url", "title_url", "alt_text"), TEXT),
    }
)
_FILE = bent(
    {
        **dict.fromkeys(("id", "name", "title", "url_private", "permalink"), TEXT),
        "mimetype": st.sampled_from(["image/png", "x"]) | TEXT,
        "mode": st.sampled_from(["hosted", "tombstone", "external"]),
        "file_access": st.sampled_from(["visible", "check_file_info"]),
        **dict.fromkeys(("size", "original_w", "duration_ms"), NUMBER),
    }
)
_ATTACHED = bent(
    {
        **dict.fromkeys(("pretext", "text", "title", "title_link", "fallback", "color"), _WORDS),
        "fields": st.lists(bent({"title": _WORDS, "value": _WORDS}), max_size=2),
        "blocks": st.lists(_BLOCK, max_size=2),
        "mrkdwn_in": ANYTHING,
    }
)
_SAID: dict[str, st.SearchStrategy[Any]] = {
    "text": _WORDS,
    "blocks": st.lists(_BLOCK, max_size=3),
    "attachments": st.lists(_ATTACHED, max_size=2),
    "files": st.lists(_FILE, max_size=2),
    **dict.fromkeys(("user", "bot_id", "team", "user_team", "source_team"), IDS),
    **dict.fromkeys(("ts", "thread_ts", "latest_reply"), TS),
    "subtype": st.sampled_from(
        ["", "", "me_message", "bot_message", "thread_broadcast", "message_changed"]
    ),
    "username": TEXT,
    "icons": bent({"image_48": TEXT}),
    "user_profile": bent({"display_name": TEXT}),
    "edited": bent({"ts": TS}),
    "metadata": bent({"event_payload": bent({"txn": TEXT})}),
}
MESSAGE = bent(_SAID)
_TYPES = [
    *("message", "message", "message", "reaction_added", "reaction_removed", "pin_added"),
    *("member_joined_channel", "member_left_channel", "channel_rename", "channel_archive"),
    *("channel_unarchive", "channel_deleted", "channel_id_changed", "user_change", "team_join"),
    *("emoji_changed", "subteam_updated", "channel_created", "group_left", "tokens_revoked"),
]
_CHANGES = ["message_changed", "message_deleted", "channel_topic", "channel_purpose", "new"]
_EVENT = bent(
    {
        **_SAID,
        "type": st.sampled_from(_TYPES) | TEXT,
        "subtype": st.sampled_from(["", "", *_CHANGES]) | TEXT,
        "channel": st.just(ROOM) | IDS | bent({"id": IDS, "name": TEXT}),
        **dict.fromkeys(("channel_id", "new_channel_id", "old_channel_id"), IDS),
        **dict.fromkeys(("message", "previous_message"), MESSAGE),
        **dict.fromkeys(("deleted_ts", "event_ts"), TS),
        "item": bent({"type": st.just("message"), "channel": IDS, "ts": TS, "message": MESSAGE}),
        "reaction": st.sampled_from(["thumbsup", "+1::skin-tone-2"]) | TEXT,
        "topic": TEXT,
        "tokens": bent({"bot": st.lists(IDS, max_size=2)}),
    }
)
PAYLOAD = bent(
    {
        "type": st.sampled_from(["event_callback"] * 5 + ["app_rate_limited"]),
        "team_id": st.just(TEAM) | TEXT,
        "event_id": st.integers(1, 10**9).map("Ev{}".format) | TEXT,
        "event": _EVENT,
        "authorizations": st.lists(bent({"team_id": st.just(TEAM), "user_id": IDS}), max_size=2),
    }
)
