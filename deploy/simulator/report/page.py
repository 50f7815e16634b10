"""The report as one HTML file that needs nothing else: no script, no font, no address is fetched."""

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template

from deploy.simulator.figures import MARK, Figures
from deploy.simulator.figures_shares import peers_of
from deploy.simulator.report import further, plots, tables, words
from deploy.simulator.report.markup import (
    NOTHING,
    Html,
    bullets,
    details,
    element,
    figure,
    html,
    paragraph,
    paragraphs,
    section,
)
from deploy.simulator.report.material import Material
from deploy.simulator.report.policies_told import in_short, prices_told, tiers_told
from deploy.simulator.study import Studied
from services.matching.reporting.fill_report import BENCHMARK

MOST_OUTCODES = 20
"""More than that nobody reads one by one."""
_TEMPLATE = Path(__file__).with_name("page.html")


def page(material: Material) -> str:
    """The page, always the same for the same study."""
    template = Template(_TEMPLATE.read_text(encoding="utf-8"))
    market = material.market.name
    many = len(material.studied) > 1
    question = (
        f"Which policy for {market}?" if many else f"{material.studied[0].policy.name} on {market}"
    )
    return template.substitute(
        title=html(question),
        mark=html(MARK),
        answer=_answer(material),
        body="\n".join(_sections(material)),
        footer=html(
            f"Everything here is {MARK}: market “{market}”. Goals and the grey curve: "
            f"{BENCHMARK['source']}; the curve between the two points is an interpolation, nothing "
            "more."
        ),
    )


def _answer(material: Material) -> Html:
    found = material.verdict
    chosen = found.chosen
    told = [
        paragraph(words.headline(material), kind="lead"),
        paragraphs([words.why(material), words.not_reached(material), words.goals_of(chosen)]),
        element("h3", "What it costs"),
        paragraph(words.cost(chosen)),
        paragraph(words.INTERVALS, kind="note"),
    ]
    if (after := words.after_the_award(chosen)) is not None:
        told += [element("h3", "After the award"), paragraph(after)]
    if found.others:
        told += [
            element("h3", "What is gained"),
            bullets(words.gained(chosen, other) for other in found.others),
            element("h3", "What is given up"),
            _given_up(material),
        ]
    worse = list(further.worse_habits(material))
    if len(material.studied) > 1 and len(worse) > 1:
        told += [element("h3", "If habits are worse than assumed"), paragraphs(worse[:2])]
    return Html("".join(told))


def _given_up(material: Material) -> Html:
    found = material.verdict
    policies = {one.policy.name: one.policy for one in material.studied}
    chosen = policies[found.chosen.policy]
    lost = [words.given_up(found.chosen, other) for other in found.others]
    kinds = [words.kinds_apart(chosen, policies[other.policy]) for other in found.others]
    told = [one for one in lost if one] or ["Nothing that is more than chance."]
    return Html(bullets(told) + paragraphs(kinds))


def _sections(material: Material) -> Iterator[Html]:
    studied, figures = material.studied, material.figures
    found = material.verdict
    peers = peers_of(material.market)
    yield section(
        "Goals and costs at a glance",
        bullets(in_short(one.policy) for one in studied),
        tables.goals(figures),
        paragraph(
            "1.5 hours and 4 hours run from the instant a referral is received. Every referral "
            "counts, also those that nobody takes."
        ),
    )
    yield section("How fast, at what price", _plots(material))
    if found.others:
        yield section(
            f"{found.chosen.policy} beside the others",
            paragraph(
                "More (+) or less (−) than the other policy. “May be chance”: no difference at all "
                "lies within the interval, too."
            ),
            tables.differences(found.chosen, found.others),
        )
    yield section("Where people live", *_places(studied))
    yield section(
        "Who gets the work",
        figure(
            plots.load(studied, peers),
            "A dot for each provider; the larger, the more hours it can give. If quick providers "
            "(left) stand no higher than slow ones of the same kind, being quick earns nothing.",
        ),
        details("Every provider", tables.providers(studied, peers)),
    )
    if any(one.later for one in studied):
        yield _after_the_award(material)
    if any(one.forecasts for one in studied):
        yield _forecasts(material)
    if material.worse is not None:
        yield section(
            "If habits are worse than assumed",
            paragraphs(further.worse_habits(material)),
            tables.everything(
                [one.figures for one in material.worse], "Every figure on the worse habits."
            ),
        )
    if material.grid is not None:
        first = studied[0].policy
        yield section("Would another setting do better?", paragraphs(
            further.other_settings(material.grid, first)
        ))  # fmt: skip
    yield _simulated(material)
    yield section("Every figure", tables.everything(figures, tables.SMALL))
    yield section("What the figures mean", _definitions(figures))


def _places(studied: Sequence[Studied]) -> Iterator[Html]:
    """Outcode by outcode; where there are many, lot by lot, since few packages come from each."""
    outcodes = tables.places(studied)
    if len(studied[0].places) <= MOST_OUTCODES or len(studied[0].lots) < 2:
        yield outcodes
        return
    yield tables.places(studied, by_lot=True)
    yield details("Every outcode", outcodes)


def _plots(material: Material) -> Html:
    speed = figure(
        plots.fill_curve(material.studied),
        "Share of all packages that a provider has taken, by hours since the referral. Grey: a "
        "smooth curve through the two points that Devon Cares published; an interpolation, nothing "
        "more.",
    )
    costs = figure(
        plots.pareto(material.figures, material.grid),
        "Further left: fewer providers are asked for each package. Higher: more is filled in time, "
        "or goes to the framework. Crosses are 95% intervals; a hollow mark is beaten by another "
        "policy in all of 4-hour fill, offers and framework share. Dashed: the goals.",
    )
    return element("div", speed, costs, kind="plots")


def _after_the_award(material: Material) -> Html:
    return section(
        "After the award",
        paragraphs(words.after_the_award(one) for one in material.figures),
        tables.later(material.studied),
        paragraph(
            "Packages that came in the weeks that count, followed until the last of these weeks "
            "ends. A later search has its own clock and is in no figure of the first one. Nobody "
            "acts on an alarm in a run: a package that nobody takes stays without care until it is "
            "needed no longer."
        ),
    )


def _forecasts(material: Material) -> Html:
    return section(
        "How far forecasts can be trusted",
        paragraph(
            "While a search runs, brokers see the chance that it ends in time. A forecast is honest "
            "if of those that said 70% about 70% came true (points on the diagonal). The Brier "
            "score is the mean squared error of a forecast, so lower is better; skill is how much "
            "of that error is taken away beside one who knows only how old the search is. Most of "
            "what is left is luck: the last column is what one who knew all habits would "
            "come to. A sample of packages is looked at, each several times."
        ),
        figure(
            plots.reliability(material.studied),
            "Forecasts in tenths, with sampling errors; faint: fewer than 300 forecasts.",
        ),
        *(tables.forecasts(one) for one in material.studied if one.forecasts),
    )


def _simulated(material: Material) -> Html:
    told = [bullets(further.simulated(material.market, material.size))]
    for one in material.studied:
        told += [
            element("h3", html(f"Policy {one.policy.name}")),
            bullets(tiers_told(one.policy)),
            paragraph(prices) if (prices := prices_told(one.policy)) else NOTHING,
        ]
    return section("What was simulated", *told)


def _definitions(figures: tuple[Figures, ...]) -> Html:
    told = "".join(
        f"<dt>{escape(one.title)}</dt><dd>{escape(one.told)}</dd>" for one in figures[0].measures
    )
    seeds = len(figures[0].seeds)
    interval = (
        "<dt>95% interval</dt><dd>"
        f"Each of {seeds} seeds is one independent look at the market; the interval says between "
        "which ends the long-run figure lies with 95% chance, if habits are as assumed. It says "
        "nothing about whether they are.</dd>"
    )
    return Html(f"<dl>{told}{interval}</dl>")
