"""The plots of a report, each an SVG that says in words what it shows.

The same values give the same bytes: no date, no random names, and letters that stay letters. Each
policy keeps its colour, its line and its mark in every plot, so that a print in grey can be read.
Colours: M. Okabe and K. Ito, Color Universal Design, 2008.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist

from matplotlib.axes import Axes

from deploy.simulator.figures import BY_KEY, GOALS, Figures
from deploy.simulator.figures_forecasts import TOLD_FROM, ForecastFigures
from deploy.simulator.figures_shares import Peer, Peers
from deploy.simulator.grid import Grid
from deploy.simulator.outcomes import Horizon
from deploy.simulator.report.canvas import Canvas
from deploy.simulator.study import CURVE_MINUTES, Studied
from deploy.simulator.verdict import efficient

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F6000")
LINES = ("-", (0, (5, 2)), (0, (1, 1.3)), (0, (5, 1.5, 1, 1.5)))
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
GREY = "#767676"
DEVON = NormalDist(0.0263, 0.7231)
"""Of the logarithm of hours: the lognormal through Devon Cares' two published points. Source:
domain.md; an interpolation, nothing more."""
KINDS = {"framework": "#0072B2", "dps": "#D55E00", "spot": "#009E73"}
_APART = (1.0, 1.05, 0.95, 1.1, 0.9)
"""Providers that are as quick as each other stand beside each other."""
HORIZONS: dict[Horizon, str] = {
    "90": "within 1.5 h",
    "240": "within 4 h",
    "today": "today, by 20:00",
    "tomorrow": "tomorrow, by 10:00",
}


def fill_curve(studied: Sequence[Studied]) -> str:
    """How much is filled by when, beside the curve through Devon's two points."""
    hours = [minutes / 60 for minutes in CURVE_MINUTES]
    with Canvas("curve", width=5.2, height=3.9) as canvas:
        (axes,) = canvas.axes(1)
        devon = [0.0, *(100 * DEVON.cdf(math.log(hour)) for hour in hours[1:])]
        axes.plot(hours, devon, color=GREY, linewidth=1.4, label="Devon Cares (interpolated)")
        for n, one in enumerate(studied):
            axes.plot(
                hours,
                [interval.mean for interval in one.curve],
                color=COLOURS[n],
                linestyle=LINES[n % len(LINES)],
                linewidth=2.2,
                label=one.policy.name,
            )
        for goal in GOALS:
            axes.plot(goal.minutes / 60, goal.percent, marker="o", color=GREY, markersize=7)
            axes.annotate(
                f"{goal.percent:g}% in {goal.minutes / 60:g} h",
                (goal.minutes / 60, goal.percent),
                xytext=(-4, 5),
                textcoords="offset points",
                ha="right",  # no curve of a policy comes there
                color="#555555",
                fontsize=8.5,
            )
        axes.set(xlim=(0, 8), ylim=(0, 101), xlabel="hours since the referral", ylabel="% filled")
        axes.legend(loc="lower right")
        return canvas.svg(_curve_told(studied))


def _curve_told(studied: Sequence[Studied]) -> str:
    at = [(CURVE_MINUTES.index(goal.minutes), goal) for goal in GOALS]
    told = "; ".join(
        f"{one.policy.name} "
        + ", ".join(f"{one.curve[n].mean:.0f}% by {goal.minutes / 60:g} hours" for n, goal in at)
        for one in studied
    )
    return f"Share of packages filled by hours since the referral. {told}. Devon Cares: 70%, 97%."


def pareto(policies: Sequence[Figures], grid: Grid | None) -> str:
    """Speed and the framework's share against offers, a point for each policy."""
    best = efficient(policies)
    panels = (("filled_90", 70.0), ("filled_240", 97.0), ("framework_share", None))
    with Canvas("pareto", width=5.2, height=7.2) as canvas:
        for axes, (key, goal) in zip(canvas.axes(3, sharex=True), panels, strict=True):
            if grid is not None:
                _settings(axes, grid, key)
            if goal is not None:
                axes.axhline(goal, color=GREY, linewidth=1, linestyle=(0, (4, 3)))
            for n, one in enumerate(policies):
                _point(axes, one, key, n, hollow=one not in best)
            axes.set_ylabel(f"% {BY_KEY[key].title}")
            axes.margins(0.12)
        axes.set_xlabel("offers a package (fewer is better)")
        canvas.legend()
        return canvas.svg(_pareto_told(policies, best))


def _point(axes: Axes, one: Figures, key: str, n: int, *, hollow: bool) -> None:
    x, y = one.intervals["offers"], one.intervals[key]
    if x is None or y is None:
        return
    errors = [
        [[end.mean - (end.low or end.mean)], [(end.high or end.mean) - end.mean]] for end in (x, y)
    ]
    axes.errorbar(
        x.mean,
        y.mean,
        xerr=errors[0],
        yerr=errors[1],
        color=COLOURS[n],
        marker=MARKS[n],
        markersize=8,
        markerfacecolor="white" if hollow else COLOURS[n],
        linestyle="none",
        linewidth=1.2,
        label=one.policy,
    )


def _settings(axes: Axes, grid: Grid, key: str) -> None:
    for n, family in enumerate(grid.waves.values()):
        points = [
            (one.mean("offers"), interval.mean)
            for one in family
            if (interval := one.intervals[key]) is not None
        ]
        axes.plot(
            [x for x, _ in points],
            [y for _, y in points],
            color="#B5B5B5",
            linewidth=0.8,
            marker=".",
            markersize=3,
            zorder=0,
            label=None if n else "waves(n), one line a window",
        )
    if (interval := grid.broadcast.intervals[key]) is not None:
        axes.plot(
            grid.broadcast.mean("offers"),
            interval.mean,
            color="#555555",
            marker="x",
            linestyle="none",
            label="best broadcast",
        )


def _pareto_told(policies: Sequence[Figures], best: Sequence[Figures]) -> str:
    told = "; ".join(
        f"{one.policy}: {one.mean('offers'):.1f} offers, {one.mean('filled_90'):.0f}% in 1.5 hours, "
        f"{one.mean('filled_240'):.0f}% in 4 hours"
        for one in policies
    )
    names = ", ".join(one.policy for one in best)
    return f"Speed and the framework's share against offers a package. {told}. Unbeaten: {names}."


def load(studied: Sequence[Studied], peers: Peers) -> str:
    """New hours for each 100 of capacity, against how quickly a provider answers."""
    with Canvas("load", width=5.2, height=1.0 + 2.1 * len(studied)) as canvas:
        panels = canvas.axes(len(studied), sharex=True, sharey=True)
        most = max(_won(one, peer) for one in studied for peer in peers)
        for axes, one in zip(panels, studied, strict=True):
            for kind, colour in KINDS.items():
                some = [peer for peer in peers if peer.kind == kind]
                if not some:
                    continue
                axes.scatter(
                    [peer.answer_minutes * _APART[n % 5] for n, peer in enumerate(some)],
                    [_won(one, peer) for peer in some],
                    s=[12 + peer.hours_a_week / 30 for peer in some],
                    color=colour,
                    alpha=0.55,
                    linewidths=0.6,
                    edgecolors="white",
                    label="DPS" if kind == "dps" else kind,
                )
            axes.set_title(one.policy.name, loc="left")
            axes.set_ylabel("new hours a week\nper 100 it can give")
            axes.set_xscale("log")
            axes.set_ylim(bottom=-0.1, top=1.08 * most or 1.0)
            ticks = [5, 10, 20, 40, 80]
            axes.set_xticks(ticks, [str(tick) for tick in ticks])
            axes.minorticks_off()
        axes.set_xlabel("typical minutes until a provider answers")
        canvas.legend()
        return canvas.svg(
            "Each provider's new hours a week for each 100 hours it can give, against its typical "
            "minutes until an answer; the table below has every provider."
        )


def _won(one: Studied, peer: Peer) -> float:
    """New hours a week for each 100 that a provider can give."""
    return 100 * one.hours_a_week[peer.name] / peer.hours_a_week


def reliability(studied: Sequence[Studied]) -> str:
    """What was forecast against what happened, in tenths; thin tenths are faint."""
    horizons = [
        horizon for horizon in HORIZONS if any(_of(one, horizon) is not None for one in studied)
    ]
    with Canvas(
        "reliability", width=5.2, height=0.8 + 2.35 * math.ceil(len(horizons) / 2)
    ) as canvas:
        panels = canvas.axes(math.ceil(len(horizons) / 2), columns=2, sharex=True, sharey=True)
        for axes, horizon in zip(panels, horizons, strict=False):
            axes.plot([0, 100], [0, 100], color=GREY, linewidth=1, zorder=0)
            for n, one in enumerate(studied):
                if (told := _of(one, horizon)) is not None:
                    _tenths(axes, told, n, one.policy.name)
            axes.set_title(f"filled {HORIZONS[horizon]}", loc="left")
            axes.set(xlim=(-3, 103), ylim=(-3, 103), aspect="equal")
            axes.set_xticks([0, 50, 100])
            axes.set_yticks([0, 50, 100])
        for axes in panels[len(horizons) :]:
            axes.set_axis_off()
        canvas.figure.supxlabel("% forecast", fontsize=10)
        canvas.figure.supylabel("% that happened", fontsize=10)
        canvas.legend()
        return canvas.svg(
            "What was forecast against what happened, in tenths, for each horizon; points on the "
            "diagonal are honest forecasts. The table below has the scores."
        )


def _of(one: Studied, horizon: Horizon) -> ForecastFigures | None:
    return next((told for told in one.forecasts if told.horizon == horizon), None)


def _tenths(axes: Axes, told: ForecastFigures, n: int, name: str) -> None:
    for thin in (False, True):
        some = [one for one in told.tenths if (one.forecasts < TOLD_FROM) == thin]
        axes.errorbar(
            [100 * one.said for one in some],
            [100 * one.happened for one in some],
            yerr=[100 * one.sampling_error for one in some],
            color=COLOURS[n],
            alpha=0.25 if thin else 1,
            marker=MARKS[n],
            markersize=4,
            linewidth=1,
            linestyle="none",
            label=None if thin else name,
        )
