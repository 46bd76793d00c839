"""The identifiers of both sides, as distinct types: a remote ID never passes for a Matrix one."""

from typing import NamedTuple, NewType

# Remote side: opaque text that only the adapter understands.
ChatID = NewType("ChatID", str)
MessageID = NewType("MessageID", str)
RemoteUserID = NewType("RemoteUserID", str)
LoginID = NewType("LoginID", str)
NetworkName = NewType("NetworkName", str)  # the operator's name for one enabled network

# Matrix side: spec appendix 4.2 "Common identifier format".
RoomID = NewType("RoomID", str)
RoomAlias = NewType("RoomAlias", str)
EventID = NewType("EventID", str)
UserID = NewType("UserID", str)  # a full MXID
TransactionID = NewType("TransactionID", str)

# Between.
PortalID = NewType("PortalID", int)
JobID = NewType("JobID", int)
Reference = NewType("Reference", str)  # what people quote: BK-7F3K2Q


class PortalKey(NamedTuple):
    """What makes a portal: a network's chat and, for a private one, the login it is seen by."""

    network: NetworkName
    chat: ChatID
    receiver: LoginID | None = None
