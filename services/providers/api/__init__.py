"""HTTP routes: the register for operators and brokers, the integration endpoint for providers."""
