"""The adapters of the pages "How do I …", each a change to the one that `new-adapter` writes."""
