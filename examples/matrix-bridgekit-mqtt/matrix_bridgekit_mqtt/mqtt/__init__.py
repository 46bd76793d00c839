"""The little of MQTT 5 that the bridge speaks, in place of a library: see decision 0017."""
