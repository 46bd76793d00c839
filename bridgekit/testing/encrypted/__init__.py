"""People whose clients encrypt. Needs the extra `e2ee`."""
