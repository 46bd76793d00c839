"""What goes wrong on the bridge's own machine: files, the database, permissions, addresses."""

from bridgekit.mistakes.mistake import error, warning

CONFIG_FAULT = error(
    "config-fault",
    "The configuration has a fault.",
    "The bridge does not start.",
    "Mend the line that is named.",
)
ADAPTER_UNUSABLE = error(
    "adapter-unusable",
    "The adapter of a network is installed, and cannot be used.",
    "This network stays off, the others run.",
    "Do what the finding says, or take the network out of the configuration.",
)
NO_PUBLIC_URL = warning(
    "no-public-url",
    "`appservice.public_url` is not set, and something needs it.",
    "What needs a link is not bridged, and its sender is told so.",
    "Set it to an address where the world reaches the bridge.",
)
PUBLIC_URL = error(
    "public-url",
    "`appservice.public_url` does not lead to the bridge.",
    "Webhooks do not arrive, and links to files lead nowhere.",
    "Have the proxy there pass everything on to appservice.listen, and to nothing else.",
)
CALLS_REFUSED = warning(
    "calls-refused",
    "The bridge refuses calls to a network's webhook, as they do not bear its secret.",
    "If they are the network's own, nothing that is said there arrives.",
    "Copy the secret from the network again. If its calls arrive, somebody else tries: ignore it.",
)
BRIDGE_SILENT = warning(
    "bridge-silent",
    "The running bridge does not say in time what it is asked.",
    "What it has refused cannot be seen, and it may not do anything else either.",
    "See in its log what it is busy with; restart it if it stays so.",
)
HAIRPIN = warning(
    "hairpin",
    "An address of the whole Internet cannot be reached from here, or leads back to this machine.",
    "Routers and hosts files make a public name mean something else inside than it does outside.",
    "Where it is used from here, write the address inside, like http://synapse:8008. Whether the "
    "world reaches it, ask from elsewhere.",
)
MEDIA_INTERNAL = warning(
    "media-base-internal",
    "`appservice.public_url` is an address that only this machine, or this network, can reach.",
    "People elsewhere see dead links in place of files, and no webhook arrives.",
    "Write the address under which the world reaches the bridge.",
)
NOT_COMPARED = warning(
    "not-compared",
    "There is no registration to compare with.",
    "Whether the homeserver's copy belongs to this configuration stays open.",
    "Name the homeserver's copy with --registration.",
)
NOT_WRITABLE = error(
    "not-writable",
    "The folder of the database may not be written by this user.",
    "The bridge does not start.",
    "Give the folder to the user that runs the bridge.",
)
DB_FOLDER = error(
    "db-folder",
    "The folder of the database does not exist.",
    "The bridge does not start.",
    "Make the folder.",
)
DB_UNUSABLE = error(
    "db-unusable",
    "The database cannot be used.",
    "The bridge does not start.",
    "Do what is said of it.",
)
HS_DATABASE = error(
    "hs-database",
    "The database belongs to another program, like the homeserver itself.",
    "Tables of two programs in one database destroy each other.",
    "Make one of its own: createdb -O USER bridgekit",
)
SCHEMA_NEWER = error(
    "schema-newer",
    "The database was used by a newer version of the bridge.",
    "This version does not start on it.",
    "Install the newer version again, or restore the copy from before the upgrade.",
)
SCHEMA_OLDER = warning(
    "schema-older",
    "The database is that of an older release.",
    "Nothing in it can be looked at before the next start, which brings it up to date.",
    "Start the bridge with this release; a SQLite file is copied before.",
)
DB_NETWORK_DISK = warning(
    "sqlite-network-disk",
    "The SQLite file is on a disk of another machine.",
    "Locks do not hold there: the database can be destroyed.",
    "Put it on a local disk, or use PostgreSQL.",
)
SQLITE_LOCKED = error(
    "sqlite-locked",
    "The file system of the SQLite file does not do what SQLite needs.",
    "Messages fail with `database is locked`, or the database is destroyed.",
    "Put it on a local disk, or use PostgreSQL.",
)
DB_NO_VOLUME = warning(
    "db-no-volume",
    "The SQLite file is inside the container.",
    "It is gone when the container is replaced.",
    "Mount a volume at the folder of the database.",
)
DISK_FULL = warning(
    "disk-full",
    "The disk of the database is nearly full.",
    "The bridge stops accepting when nothing can be stored.",
    "Make room on it.",
)
FAILED_MESSAGES = warning(
    "failed-messages",
    "Messages failed that can be sent again.",
    "They wait for somebody to decide.",
    "See `bridgekit queue`; retry or drop them.",
)
NO_ADMIN = warning(
    "no-admin",
    "`permissions` names no administrator.",
    "Nobody can operate the bridge from Matrix.",
    'Add a line: "@you:example.org": admin',
)
PERMISSIONS = error(
    "permissions",
    "`permissions` lets nobody of the homeserver use this bridge.",
    "Its bot refuses everybody.",
    'Add a line with the homeserver\'s own domain, like "example.org": user',
)
PLACEHOLDER = error(
    "placeholder",
    "A line of the configuration is still that of an example.",
    "It means nobody, or somebody else.",
    "Put your own server's name in its place.",
)
EDITED_COPY = warning(
    "edited-copy",
    "The configuration was changed after the bridge has read it.",
    "The bridge runs with what was in it before.",
    "`bridgekit do reload`: it names what needs a restart.",
)
REMOTE_USERS = warning(
    "remote-users",
    "`permissions` names users of another server, and the two servers do not reach each other.",
    "Their invitations never arrive.",
    "Ask the federation tester about both: https://federationtester.matrix.org",
)
SERVER_NAME_CHANGED = error(
    "server-name-changed",
    "The database belongs to a homeserver with another name.",
    "Matrix knows no renaming: everybody's old rooms and users are lost to the bridge.",
    "Write the old homeserver.domain again, or begin with a new database.",
)
NAMESPACE_CHANGED = warning(
    "namespace-changed",
    "The database has chats of a network that the configuration does not name.",
    "Its rooms are dead, and its users appear a second time under another name.",
    "Give the network its old name again, or retire it.",
)
DB_LEFT_BEHIND = warning(
    "db-left-behind",
    "The database is empty, and the bot is in rooms already.",
    "The bridge knows nothing of those rooms: it was moved without its database.",
    "Restore the old database, or have the bot leave those rooms.",
)
SCANNER_AWAY = error(
    "scanner-away",
    "The content scan (`scan`) does not answer.",
    "What it should look through waits, or crosses unseen where `when_down` is `pass`.",
    "Start clamd, or mend the command; the user that runs the bridge must reach its socket.",
)
SCANNER_BLIND = warning(
    "scanner-blind",
    "The content scan does not find EICAR's test file.",
    "It has no signatures, or looks at something else than what it is given: it finds nothing.",
    "Have freshclam fetch the signatures; a command ends with 1 for what it finds.",
)
SCANNER_SMALL = warning(
    "scanner-small",
    "The content scan does not take files as large as those that are bridged.",
    "Larger ones are blocked, or cross unseen where `too_large` is `pass`.",
    "Raise StreamMaxLength (and MaxFileSize, MaxScanSize) in clamd.conf, or lower media.max_size.",
)
CHECK_FAILED = error(
    "check-failed",
    "A check itself failed.",
    "What it looks at stays unknown.",
    "Report this.",
)
