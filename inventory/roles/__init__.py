"""Controller, region worker and aggregator; none of them sees another."""
