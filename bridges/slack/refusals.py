"""Every way in which Slack says no, as a sentence and as what should happen next; pure.

https://docs.slack.dev/reference/methods: each method's "Errors"; and "Rate limits" of the Web API.
"""

import re
from collections.abc import Mapping
from typing import Any

from bridgekit import LoginError, Rejected, RetryLater, Scope, TooLong

_SOUND = re.compile(r"[a-z][a-z0-9_:.-]{0,80}")
_LONGEST = 3600.0  # seconds; whoever names more is asked again then
_PAUSE = 30.0  # where none is named

_LOGIN = {
    "token_revoked": "Slack has revoked the token; the app must be installed again.",
    "token_expired": "The token has expired; the app must be installed again.",
    "account_inactive": "The account, or the app, was removed from the workspace.",
    "invalid_auth": "Slack does not accept the token.",
    "not_authed": "Slack has been given no token.",
    "user_removed_from_team": "The account was removed from the workspace.",
    "team_access_not_granted": "The app has no access to this workspace any more.",
    "org_login_required": "The workspace is being moved to another organization.",
    "app_uninstalled": "The app was uninstalled from the workspace.",
    "ekm_access_denied": "The administrators of the workspace have suspended access.",
    "enterprise_is_restricted": "The app may not be used in this organization.",
    "access_denied": "Slack denies this app the access.",
    "no_permission": "The token may not be used for this.",
}
_REJECTED = {
    "is_archived": "the channel is archived",
    "channel_not_found": "there is no such channel, or the app is not in it",
    "not_in_channel": "the app is not in the channel; invite it there",
    "restricted_action": "the workspace does not allow it",
    "restricted_action_read_only_channel": "the channel is read-only",
    "restricted_action_thread_only_channel": "the channel takes answers in threads only",
    "restricted_action_non_threadable_channel": "the channel has no threads",
    "restricted_action_thread_locked": "the thread is locked",
    "msg_too_long": "the text is too long",
    "no_text": "it has no text",
    "too_many_attachments": "it has too many attachments",
    "cant_update_message": "it may not be changed",
    "edit_window_closed": "the time in which it may be changed is over",
    "cant_delete_message": "it may not be deleted",
    "message_not_found": "the message is not there any more",
    "compliance_exports_prevent_deletion": "the workspace keeps all messages",
    "too_many_emoji": "the message has as many different reactions as Slack allows",
    "too_many_reactions": "the app has put as many reactions on it as Slack allows",
    "invalid_name": "Slack has no such emoji",
    "bad_timestamp": "the message is not there",
    "thread_not_found": "the thread is not there any more",
    "cannot_reply_to_message": "it cannot be answered",
    "user_not_found": "there is nobody of this name",
    "users_not_found": "there is nobody of this name",
    "method_not_supported_for_channel_type": "the channel is private; invite the app there",
    "file_upload_size_restricted": "the file is too large",
    "storage_limit_reached": "the workspace has no more room for files",
    "file_not_found": "the file is not there any more",
    "name_taken": "the name is in use",
    "not_authorized": "the app may not do that in this channel",
    "too_long": "it is longer than Slack allows",
}
GONE = frozenset({"is_archived", "channel_not_found"})
NO_POSTS = frozenset({"restricted_action", "restricted_action_read_only_channel"})
UNLIKED_BLOCKS = frozenset({"invalid_blocks", "msg_blocks_too_long", "invalid_blocks_format"})
# Slack itself failed: nobody knows how far it had come.
_DOUBTFUL = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
# Each is what one kind of act comes to; all else is part of a post, which is of its channel alone.
_ACTS = frozenset(
    {
        *("chat.update", "chat.delete", "conversations.mark", "pins.add", "pins.remove"),
        *("reactions.add", "reactions.remove"),
    }
)


class InDoubt(Exception):  # noqa: N818 (a finding)
    """Slack failed over it, so it may have been done, and it may not."""


class Refusal(Rejected):
    """As Slack names it: `code` is the answer's `error`."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class TooLongRefusal(Refusal, TooLong):
    """It is cut, and its pieces are posted."""


def refused(method: str, status: int, headers: Mapping[str, str], answer: Any) -> Exception:
    """What an answer that is not `ok` means, for whoever asked `method`."""
    found = answer if isinstance(answer, dict) else {}
    code = found.get("error")
    code = code if isinstance(code, str) and _SOUND.fullmatch(code) else "an error without a name"
    if status == 429 or code in _LIMITED:  # noqa: PLR2004 (of HTTP)
        return _limited(method, headers)
    if code in _LOGIN:
        return LoginError(_LOGIN[code])
    if code == "missing_scope":
        return Refusal(code, _missing(found))
    if status != 200 or code in _DOUBTFUL or not found:  # noqa: PLR2004 (of HTTP)
        return InDoubt(f"{method}: status {status}, {code}")
    why = _REJECTED.get(code, f"it says {code}")
    kind = TooLongRefusal if code == "msg_too_long" else Refusal
    return kind(code, f"Slack did not take it: {why}.")


def _limited(method: str, headers: Mapping[str, str]) -> RetryLater:
    """Each method has its limit in each workspace, and posts have one in each channel."""
    named = headers.get("Retry-After", "")
    after = float(named) if named.isdecimal() else _PAUSE
    scope = Scope.METHOD if method in _ACTS else Scope.CHAT
    return RetryLater("Slack asks for a pause", min(max(after, 1.0), _LONGEST), scope)


def _missing(found: Mapping[str, Any]) -> str:
    needed = found.get("needed")
    scopes = (
        needed if isinstance(needed, str) and re.fullmatch(r"[a-z:,._-]{1,200}", needed) else ""
    )
    return (
        f"The Slack app lacks the scope {scopes or 'for this'}: add it under OAuth & Permissions "
        "and install the app again."
    )
