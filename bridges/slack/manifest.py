"""The app that an admin creates at Slack: its scopes, its events, its addresses; pure.

https://docs.slack.dev/reference/app-manifest. What is not asked for here, Slack does not tell.
"""

from bridges.slack.fields import JSON

BOT_SCOPES = (
    "channels:history",
    "channels:join",
    "channels:manage",
    "channels:read",
    "channels:write.topic",
    "chat:write",
    "chat:write.customize",
    "emoji:read",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "groups:write",
    "groups:write.topic",
    "im:history",
    "im:read",
    "mpim:history",
    "mpim:read",
    "pins:read",
    "pins:write",
    "reactions:read",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "users:read",
)
USER_SCOPES = (
    "channels:history",
    "channels:read",
    "channels:write",
    "chat:write",
    "emoji:read",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "pins:read",
    "pins:write",
    "reactions:read",
    "reactions:write",
    "users:read",
)
BOT_EVENTS = (
    "app_uninstalled",
    "channel_archive",
    "channel_created",
    "channel_deleted",
    "channel_id_changed",
    "channel_left",
    "channel_rename",
    "channel_unarchive",
    "emoji_changed",
    "group_archive",
    "group_deleted",
    "group_left",
    "group_rename",
    "group_unarchive",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "pin_added",
    "pin_removed",
    "reaction_added",
    "reaction_removed",
    "subteam_updated",
    "team_join",
    "tokens_revoked",
    "user_change",
)
USER_EVENTS = ("message.im", "reaction_added", "reaction_removed")


def manifest(name: str, *, events_url: str | None, redirect_url: str | None) -> JSON:
    """The whole app; without an `events_url` its events come by Socket Mode."""
    events: JSON = {"bot_events": list(BOT_EVENTS), "user_events": list(USER_EVENTS)}
    if events_url is not None:
        events = {"request_url": events_url} | events
    oauth: JSON = {"scopes": {"bot": list(BOT_SCOPES), "user": list(USER_SCOPES)}}
    if redirect_url is not None:
        oauth = {"redirect_urls": [redirect_url]} | oauth
    return {
        "display_information": {
            "name": name,
            "description": "Bridges channels of this workspace to rooms on Matrix.",
        },
        "features": {
            # Without this tab nobody can write to the app: "Sending messages to this app has been
            # turned off".
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": name, "always_online": True},
        },
        "oauth_config": oauth,
        "settings": {
            "event_subscriptions": events,
            "org_deploy_enabled": False,
            "socket_mode_enabled": events_url is None,
            "token_rotation_enabled": False,
        },
    }
