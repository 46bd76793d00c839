"""An IP address for each person, always the same, out of a network of them that the operator has.

So an IRC operator can ban one person, and a limit of connections per address counts people.
"""

import hashlib
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network

from bridgekit import LoginID

LEAST = 1 << 16  # addresses: a network has a bridge's people many times over


def addresses_for(login: LoginID, network: IPv4Network | IPv6Network) -> Iterator[str]:
    """The one that is somebody's if it is nobody else's, and what to take where it is.

    Written in full, as IRC wants it: no address there may begin with a colon.
    """
    digest = hashlib.sha256(login.encode()).digest()
    # Neither the first, which is often the machine's own or the network's name, nor the last.
    there = network.num_addresses - 2
    place = int.from_bytes(digest[:16]) % there
    for further in range(there):
        yield network[1 + (place + further) % there].exploded
