"""Why a message was not delivered, or was dropped: the closed list, each with what to do next."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Stored and counted by these names; never renamed."""

    DELIVERED = "delivered"
    # failed: the sender is told
    REJECTED = "rejected"
    LOGIN_REFUSED = "login_refused"
    NO_LOGIN = "no_login"
    NOT_PERMITTED = "not_permitted"
    UNSUPPORTED = "unsupported"
    EMPTY = "empty"
    ENCRYPTED = "encrypted"
    UNREADABLE = "unreadable"
    NOT_ENCRYPTED = "not_encrypted"
    MAY_NOT_BE_SENT = "may_not_be_sent"
    CHAT_MOVED = "chat_moved"
    HOMESERVER_REFUSED = "homeserver_refused"
    BROKEN_RECORD = "broken_record"
    INTERNAL = "internal"
    DEATHS = "deaths"
    EXPIRED = "expired"
    TARGET_UNKNOWN = "target_unknown"
    TARGET_NOT_BRIDGED = "target_not_bridged"
    NOT_THEIRS = "not_theirs"
    NO_POWER = "no_power"
    FILE_MISSING = "file_missing"
    BLOCKED = "blocked"
    # dropped by a rule: counted
    OWN_ECHO = "own_echo"
    DUPLICATE = "duplicate"
    FORGED = "forged"
    ONE_WAY = "one_way"
    NOT_LINKED = "not_linked"
    NOT_BRIDGED_KIND = "not_bridged_kind"
    FOREIGN_ROOM = "foreign_room"
    FLOOD = "flood"
    CIRCLE = "circle"
    LISTED = "listed"
    BY_OPERATOR = "by_operator"
    CANCELLED = "cancelled"
    IN_ANOTHER = "in_another"
    TARGET_GONE = "target_gone"
    NO_CHANGE = "no_change"
    NOT_TAKEN = "not_taken"
    NAMELESS = "nameless"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Words:
    """What a person is told, and what the operator can do."""

    sentence: str
    next_step: str


WORDS: dict[Reason, Words] = {
    Reason.DELIVERED: Words("Delivered.", "Nothing to do."),
    Reason.REJECTED: Words(
        "The network does not accept it.", "Change what the message says is wrong, send it again."
    ),
    Reason.LOGIN_REFUSED: Words(
        "The network refuses the login that should send it.",
        "Mend the login, then `bridgekit queue retry REFERENCE`.",
    ),
    Reason.NO_LOGIN: Words(
        "There is no login on the network that could send it.",
        "Give the person a login, or the network a relay.",
    ),
    Reason.NOT_PERMITTED: Words(
        "Its sender is not permitted to use this bridge.", "See `permissions` in the configuration."
    ),
    Reason.UNSUPPORTED: Words(
        "This bridge cannot carry that kind of message.", "Send it as text, or as a link."
    ),
    Reason.EMPTY: Words("It has no text.", "Send it again with some text."),
    Reason.ENCRYPTED: Words(
        "The room is encrypted and this bridge cannot read encrypted messages: nothing that you "
        "say here crosses.",
        "Use a room without encryption, or set `encryption.mode`: see docs/encryption.md.",
    ),
    Reason.UNREADABLE: Words(
        "It is encrypted, and the bridge has no key that reads it.",
        "Send it again; see docs/encryption.md for clients that share no keys with the bridge.",
    ),
    Reason.NOT_ENCRYPTED: Words(
        "It would be said in plain text, in a room where nothing may be.",
        "Encrypt the room (`encrypt`) or, if it is encrypted, set `encryption.mode`; then "
        "`bridgekit queue retry REFERENCE`.",
    ),
    Reason.MAY_NOT_BE_SENT: Words(
        "It may not have been sent: the connection broke before the network answered.",
        "Look whether it arrived; if not, `bridgekit queue retry REFERENCE`.",
    ),
    Reason.CHAT_MOVED: Words("The chat has another ID now.", "Link the new chat."),
    Reason.HOMESERVER_REFUSED: Words(
        "The homeserver does not accept it.", "See the detail; then `bridgekit queue retry`."
    ),
    Reason.BROKEN_RECORD: Words(
        "It cannot be understood as it was stored.", "Report this with the reference."
    ),
    Reason.INTERNAL: Words(
        "The bridge failed while it handled it.", "See the log; report this with the reference."
    ),
    Reason.DEATHS: Words(
        "The bridge stopped three times while it handled it.",
        "See the log of those stops; then `bridgekit queue retry REFERENCE`.",
    ),
    Reason.EXPIRED: Words(
        "It waited for longer than a message may.",
        "See `bridgekit queue` for what it waited for; then `bridgekit queue retry REFERENCE`.",
    ),
    Reason.TARGET_UNKNOWN: Words(
        "What it refers to is not known to this bridge.",
        "Nothing to do: it is from before the link, or was never bridged.",
    ),
    Reason.TARGET_NOT_BRIDGED: Words(
        "What it refers to was not bridged.", "See `bridgekit trace` of that message."
    ),
    Reason.NOT_THEIRS: Words("Only whoever wrote a message can change it.", "Nothing to do."),
    Reason.NO_POWER: Words(
        "The bridge has no power for it in the room.",
        "Give the bridge's bot a power level of 100 in the room.",
    ),
    Reason.FILE_MISSING: Words(
        "Its picture could not be had, or is too large.",
        "Set a smaller picture on the network, or see `media` in the configuration.",
    ),
    Reason.BLOCKED: Words(
        "The content scan does not let it through.",
        "If it is harmless, mend the scanner, then `bridgekit queue retry REFERENCE`.",
    ),
    Reason.CANCELLED: Words("It was deleted before it was sent.", "Nothing to do."),
    Reason.IN_ANOTHER: Words("It is contained in what was sent already.", "Nothing to do."),
    Reason.TARGET_GONE: Words("What it refers to was deleted.", "Nothing to do."),
    Reason.NAMELESS: Words(
        "It is of the past and has no ID: nobody can tell whether it was bridged already.",
        "Report this to the author of the adapter.",
    ),
    Reason.NOT_TAKEN: Words(
        "The network did not let somebody in who came or was invited on Matrix.",
        "Nothing to do: what those say who came is bridged all the same, or they are told why not; "
        "whoever invited was told.",
    ),
    Reason.NO_CHANGE: Words("It changes nothing.", "Nothing to do."),
    Reason.OWN_ECHO: Words("It is our own message coming back.", "Nothing to do."),
    Reason.DUPLICATE: Words("It was bridged already.", "Nothing to do."),
    Reason.FORGED: Words(
        "A call of the network's webhook was not signed as it should be, or made again.",
        "If the network's own calls are refused, `bridgekit doctor` says why.",
    ),
    Reason.ONE_WAY: Words("The link carries the other direction only.", "See `links`."),
    Reason.NOT_LINKED: Words("Its chat is not linked to a room.", "Link it, see `links`."),
    Reason.NOT_BRIDGED_KIND: Words("Events of its kind are not bridged.", "Nothing to do."),
    Reason.FOREIGN_ROOM: Words("Its room is not bridged.", "Nothing to do, or link the room."),
    Reason.FLOOD: Words(
        "So much came at once that it was cut off for a while.",
        "If it was no flood, see `moderation` in the configuration.",
    ),
    Reason.CIRCLE: Words(
        "It went round between bridges or bots.",
        "See who it was in the log, and part the two; or see `moderation.circles`.",
    ),
    Reason.LISTED: Words(
        "A policy list names its sender, their server or the room.",
        "See `moderation.lists` in the configuration.",
    ),
    Reason.BY_OPERATOR: Words("The operator dropped it.", "Nothing to do."),
    Reason.DONE: Words("Done.", "Nothing to do."),
}
