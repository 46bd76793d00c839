"""Matrix to network: the lanes whose work is to send."""
