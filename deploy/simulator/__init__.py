"""The simulator: a policy tried on a simulated market, in virtual time, with the production rule."""
