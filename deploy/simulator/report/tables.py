"""The tables of a report."""

from collections.abc import Sequence

from deploy.simulator.figures import BY_KEY, GOALS, MEASURES, Figures
from deploy.simulator.figures_forecasts import ForecastFigures
from deploy.simulator.figures_shares import Peers
from deploy.simulator.figures_told import difference_told, figure_told
from deploy.simulator.intervals import Interval
from deploy.simulator.report.markup import Html, element, html, table, with_interval
from deploy.simulator.report.plots import HORIZONS
from deploy.simulator.report.words import COMPARED, STATES
from deploy.simulator.study import Studied
from deploy.simulator.verdict import apart, state_of

_SIGNS = {"reached": "✓", "unsure": "?", "missed": "✗"}
SMALL = "Small figures are the 95% interval over seeds."


def goals(figures: Sequence[Figures]) -> Html:
    """Whether each policy reaches each goal, and what each costs, in one look."""
    shown = [one for one in MEASURES if one.key in COMPARED]
    keys = {goal.key: goal for goal in GOALS}
    rows = []
    for measure in shown:
        cells = []
        for one in figures:
            cell = with_interval(figure_told(measure, one.intervals[measure.key]))
            if (goal := keys.get(measure.key)) is not None:
                state = state_of(one, goal)
                word = f"{_SIGNS[state]} {STATES[state]}"
                cell = Html(cell + element("span", html(word), kind=f"state {state}"))
            cells.append(cell)
        goal = keys.get(measure.key)
        title = f"{measure.title} (goal {goal.percent:g}%)" if goal else measure.title
        rows.append((html(title), *cells))
    return table(
        ("", *(one.policy for one in figures)),
        rows,
        f"At a glance. {SMALL} A goal is reached if even the lower end is at it.",
        kind="policies",
    )


def everything(figures: Sequence[Figures], caption: str) -> Html:
    """Every measure of every policy."""
    return table(
        ("", *(one.policy for one in figures)),
        (
            (
                html(measure.title),
                *(
                    with_interval(figure_told(measure, one.intervals[measure.key]))
                    for one in figures
                ),
            )
            for measure in figures[0].measures
        ),
        caption,
        kind="policies",
    )


def differences(chosen: Figures, others: Sequence[Figures]) -> Html:
    """The chosen policy less each other one, measure by measure."""
    columns = [{entry.measure.key: entry for entry in apart(chosen, other)} for other in others]
    rows = []
    for measure in chosen.measures:
        cells: list[Html] = []
        for column in columns:
            entry = column.get(measure.key)
            told = with_interval(difference_told(measure, entry.interval if entry else None))
            word = "better" if entry and entry.better else "worse"
            if entry is not None and entry.better is not None:
                told = Html(told + element("span", html(word), kind=f"state {word}"))
            elif entry is not None and not entry.sure:
                told = Html(told + element("span", "may be chance", kind="state chance"))
            cells.append(told)
        rows.append((html(measure.title), *cells))
    return table(
        (f"{chosen.policy}, beside …", *(other.policy for other in others)),
        rows,
        "Paired by seed: both policies met the same packages and the same answers.",
        kind="policies",
    )


def places(studied: Sequence[Studied], *, by_lot: bool = False) -> Html:
    """Filled within four hours by outcode, or by lot, those of most packages first."""
    found = [each.lots if by_lot else each.places for each in studied]
    told = [{one.place: one for one in each} for each in found]
    return table(
        (f"{'lot' if by_lot else 'outcode'} and its share", *(one.policy.name for one in studied)),
        (
            (
                html(f"{place.place}, {place.share:.0f}%"),
                *(
                    with_interval(_percent(each[place.place].filled))
                    if place.place in each
                    else "–"
                    for each in told
                ),
            )
            for place in found[0]
        ),
        f"Filled within 4 hours, by where the person lives and how many do. {SMALL}",
        kind="policies",
    )


def providers(studied: Sequence[Studied], peers: Peers) -> Html:
    """What each provider won, by kind and speed."""
    ordered = sorted(peers, key=lambda peer: (peer.kind, peer.answer_minutes, peer.name))
    return table(
        (
            "provider",
            "kind",
            "usual answer",
            "hours it can give",
            *(f"new hours a week, {one.policy.name}" for one in studied),
        ),
        (
            (
                html(peer.name),
                html("DPS" if peer.kind == "dps" else peer.kind),
                f"{peer.answer_minutes:.0f} min",
                f"{peer.hours_a_week:,.0f}",
                *(f"{one.hours_a_week[peer.name]:.1f}" for one in studied),
            )
            for peer in ordered
        ),
        "Weekly hours of the packages won in a week, on average.",
    )


CAUSES = {
    "handed_back": "handed back",
    "pause_lapsed": "home after a pause that had lapsed",
    "restart_refused": "restart refused",
    "change_refused": "change refused",
    "reablement_ended": "reablement goes on as long-term care",
}
"""Of later searches in a run, in words."""


def later(studied: Sequence[Studied]) -> Html:
    """Why packages are searched again, how often, and how many of these searches end in a day."""
    told = [{one.cause: one for one in each.later} for each in studied]
    count, filled = BY_KEY["later_searches"], BY_KEY["later_filled_1440"]
    rows = []
    for cause in [one for one in CAUSES if any(one in each for each in told)]:
        found = [each.get(cause) for each in told]
        searches = [figure_told(count, one.per_hundred if one else None) for one in found]
        in_a_day = [figure_told(filled, one.filled if one else None) for one in found]
        rows.append((html(CAUSES[cause]), *map(with_interval, searches)))
        rows.append((html("… filled in 24 h"), *map(with_interval, in_a_day)))
    return table(
        ("searched again because", *(one.policy.name for one in studied)),
        rows,
        f"Later searches for every 100 packages, and how many of them end in a day. {SMALL}",
        kind="policies",
    )


def forecasts(one: Studied) -> Html:
    """A policy's Brier scores and skill by horizon."""
    return table(
        ("filled …", "Brier score", "skill", "skill if all habits were known"),
        (
            (
                html(f"{HORIZONS[told.horizon]} ({told.forecasts:,} looks)"),
                with_interval(_number(told.brier)),
                with_interval(_share(told.skill)),
                with_interval(_share(told.oracle_skill)),
            )
            for told in one.forecasts
        ),
        f"Forecasts under {one.policy.name}. {SMALL}",
    )


def told_in_tenths(told: ForecastFigures) -> list[dict[str, float]]:
    """The tenths of a horizon, as numbers."""
    return [
        {
            "forecasts": one.forecasts,
            "said": one.said,
            "happened": one.happened,
            "sampling_error": one.sampling_error,
        }
        for one in told.tenths
    ]


def _percent(interval: Interval | None) -> str:
    return _ends(interval, 1, "%").replace(" to ", "–")


def _share(interval: Interval | None) -> str:
    scaled = None if interval is None else _times(interval, 100)
    return _ends(scaled, 1, "%")


def _number(interval: Interval | None) -> str:
    return _ends(None if interval is None else interval.within(0, 1), 3, "")


def _ends(interval: Interval | None, digits: int, unit: str) -> str:
    if interval is None:
        return "–"
    told = f"{interval.mean:.{digits}f}{unit}"
    if interval.low is None or interval.high is None:
        return told
    return f"{told} ({interval.low:.{digits}f} to {interval.high:.{digits}f})".replace("-", "−")


def _times(interval: Interval, factor: float) -> Interval:
    low, high = (None if end is None else end * factor for end in (interval.low, interval.high))
    return Interval(interval.mean * factor, low, high)
