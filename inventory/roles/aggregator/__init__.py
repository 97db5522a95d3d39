"""The aggregator: merges all shards, compares with the last inventory, exports and publishes."""
