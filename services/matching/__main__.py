"""Runs the service: `python -m services.matching`, with its settings in the environment."""

from services.matching.app import create_app
from services.matching.consumers import SERVICE
from shared.settings import ServiceSettings
from shared.web.serving import serve

DEFAULT_PORT = 8102


def main() -> None:
    """Serves until it is told to stop; requests and the batch at hand are finished first."""
    settings = ServiceSettings()  # Its fields come from the environment.
    serve(SERVICE, settings, DEFAULT_PORT, create_app)


if __name__ == "__main__":
    main()
