"""Runs the service: `python -m services.referrals`, with its settings in the environment."""

from services.referrals.app import SERVICE, ReferralsSettings, create_app
from shared.web.serving import serve

DEFAULT_PORT = 8101


def main() -> None:
    """Serves until it is told to stop; requests and the batch at hand are finished first."""
    settings = ReferralsSettings()  # Its fields come from the environment.
    serve(SERVICE, settings, DEFAULT_PORT, create_app)


if __name__ == "__main__":
    main()
