"""What the world may ask the bridge for: links to files, long texts, webhooks of networks."""
