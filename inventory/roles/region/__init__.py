"""The region worker: discovers one region, enriches what it found and commits it in shards."""
