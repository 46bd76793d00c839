"""What matters only while it is so: receipts and typing."""
