"""SMPP 3.4 (Short Message Peer to Peer, issue 1.2): of it, what a transceiver needs.

Own code, as of the libraries there are `smpplib` is blocking and LGPL, and `aiosmpplib` has a queue
and repeats of its own and answers before anything is stored.
"""
