"""An IP address for each person, always the same, out of a network of them that the operator has.

So an IRC operator can ban one person, and a limit of connections per address counts people.
"""

import hashlib
from ipaddress import IPv4Network, IPv6Network

from bridgekit import LoginID

LEAST = 1 << 16  # addresses: with fewer, two people would come to share one


def address_for(login: LoginID, network: IPv4Network | IPv6Network) -> str:
    """Written in full, as IRC wants it: no address there may begin with a colon."""
    digest = hashlib.sha256(login.encode()).digest()
    # Neither the first, which is often the machine's own or the network's name, nor the last.
    place = 1 + int.from_bytes(digest[:16]) % (network.num_addresses - 2)
    return network[place].exploded
