"""What goes wrong with linked chats, policy lists, and what people sign in with."""

from bridgekit.mistakes.mistake import error, warning

LINK_SHARED = warning(
    "link-shared",
    "Several chats are linked to one room, and no line says that this is meant.",
    "What is said in one of them is shown in all.",
    "Write `shared: true` in each of these links, or name other rooms.",
)
LINK_WITHOUT_ROOM = warning(
    "link-without-room",
    "A chat that the configuration links has no room yet.",
    "Nothing of it is bridged.",
    "Start the bridge, and invite its bot into the room if one is named.",
)
LINK_LEFT = warning(
    "link-left",
    "A chat is linked to a room that the bridge is no longer in.",
    "Nothing of it is bridged.",
    "Invite the bot there; if the room is gone, link the chat to another one.",
)
LINK_ELSEWHERE = warning(
    "link-elsewhere",
    "A chat is linked to another room than the configuration says.",
    "A link that is made stays: what is said goes to the other room.",
    "Write the room that it is linked to, or unlink it first.",
)
CHAT_UNHEARD = warning(
    "chat-unheard",
    "A chat has a room, and no login of the bridge's own hears it.",
    "Nothing of it is bridged, in either direction, and its people are told only when they speak.",
    "Sign in again for the bridge (`bridgekit sign-in NETWORK --relay`), mend the network's "
    "configuration, or unlink the chat.",
)
POLICY_LIST_UNKNOWN = error(
    "policy-list-unknown",
    "`moderation.lists` names a room that is not there.",
    "This policy list is not obeyed: whom it bans may cross.",
    "Check its name in `moderation.lists`.",
)
POLICY_LIST_OUTSIDE = warning(
    "policy-list-outside",
    "The bridge is not in the room of a policy list.",
    "This policy list is not obeyed yet: whom it bans may cross.",
    "It enters as it starts if the room is public; else invite its bot there.",
)
POLICY_LIST_MOVED = warning(
    "policy-list-moved",
    "The room of a policy list was replaced by another.",
    "The new one is followed as long as the old one says where it is.",
    "Write the new room in `moderation.lists`.",
)
POLICY_LIST_UNASKED = error(
    "policy-list-unasked",
    "The homeserver does not say anything of a policy list.",
    "Whether it is obeyed stays unknown.",
    "See the checks of the homeserver.",
)
CREDENTIALS_LOST = error(
    "credentials-lost",
    "What people sign in with was sealed with a key that no line of the configuration has.",
    "Nobody is signed in by it.",
    "Put the key of before into `appservice.old_encryption_keys`, or have them sign in again.",
)
LOGIN_REFUSED = warning(
    "login-refused",
    "A network lets a login in no more.",
    "Nothing crosses by it, and what its person says waits or comes back to them.",
    "`bridgekit logins` says why: sign in to it again; of one of the configuration, mend that.",
)
ROOM_KEYS_LOST = error(
    "room-keys-lost",
    "The keys of encrypted rooms were sealed with a key that no line of the configuration has.",
    "The bridge takes a new device when it starts: what was said under the old keys cannot be "
    "read any more.",
    "Put the key of before into `appservice.old_encryption_keys`, before the bridge is started.",
)
CREDENTIALS_NOT_SEALED = warning(
    "credentials-not-sealed",
    "What people sign in with is not sealed with the present key.",
    "Whoever gets the database may read it, or it hangs on an old key.",
    "Start the bridge, which seals anew, or write `bridgekit do seal-anew`.",
)
OLD_KEY_IDLE = warning(
    "old-key-idle",
    "Nothing needs `appservice.old_encryption_keys` any more.",
    "A key that is kept for nothing can only be lost.",
    "Take them out of the configuration.",
)
DP_NOT_LENT = error(
    "dp-wrong-secret",
    "A homeserver does not let the bridge speak as its people.",
    "What people write themselves on a network appears under a user of the bridge.",
    "Install what `bridgekit registration print --puppets SERVER` prints, and restart it.",
)
DP_REUSES_MAIN = error(
    "dp-reuses-main",
    "`double_puppets` has the bridge's own `as_token`.",
    "The homeserver lets the bridge be its own users only, and refuses everybody else.",
    "Make another token, for a registration of its own: `bridgekit registration print --puppets "
    "SERVER` prints that.",
)
DP_UNREACHED = error(
    "dp-unreached",
    "A homeserver under `double_puppets` does not answer.",
    "What its people write themselves on a network appears under a user of the bridge.",
    "Check its `url` under `double_puppets`, and the network.",
)
DP_TOKEN_DEAD = warning(
    "dp-token-dead",
    "The access token that somebody has lent the bridge is refused by their homeserver.",
    "What they write themselves on a network appears under a user of the bridge.",
    "They make a session for the bridge, and give it the token: `puppet-token TOKEN` in their room "
    "with the bot.",
)
DP_CLIENT_TOKEN = warning(
    "dp-client-token",
    "The access token that somebody has lent the bridge is that of a client of theirs.",
    "When they sign out there the bridge loses it, and what the bridge reads that client misses.",
    "They make a session that only the bridge has, and give it that one's token.",
)
DP_BREAKS_OTHERS = warning(
    "dp-breaks-others",
    "A homeserver of Tuwunel's kind has a registration for double puppets.",
    "Its wide patterns make Tuwunel refuse other bridges (M_FORBIDDEN).",
    "Have people lend tokens of their own there, without `as_token`; see "
    "https://github.com/matrix-construct/tuwunel/issues/72",
)
