"""Days as people in London have them: what is valid, due or counted by the day goes by these."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def day_of(at: datetime) -> date:
    """London's day of an instant."""
    return at.astimezone(LONDON).date()


def midnight(day: date) -> datetime:
    """The instant at which a day begins in London."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
