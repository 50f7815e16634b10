"""HTTP routes of the matching service, for brokers (role `broker`)."""
