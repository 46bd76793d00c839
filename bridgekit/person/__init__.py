"""People of the networks, as Matrix shows them, and the other way round."""
