"""How Homeward is run: on one machine, and as a demonstration."""
