"""Network to Matrix: the lanes whose work is to show."""
