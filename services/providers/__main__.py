"""Runs the service: `python -m services.providers`, with its settings in the environment."""

import uvicorn

from services.providers.app import SERVICE, create_app
from shared.logging import configure_logging
from shared.settings import ServiceSettings

DEFAULT_PORT = 8103


def main() -> None:
    """Serves until it is told to stop; requests and the batch at hand are finished first."""
    settings = ServiceSettings()  # Its fields come from the environment.
    configure_logging(SERVICE, settings.homeward_log_level)
    uvicorn.run(
        create_app(settings),
        host=settings.homeward_host,
        port=settings.homeward_port or DEFAULT_PORT,
        log_config=None,
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
