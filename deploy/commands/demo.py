"""The demo: a simulated working day on a market of real shape."""


def demo() -> None:
    """A simulated working day."""
