"""What goes wrong between a bridge and its homeserver, in either direction."""

from bridgekit.mistakes.mistake import error, warning
from bridgekit.mistakes.of_registrations import AGAIN

ADDRESS_WRONG_SERVER = error(
    "address-wrong-server",
    "No Matrix homeserver answers at `homeserver.url`.",
    "Nothing can work before it does.",
    "homeserver.url must be where the homeserver's client API is, without /_matrix; a proxy "
    "before it must pass /_matrix on.",
)
ADDRESS_UNREACHABLE = error(
    "address-unreachable",
    "`homeserver.url` cannot be reached from here.",
    "The bridge waits until it can.",
    "Check homeserver.url, whether the homeserver runs, and what lies between.",
)
LOCALHOST_IPV6 = warning(
    "localhost-ipv6",
    "A name leads to several addresses, and not all of them answer.",
    "Whether a connection comes about depends on which is tried.",
    "Write the address that answers, like 127.0.0.1, in place of the name.",
)
ADDRESS_IS_WORKER = error(
    "address-is-worker",
    "What answers at `homeserver.url` knows only a part of the client API.",
    "It is a worker of Synapse's, or a proxy that passes on too little.",
    "Write the address of the proxy before the workers, or of Synapse's main listener.",
)
NOT_LISTED = error(
    "not-listed",
    "The homeserver's configuration does not name the registration.",
    "The homeserver does not know the bridge (M_UNKNOWN_TOKEN).",
    "Add its path to `app_service_config_files`, and restart Synapse.",
)
LIST_UNREAD = error(
    "list-unread",
    "`app_service_config_files` is not the one list that Synapse reads.",
    "Synapse does not start, or loads only some of the registrations.",
    "Write it once, with a line `  - FILE` for each registration, and restart Synapse.",
)
LISTED_MISSING = error(
    "listed-missing",
    "The homeserver's configuration names a registration that is not there.",
    "The homeserver does not start.",
    "Put the file there, or take the line out.",
)
REG_UNREADABLE = error(
    "reg-unreadable",
    "The homeserver's user may not read the registration, or a folder above it.",
    "The homeserver does not start; only its own log says why.",
    "sudo install -D -o root -g matrix-synapse -m 0640 FILE /etc/matrix-synapse/appservices/",
)
HS_CONFIG_UNUSABLE = error(
    "hs-config-unusable",
    "The homeserver's configuration cannot be read.",
    "What it loads cannot be said.",
    "Name the homeserver.yaml that Synapse is started with, and run this as somebody who may "
    "read it.",
)
TOKEN_UNKNOWN = error(
    "token-unknown",
    "The homeserver does not know `appservice.as_token`.",
    "It does not load the registration, was not restarted since, or loads another copy of it.",
    AGAIN,
)
NOT_RESTARTED = error(
    "not-restarted",
    "Configuration, registration and the homeserver's list agree, but the homeserver does not "
    "know the bridge.",
    "Synapse and Dendrite read registrations only when they start.",
    "Restart the homeserver, every worker included, once its configuration names the registration "
    "(Synapse: `app_service_config_files`); reloading is not enough.",
)
WORKER_LACKS_LIST = error(
    "worker-lacks-list",
    "The homeserver knows the token in some of its answers and not in others.",
    "A worker does not load the registration: some of what the bridge does fails by chance.",
    "Name the registration in the configuration that all workers share, and restart them all.",
)
DOMAIN_NOT_SERVER_NAME = error(
    "domain-not-server-name",
    "`homeserver.domain` is not the homeserver's server_name.",
    "Every user of the bridge is refused (M_EXCLUSIVE).",
    f"Write the server_name into homeserver.domain. {AGAIN}",
)
OTHER_BOT = error(
    "other-bot",
    "The homeserver takes the bridge for another user than `appservice.bot`.",
    "Invitations of the bot go to somebody else.",
    AGAIN,
)
BOT_IS_SENDER = error(
    "bot-is-sender",
    "Encrypted rooms are to be read, and the homeserver has loaded a registration whose "
    "`sender_localpart` is the bot, as before that was switched on.",
    "The bridge's device is given no keys, so that the bridge does not start.",
    AGAIN,
)
CONDUIT_FAMILY = error(
    "conduit-family",
    "The homeserver knows the token, and has no account for the bot.",
    "Homeservers of Conduit's family make none when a bridge is registered.",
    "Start the bridge, which registers it; if that is refused, register the bridge anew in the "
    "admin room.",
)
DENDRITE_LIMITS = warning(
    "dendrite-limits",
    "The homeserver knows no ping.",
    "The way from it to the bridge stays unchecked.",
    "If nothing arrives from Matrix, look for our URL in the homeserver's log.",
)
HS_UNREACHING = error(
    "hs-cannot-connect",
    "The homeserver cannot connect to `appservice.url`.",
    "Nothing that happens on Matrix arrives.",
    "appservice.url must lead to the bridge from where the homeserver runs: in a container, "
    f"localhost is that container. Check appservice.listen and firewalls. {AGAIN}",
)
URL_WRONG_TARGET = error(
    "url-wrong-target",
    "Something else than the bridge answers at `appservice.url`.",
    "What the homeserver sends is lost on another program.",
    "Correct host and port of appservice.url, or what the proxy there passes on.",
)
HS_TOKEN_REFUSED = error(
    "hs-token-refused",
    "The bridge refuses the `hs_token` that the homeserver sends.",
    "The bot appears, and no message arrives.",
    AGAIN,
)
HS_ID_UNKNOWN = error(
    "hs-id-unknown",
    "The homeserver knows the bridge by another `id`.",
    "It loads an older copy of the registration.",
    AGAIN,
)
HS_URL_NULL = error(
    "hs-url-null",
    "The homeserver's registration has no `url`.",
    "The homeserver sends nothing.",
    AGAIN,
)
HS_BACKOFF = warning(
    "hs-backoff",
    "The homeserver had stopped trying to reach the bridge.",
    "It tries again after up to 8.5 minutes; newer Synapses at once when they are asked to ping.",
    "Wait, or restart the bridge, which pings.",
)
HS_PUSHER_DEAD = error(
    "hs-pusher-dead",
    "The homeserver answers the ping, and sends no event.",
    "The process that sends events stands still, or has got stuck at an old one: nothing arrives.",
    "Restart Synapse with the worker that `notify_appservices_from_worker` names; if that does "
    "not help, see https://github.com/element-hq/synapse/issues/11629",
)
HS_STRANGE = error(
    "hs-strange",
    "The homeserver gives an answer that no homeserver should give.",
    "The bridge cannot work with it.",
    "See the homeserver's log.",
)
NAME_TAKEN = warning(
    "name-taken",
    "The bot's name, or a user of the bridge, is somebody else's account.",
    "The homeserver does not let the bridge be that user (M_USER_IN_USE).",
    "Choose another appservice.bot, and print the registration anew.",
)
MAU_LIMIT = error(
    "mau-limit",
    "The homeserver takes no more users (M_RESOURCE_LIMIT_EXCEEDED).",
    "No new user of a network can appear.",
    "Raise max_mau_value in homeserver.yaml, or set mau_appservice_trial_days.",
)
MAU_LIMITED = warning(
    "mau-limited",
    "The homeserver counts and limits its users, those of bridges among them.",
    "When the limit is reached no new user of a network can appear.",
    "Raise max_mau_value in homeserver.yaml, or set mau_appservice_trial_days.",
)
HS_FORCES_ENCRYPTION = warning(
    "hs-forces-encryption",
    "The homeserver switches encryption on in every new room.",
    "As it is set, the bridge reads no encrypted rooms: nothing that is said in them crosses.",
    "Set encryption_enabled_by_default_for_room_type: off, or encryption: {mode: allow} here.",
)
ENCRYPTED_ROOM = warning(
    "encrypted-room-no-e2ee",
    "The bot is in a room that is encrypted.",
    "As it is set, the bridge does not read what is said there, and no command is heard. What "
    "networks say is not shown there, as it would be in plain text: it is kept as failed.",
    "Invite the bot to a room without encryption (it cannot be switched off), or set encryption: "
    "{mode: allow}.",
)
PLAIN_ROOM = warning(
    "plain-room-required",
    "The bot is in a room that is not encrypted, and the configuration demands it.",
    "Nothing crosses there, either way.",
    "bridgekit do encrypt --room ID, or an admin of the bridge says `encrypt` there; or set "
    "`encryption.rooms` for that room: allow.",
)
DEVICE_BY_LOGIN = warning(
    "device-by-login",
    "The bridge has logged in for its device, since the homeserver let it make none (MSC4190).",
    "Ghosts have no devices, so that clients warn about what they say also in private chats.",
    f"{AGAIN} Then start the bridge anew. Homeservers that do not know MSC4190, as Synapse before "
    "1.141, leave it so.",
)
DEVICE_LOST = warning(
    "device-lost",
    "The homeserver does not know the bridge's device for encrypted rooms, or not its keys.",
    "The bridge takes a new one by itself: what people said meanwhile cannot be read. Whoever has "
    "verified the bot need not do it again.",
    "Start the bridge, or see its log if it runs; who deleted the device? Was the homeserver "
    "restored?",
)
DEVICE_UNKNOWN = warning(
    "device-unasked",
    "The homeserver does not say which devices the bridge's bot has.",
    "It needs one to read encrypted rooms: without it the bridge does not start.",
    "See that the registration was printed anew when encryption was switched on, and installed.",
)
UNREAD_EVENTS = warning(
    "unread-events",
    "Messages in encrypted rooms wait for their keys.",
    "They are bridged when the keys come; after `encryption.wait` their senders are told that "
    "they were not.",
    "If they become more: their senders' clients give no keys to a bridge that is not verified, "
    "see docs/encryption.md.",
)
ADMIN_MISSING = error(
    "admin-unknown",
    "An administrator that `permissions` names has no account.",
    "Nobody has the rights that were meant for them.",
    "Correct the spelling under permissions.",
)
CLOCK_SKEW = warning(
    "clock-skew",
    "This machine's clock differs from others'.",
    "Networks refuse signatures that seem old, and times of messages are wrong.",
    "Switch NTP on: timedatectl set-ntp true",
)
BRIDGE_OTHER_TOKEN = error(
    "listening-other-token",
    "A bridge with another `hs_token` listens on `appservice.listen`.",
    "It is an older run of this one, or another bridge on the same port.",
    "Stop it, or restart it if it runs with an older version of this configuration.",
)
ADDRESS_TAKEN = error(
    "address-taken",
    "The bridge cannot listen on `appservice.listen`.",
    "It does not start.",
    "Stop what listens there, or change appservice.listen, and the port in appservice.url.",
)
ANOTHER_INSTANCE = error(
    "two-instances",
    "Another bridge has this configuration: it uses the database, or answers at `appservice.url`.",
    "Two bridges send everything twice, or take each other's messages.",
    "Stop the other one.",
)
ROOM_VERSION = error(
    "room-version",
    "`rooms.version` is none that the homeserver makes.",
    "No room can be made.",
    "Write one that it makes, or leave rooms.version out.",
)
