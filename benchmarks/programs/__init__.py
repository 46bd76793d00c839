"""What runs in a process of its own, between the fake ends."""
