"""What goes wrong in the registration, as a file of its own and beside the configuration."""

from bridgekit.mistakes.mistake import error, warning

AGAIN = "Print it with `bridgekit registration print`, install it and restart the homeserver."

REG_UNUSABLE = error(
    "reg-unusable",
    "The file is no registration that could be read.",
    "A homeserver that is told to load it does not start.",
    "Write it with `bridgekit registration print`.",
)
CONFIG_AS_REG = error(
    "config-as-reg",
    "This is the configuration of a bridge, not a registration.",
    "A homeserver that is told to load it does not start, and it holds the bridge's secrets.",
    "Give the homeserver what `bridgekit registration print` prints.",
)
YAML_TYPES = error(
    "yaml-types",
    "A value is read by YAML as something else than the text that was meant.",
    "The homeserver does not start, or reads another value.",
    "Put the value in single quotes.",
)
REG_MISSING_KEY = error(
    "missing-key",
    "A key that every registration has is missing.",
    "The homeserver does not start.",
    AGAIN,
)
TYPO_KEY = warning(
    "typo-key",
    "A key is none that homeservers know.",
    "Homeservers ignore it silently, or refuse the file.",
    "Correct its spelling, or remove it.",
)
NS_SHAPE = error(
    "ns-shape",
    "`namespaces` does not have the form that homeservers read.",
    "The homeserver does not start, or the bridge owns none of its names.",
    "Write each entry as {exclusive: true, regex: '^@prefix_.+:example\\.org$'}.",
)
RATE_LIMITED = warning(
    "rate-limited",
    "`rate_limited` is not false.",
    "The homeserver slows the bridge down like a person: joins and messages take minutes.",
    "Write `rate_limited: false`, without quotes.",
)
NO_EPHEMERAL = warning(
    "no-ephemeral",
    "`receive_ephemeral` is not true.",
    "No typing and no receipts reach the networks.",
    "Write `receive_ephemeral: true`, without quotes, or print the registration anew.",
)
PROTOCOLS_LACKING = warning(
    "protocols-lacking",
    "`protocols` lacks a network.",
    "Nobody can look up chats there from their client.",
    AGAIN,
)
URL_NULL = error(
    "url-null",
    "The registration has no `url`.",
    "The homeserver starts and never sends anything to the bridge.",
    "Write the address at which the homeserver reaches the bridge; only registrations of double "
    "puppets have none.",
)
URL_TRAILING_SLASH = warning(
    "url-trailing-slash",
    "`url` ends with a slash.",
    "Some homeservers then ask for //_matrix/…, which most programs refuse.",
    "Leave the slash out.",
)
URL_DIFFERS = error(
    "url-differs",
    "`url` is not the configuration's `appservice.url`.",
    "The homeserver sends what it has for the bridge to another place.",
    AGAIN,
)
URL_LOCALHOST = warning(
    "url-localhost",
    "The homeserver is elsewhere, or in a container of its own, and `url` says localhost.",
    "Each machine and each container means itself by localhost: nothing reaches the bridge.",
    "Write the name or address at which the homeserver reaches the bridge into `appservice.url`, "
    "and print the registration anew.",
)
HTTP_HTTPS = warning(
    "http-https",
    "`appservice.url` begins with https:// and leads straight to the bridge, which speaks http.",
    "The homeserver's log shows errors of TLS, and nothing arrives.",
    "Write http://, or put a proxy with a certificate before the bridge.",
)
PORT_DIFFERS = warning(
    "port-differs",
    "The port in `appservice.url` is not the one that the bridge listens on.",
    "Without a proxy or a mapping of ports between them the homeserver reaches nobody.",
    "Make the two ports the same, unless something between them maps one to the other.",
)
LISTEN_LOOPBACK = warning(
    "listen-loopback",
    "The bridge listens on loopback, and `appservice.url` leads to it from elsewhere.",
    "What the homeserver sends from another machine or container is refused.",
    "Write 0.0.0.0 in place of the host of appservice.listen, and let a firewall keep others out.",
)
TOKENS_DIFFER = error(
    "tokens-differ",
    "Configuration and registration hold different `as_token`s.",
    "The homeserver refuses everything that the bridge does (M_UNKNOWN_TOKEN).",
    AGAIN,
)
HS_TOKEN_DIFFERS = error(
    "hs-token-differs",
    "Configuration and registration hold different `hs_token`s.",
    "The bridge refuses what the homeserver sends: its bot appears, and no message arrives.",
    AGAIN,
)
AUTO_REGENERATED = warning(
    "auto-regenerated",
    "A token is another one than when the bridge last started well.",
    "The homeserver loads the old one, or will at its next restart: then it refuses the bridge.",
    "If nobody meant it, put the old token back from a copy. Else print the registration anew, "
    "install it, and restart the homeserver; `bridgekit registration rotate` loses nothing.",
)
ROTATION_OPEN = warning(
    "rotation-open",
    "The tokens are being changed, and the old ones still count.",
    "Whoever has the old ones can use them until the second step is done.",
    "`bridgekit registration rotate` says what is next.",
)
ID_DIFFERS = error(
    "id-differs",
    "Configuration and registration have different `id`s.",
    "The homeserver does not call back when the bridge asks for it.",
    AGAIN,
)
SENDER_DIFFERS = error(
    "sender-differs",
    "`sender_localpart` is not what the configuration makes of `appservice.bot`.",
    "The homeserver takes the bridge for another user, or gives its device no keys.",
    AGAIN,
)
NO_DEVICES = warning(
    "msc4190-absent",
    "Encrypted rooms are to be read, and the registration does not have "
    "`io.element.msc4190: true`.",
    "Homeservers may let the bridge make no devices then: it logs in for its own, ghosts have "
    "none, so that clients warn about what they say, and where logins are refused it does not "
    "start.",
    f"{AGAIN} With a homeserver that does not know it, as Synapse before 1.141, leave it.",
)
SENDER_MXID = error(
    "sender-mxid",
    "`sender_localpart` has characters that it cannot have.",
    "The homeserver does not start, or nobody can invite the bot.",
    "Write the name alone, in lower case: `bridgebot`, not `@bridgebot:example.org`.",
)
WEAK_TOKEN = error(
    "weak-token",
    "A token is a placeholder, or so short that it can be guessed.",
    "Whoever guesses it reads and writes as every user of the bridge.",
    "Make a new one: `bridgekit registration rotate` prints the lines.",
)
TOKENS_SAME = error(
    "tokens-same",
    "`as_token` and `hs_token` are the same.",
    "Whoever sees one of the two directions can act in both.",
    "Make new ones: `bridgekit registration rotate` prints the lines.",
)
STALE_COPY = warning(
    "stale-copy",
    "The homeserver loads another file than the one that was compared, with another content.",
    "What is changed in one of the two has no effect.",
    "Keep one file: install the one that belongs to the configuration over the other.",
)
SECRETS_OPEN = warning(
    "secrets-open",
    "Others on this machine may read a file with secrets.",
    "Whoever has a token reads and writes as every user of the bridge.",
    "chmod o-rwx the file; for a registration, 0640 and the homeserver's group.",
)
IN_GIT = error(
    "secrets-in-git",
    "A file with secrets is under version control.",
    "Whoever ever gets a copy of the repository has the tokens, also after the file is removed.",
    "`git rm --cached` it, add it to .gitignore, and change its tokens.",
)
DP_URL_SET = error(
    "dp-url-set",
    "A registration of double puppets has a `url`.",
    "The homeserver sends it all that its people say, and bots of it are invited everywhere.",
    "Write `url: null`.",
)
DP_EXCLUSIVE = error(
    "dp-exclusive",
    "A registration of double puppets claims everybody's names exclusively.",
    "Nobody can register any more, and other bridges get M_EXCLUSIVE.",
    "Write `exclusive: false`.",
)
IP_WHITELIST = warning(
    "ip-whitelist",
    "The registration has `ip_range_whitelist`.",
    "A bridge that moves to another address gets M_UNKNOWN_TOKEN, though its token is right.",
    "Remove the key, or add the bridge's address to it.",
)
