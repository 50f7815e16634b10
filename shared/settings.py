"""What a service is told from outside, read from the environment once, by its `app.py`."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Settings that every service has. Each is an environment variable of the same name."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, env_ignore_empty=True)

    database_url: str
    """This service's own database."""
    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    homeward_topic_prefix: str = "homeward."
    homeward_partitions: int = Field(default=12, ge=1, le=1000)
    """Of topics that do not exist yet; never changed afterwards."""
    homeward_host: str = "127.0.0.1"
    homeward_port: int = Field(default=0, ge=0, le=65535)
    homeward_secrets: Path
    """Folder with the keys that this council made: `hmac.key`, and `person.key` for referrals."""
    homeward_log_level: str = "info"
    homeward_referrals_url: str = "http://127.0.0.1:8101"
    """Where the providers service asks for personal details."""
    homeward_service_token: str = ""
    """The providers service's own token at the referrals service (role `service`)."""
    homeward_policy: Path = Path("deploy/policies/three-tier.yaml")
    """The policy of the matching service."""
