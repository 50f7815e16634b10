"""Runs the service: `python -m services.providers`, with its settings in the environment."""

from services.providers.app import SERVICE, create_app
from shared.settings import ServiceSettings
from shared.web.serving import serve

DEFAULT_PORT = 8103


def main() -> None:
    """Serves until it is told to stop; requests and the batch at hand are finished first."""
    settings = ServiceSettings()  # Its fields come from the environment.
    serve(SERVICE, settings, DEFAULT_PORT, create_app)


if __name__ == "__main__":
    main()
