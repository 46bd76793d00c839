"""Who is where, as one connection keeps it."""

from bridgekit import ChatID, RemoteUserID
from bridges.irc.channels import Channels

ROOM, OTHER = ChatID("#room"), ChatID("#other")
ANN = RemoteUserID("ann")


def test_a_list_that_is_begun_anew_leaves_nobody_behind():
    channels = Channels()
    for chat in (ROOM, OTHER):
        channels.entered(chat, chat)
        channels.follow(chat)
        channels.add(chat, ANN, "Ann")
    channels.follow(ROOM)  # as after a restart, while its first list was on its way
    assert channels.chats_of(ANN) == [OTHER]
    assert channels.quit(ANN) == [OTHER]
    assert channels.members(ROOM) == ()
