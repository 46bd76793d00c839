"""What becomes of a message on its way: one table of states, and why it did not arrive.

Gateways tell it late, early, twice and in any order; which of it is news, `inbound.reported` says.
"""

from __future__ import annotations

from enum import IntEnum

from bridgekit import DeliveryState


class Rank(IntEnum):
    """How far a message has come. Of its ends the first counts, and only READ comes after one."""

    ACCEPTED = 0
    SCHEDULED = 1
    QUEUED = 2
    SENDING = 3
    SENT = 4
    DELIVERED = 10
    UNDELIVERED = 11
    FAILED = 12
    CANCELED = 13
    EXPIRED = 14
    READ = 20


_ENDS = {
    Rank.DELIVERED: DeliveryState.DELIVERED,
    Rank.READ: DeliveryState.READ,
    Rank.UNDELIVERED: DeliveryState.FAILED,
    Rank.FAILED: DeliveryState.FAILED,
    Rank.CANCELED: DeliveryState.FAILED,
    Rank.EXPIRED: DeliveryState.FAILED,
}

# Words of gateways; each is spelt in lower case.
WORDS = {
    **dict.fromkeys(("accepted", "acceptd", "acked", "en route", "enroute"), Rank.ACCEPTED),
    **dict.fromkeys(("scheduled",), Rank.SCHEDULED),
    **dict.fromkeys(("queued", "pending", "buffered", "processed"), Rank.QUEUED),
    **dict.fromkeys(("sending",), Rank.SENDING),
    **dict.fromkeys(("sent", "submitted", "delivery_unconfirmed"), Rank.SENT),
    **dict.fromkeys(("delivered", "delivrd", "deliveryok"), Rank.DELIVERED),
    **dict.fromkeys(("undelivered", "undeliv", "delivery_failed", "rejectd"), Rank.UNDELIVERED),
    **dict.fromkeys(("failed", "sending_failed", "rejected", "error"), Rank.FAILED),
    **dict.fromkeys(("canceled", "cancelled", "deleted"), Rank.CANCELED),
    **dict.fromkeys(("expired",), Rank.EXPIRED),
    **dict.fromkeys(("read", "seen"), Rank.READ),
}

_STOPPED = "The recipient has opted out of messages from this number."
_AWAY = "The phone cannot be reached: it is switched off, or out of service."
_UNKNOWN = "The number is unknown, or no longer in use."
_FILTERED = "The carrier filtered the message out."
_BARRED = "The recipient's carrier does not take the message."
_BROKEN = "The network failed; please send it again later."

# Why something was not delivered, by the gateway's code; short ones with the gateway's name.
REASONS = {
    "30001": "The gateway's queue is full; please send it again later.",
    "30002": "The account at the gateway is suspended.",
    "30003": _AWAY,
    "30004": "The message was blocked: the recipient does not take messages from this number.",
    "30005": _UNKNOWN,
    "30006": "The number is a landline, or its network takes no text messages.",
    "30007": _FILTERED,
    "30034": "The sending number is not registered for messages to the United States (10DLC).",
    "21211": "The number is not valid.",
    "21408": "Sending to that region is not enabled at the gateway.",
    "21610": _STOPPED,
    "21612": "The gateway has no way to that number from this one.",
    "21614": "The number is not one of a mobile phone.",
    # https://developers.telnyx.com/docs/messaging/messages/error-codes
    "40001": "The number is a landline, or its network takes no text messages.",
    "40002": _FILTERED,
    "40003": _FILTERED,
    "40004": _BARRED,
    "40005": "The phone could not be reached in time.",
    "40006": _BROKEN,
    "40008": _BARRED,
    "40010": "The sending number is not registered for messages to the United States (10DLC).",
    "40300": _STOPPED,
    # https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts
    "vonage 2": _AWAY,
    "vonage 3": _UNKNOWN,
    "vonage 4": "The recipient does not take messages from this number.",
    "vonage 5": "The number has moved to another network, and the way there is not known yet.",
    "vonage 6": _FILTERED,
    "vonage 7": _AWAY,
    "vonage 8": _BROKEN,
    "vonage 9": "The number is not valid, or its owner has opted out.",
    "vonage 11": "The gateway has no way to that number from this one.",
    "vonage 12": "The gateway has no way to that number from this one.",
    "vonage 14": _BARRED,
    "vonage 15": "The recipient has no credit left to get it.",
    # https://www.plivo.com/docs/messaging/troubleshooting/error-codes
    "plivo 20": _BROKEN,
    "plivo 30": _FILTERED,
    "plivo 40": "Our own number is not one that may be used there.",
    "plivo 50": _UNKNOWN,
    "plivo 70": _UNKNOWN,
    "plivo 80": _AWAY,
    "plivo 90": "The gateway has no way to that number from this one.",
    "plivo 200": _STOPPED,
    "plivo 420": "The phone could not be reached in time.",
}
OPTED_OUT = frozenset({"21610", "40300", "plivo 200"})


def rank_of(word: str) -> Rank | None:
    """What a gateway's word for a state means; None: a word that we do not know."""
    return WORDS.get(word.strip().lower())


def end_of(rank: Rank) -> DeliveryState | None:
    """What is told of a state; None: it is on its way, and nobody needs to hear that."""
    return _ENDS.get(rank)


def reason_of(rank: Rank, code: str = "", text: str = "") -> str:
    """Why it was not delivered, for whoever sent it."""
    known = REASONS.get(code)
    if known is not None:
        return known
    what = {
        Rank.EXPIRED: "The phone could not be reached in time.",
        Rank.CANCELED: "The message was cancelled at the gateway.",
    }.get(rank, "The network could not deliver it.")
    number = code.partition(" ")[2] if " " in code else code
    told = text.strip() or (f"code {number}" if number.strip("0") else "")
    return f"{what} The gateway says: {told}." if told else what
