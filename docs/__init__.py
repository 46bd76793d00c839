"""The guides, and what draws their pictures (`python -m docs.draw`)."""
