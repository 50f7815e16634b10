"""The providers service: the register, and the endpoint at which providers answer."""
