"""Runs the service: `python -m services.referrals`, with its settings in the environment."""

import uvicorn

from services.referrals.app import SERVICE, ReferralsSettings, create_app
from shared.logging import configure_logging

DEFAULT_PORT = 8101


def main() -> None:
    """Serves until it is told to stop; requests and the batch at hand are finished first."""
    settings = ReferralsSettings()  # Its fields come from the environment.
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
