"""What is compared: how each entrant is set up between the fake ends and started."""
