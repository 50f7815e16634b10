"""`homeward simulate`: the same bytes each time, a page that stands alone, and clear refusals."""

import json
import multiprocessing
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import app
from deploy.simulator.figures import MARK, MEASURES
from deploy.simulator.outcomes import Forecast, PackageOutcome
from deploy.simulator.report import page
from deploy.simulator.running import Run, run, run_all
from deploy.simulator.study import FORECAST_PACKAGES, Size, forecast_every
from tests.unit.simulator.small import FICKLE, LIFE, POLICY, SMALL, policy, small, written

ROOT = Path(__file__).parents[2]
EMPTY = {"area", "br", "col", "hr", "img", "input", "link", "meta"}
WAVES = (
    ("name: small", "name: in-twos"),
    ("strategy: simultaneous", "strategy: waves(2)"),
    ("routine: 45}\n    budget", "routine: 20}\n    budget"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A market and two policies, as files."""
    place = tmp_path_factory.mktemp("files")
    written(place, SMALL)
    written(place, POLICY, name="policy.yaml")
    written(place, POLICY, *WAVES, name="twos.yaml")
    return place


def arguments(folder: Path, out: Path, *more: str) -> list[str]:
    """A small comparison."""
    return [
        "simulate", "--market", str(folder / "market.yaml"), "--policy", str(folder / "policy.yaml"),
        "--out", str(out), "--weeks", "3", "--warm-up-weeks", "1", "--seeds", "3", *more,
    ]  # fmt: skip


def command(*wanted: str) -> Result:
    """The command's outcome; a traceback fails the test."""
    outcome = CliRunner().invoke(app, wanted)
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome
    return outcome


@pytest.fixture(scope="module")
def made(folder, tmp_path_factory):
    """A report with everything in it, and what was printed."""
    out = tmp_path_factory.mktemp("out")
    outcome = command(
        *arguments(folder, out, "--jobs", "1", "--sensitivity", str(folder / "twos.yaml"))
    )
    assert outcome.exit_code == 0, outcome.output
    return out, outcome.output


def test_the_same_seeds_give_the_same_bytes(folder, made, tmp_path):
    """Both files, from another process with other hashes and over two cores."""
    out, _ = made
    wanted = arguments(
        folder,
        tmp_path / "again",
        "--jobs",
        "2",
        "--sensitivity",
        "--compare",
        str(folder / "twos.yaml"),
    )
    subprocess.run(
        [sys.executable, "-m", "deploy.cli", *wanted],
        cwd=ROOT, env={"PYTHONHASHSEED": "7", "PATH": "", "HOME": str(tmp_path)}, check=True,
        capture_output=True,
    )  # fmt: skip
    for name in ("report.html", "figures.json"):
        assert (tmp_path / "again" / name).read_bytes() == (out / name).read_bytes()


def test_a_table_and_what_to_choose_are_printed(made):
    """Intervals, Devon Cares beside them, a sentence, and decisions a second, here alone."""
    out, printed = made
    assert "Devon Cares" in printed
    assert re.search(r"\d\.\d% \(\d+\.\d–\d+\.\d\)", printed)
    assert re.search(r"Choose (small|in-twos)", printed)
    assert re.search(r"decisions in .* a second", printed)
    assert MARK in printed
    for name in ("report.html", "figures.json"):
        assert "decisions" not in (out / name).read_text(encoding="utf-8").replace("deciding", "")


class Page(HTMLParser):
    """What a page consists of: its ids, and every element, closed where it was opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.elements.append((tag, found))
        if "id" in found:
            self.ids.append(found["id"])
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag


def test_the_page_stands_alone(made):
    """Nothing is fetched, every name is its own, every plot has words, and it says what it is."""
    text = (made[0] / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    tags = [tag for tag, _ in page.elements]
    assert not {"script", "img", "iframe", "object"} & set(tags)
    outside = re.findall(r'(?:href|src)="(?!#)[^"]*"|url\((?!#)[^)]*\)|@import', text)
    assert outside == []
    assert len(page.ids) == len(set(page.ids))
    plots = [found for tag, found in page.elements if tag == "svg"]
    assert len(plots) == 4
    assert all(found["role"] == "img" and len(found["aria-label"] or "") > 60 for found in plots)
    assert 'name="viewport"' in text
    assert "@media print" in text
    assert MARK in text
    assert all(one.told.split(":")[0] in text for one in MEASURES)


def test_the_page_opens_with_what_to_choose(made):
    """Before any table or plot: which policy, what it costs, and what is given up."""
    text = (made[0] / "report.html").read_text(encoding="utf-8")
    opening = text[text.index('<div class="answer">') : text.index("<section>")]
    for told in ("Choose", "What it costs", "What is gained", "What is given up", "framework"):
        assert told in opening
    assert "<table" not in opening
    assert "<svg" not in opening


def test_the_numbers_are_those_of_the_page(made):
    """Every measure by seed with its interval, and the same summary."""
    told = json.loads((made[0] / "figures.json").read_text(encoding="utf-8"))
    assert told["mark"] == MARK
    assert [one["policy"] for one in told["policies"]] == ["small", "in-twos"]
    figure = told["policies"][0]["figures"]["filled_240"]
    assert len(figure["by_seed"]) == 3
    assert figure["low"] <= figure["mean"] <= figure["high"]
    assert len(told["sensitivity"]) == 2
    assert told["grid"] is None
    assert {one["horizon"] for one in told["policies"][0]["forecasts"]} >= {"90", "240"}


def test_other_settings_are_shown_when_they_are_asked_for(folder, tmp_path):
    """The best broadcast and waves(n), in words, in the plot and in the numbers."""
    outcome = command(
        *arguments(folder, tmp_path, "--against-grid", "--no-forecasts", "--jobs", "1"),
        *("--seeds", "2", "--weeks", "1", "--warm-up-weeks", "0"),
    )
    assert outcome.exit_code == 0, outcome.output
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Would another setting do better?" in text
    assert re.search("20 broadcasts", text)
    assert "waves(n), one line a window" in text
    grid = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))["grid"]
    assert grid["broadcasts_tried"] == 20
    assert {window: len(family) for window, family in grid["waves"].items()} == dict.fromkeys(
        ("15", "20", "30", "45", "60"), 9
    )


@pytest.mark.parametrize(
    ("file", "before", "after", "said"),
    [
        ("market", "per_week: 20", "per_weak: 20", "arrivals.per_weak"),
        ("market", "answers: 0.9", "answers: 1.9", "market.yaml:26: providers[0].habits.answers: too large"),
        ("market", "{median: 20, sigma: 0.8}", "{median: -20, sigma: 0.8}", "median"),
        ("market", "by_outcode: {E4: 0.6, E17: 0.4}", "by_outcode: {E4: 0.6, E9: 0.4}", "nobody works in E9"),
        ("policy", "targets_minutes: [90, 240]", "target_minutes: [90, 240]", "target_minutes"),
        ("policy", "settling_minutes: 10", "settling_minutes: -10", "settling_minutes"),
        ("market", "lot: south, rank", "lot: sooth, rank", "nobody has a contract in lot south"),
        ("policy", "lots:\n  north: {outcodes: [E4], neighbours: [south]}", "lots:\n  north: {outcodes: [E9], neighbours: [south]}",
         "E4, where packages come from, lies in no lot"),
    ],
)  # fmt: skip
def test_what_cannot_be_simulated_is_refused_by_name(tmp_path, file, before, after, said):
    """Exit code 1, the place and the remedy; and nothing is written."""
    change = (before, after)
    written(tmp_path, SMALL, *[change] * (file == "market"))
    written(tmp_path, POLICY, *[change] * (file == "policy"), name="policy.yaml")
    outcome = command(*arguments(tmp_path, tmp_path / "out"))
    assert outcome.exit_code == 1
    assert said in outcome.output
    assert not (tmp_path / "out").exists()


def test_every_mistake_of_every_file_is_told_at_once(folder, tmp_path):
    """So that nobody mends one and finds the next."""
    written(tmp_path, SMALL, ("weekends: 0.4", "weekends: -0.4"))
    written(tmp_path, POLICY, ("settling_minutes", "settling"), name="policy.yaml")
    outcome = command(
        *arguments(tmp_path, tmp_path / "out", "--compare", str(folder / "policy.yaml"))
    )
    assert outcome.exit_code == 1
    assert "arrivals.weekends" in outcome.output
    assert "settling" in outcome.output


def test_policies_of_one_name_are_refused(folder, tmp_path):
    """A copy that was changed needs a name of its own."""
    outcome = command(*arguments(folder, tmp_path / "out", str(folder / "policy.yaml")))
    assert outcome.exit_code == 1
    assert "both are called small" in outcome.output


def test_seeds_of_tuning_are_not_reported_on(folder, tmp_path):
    """They have been seen by whoever tuned the policy."""
    outcome = command(*arguments(folder, tmp_path / "out", "--first-seed", "999"))
    assert outcome.exit_code == 2
    assert "kept for tuning" in outcome.output


def test_a_folder_of_somebody_else_is_left_alone(folder, tmp_path):
    """Unless it is insisted on; an earlier report in it is made anew."""
    (tmp_path / "thesis.txt").write_text("years of work")
    quick = ("--no-forecasts", "--jobs", "1")
    outcome = command(*arguments(folder, tmp_path, *quick))
    assert outcome.exit_code == 1
    assert "holds other files (thesis.txt)" in outcome.output
    assert [one.name for one in tmp_path.iterdir()] == ["thesis.txt"]
    assert command(*arguments(folder, tmp_path, *quick, "--force")).exit_code == 0
    (tmp_path / "thesis.txt").unlink()
    assert command(*arguments(folder, tmp_path, *quick)).exit_code == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["figures.json", "report.html"]
    assert "How far forecasts" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_file_is_no_folder(folder, tmp_path):
    """Not even with --force."""
    (tmp_path / "out").write_text("here already")
    outcome = command(*arguments(folder, tmp_path / "out", "--force"))
    assert outcome.exit_code == 1
    assert "is a file" in outcome.output


def test_runs_that_are_broken_off_leave_no_process(tmp_path):
    """Whoever stops listening to runs ends the processes too."""
    wanted = Run(market=small(tmp_path), policy=policy(tmp_path), seed=1, weeks=2)
    runs = run_all([wanted] * 40, 2)
    next(runs)
    runs.close()
    assert multiprocessing.active_children() == []


def test_forecasts_of_a_sample_are_those_of_all(tmp_path):
    """A package that is looked at is told the same, but for the correction, which has less to go
    by; and looking changes nothing that happens."""
    wanted = Run(market=small(tmp_path), policy=policy(tmp_path), seed=1, weeks=6)
    plain = run(wanted)
    everything = run(replace(wanted, forecasts=True))
    sample = run(replace(wanted, forecasts=True, forecast_every=3))
    told = [n for n, one in enumerate(sample.packages) if one.forecasts]
    assert 0.15 < len(told) / len(sample.packages) < 0.6
    known = [uncorrected(sample.packages[n]) for n in told]
    assert known == [uncorrected(everything.packages[n]) for n in told]
    for one in (everything, sample):
        assert [each.filled_minutes for each in one.packages] == [
            each.filled_minutes for each in plain.packages
        ]


def test_the_sample_is_as_large_whatever_is_simulated(tmp_path):
    """More seeds take no more time for forecasts."""
    market = small(tmp_path)
    few, many = (Size(seeds=seeds, weeks=52, warm_up_weeks=12) for seeds in (2, 100))
    for size in (few, many):
        packages = market.arrivals.per_week * 64 * size.seeds
        assert packages / forecast_every(market, size) <= FORECAST_PACKAGES
    assert forecast_every(market, Size(seeds=1, weeks=1, warm_up_weeks=0)) == 1


def test_what_comes_after_the_award_is_told(tmp_path, monkeypatch):
    """In words, in the table, in a section of its own and in the numbers; by lot where outcodes are
    many."""
    monkeypatch.setattr(page, "MOST_OUTCODES", 1)
    written(tmp_path, SMALL, FICKLE, LIFE)
    written(tmp_path, POLICY, name="policy.yaml")
    outcome = command(
        *arguments(tmp_path, tmp_path / "out", "--no-forecasts", "--jobs", "1"),
        *("--seeds", "2", "--weeks", "8", "--warm-up-weeks", "0"),
    )
    assert outcome.exit_code == 0, outcome.output
    assert "later searches" in outcome.output
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<h2>After the award</h2>" in text
    assert "handed back after care has started" in text
    assert "… filled in 24 h" in text
    assert "lot and its share" in text
    assert "<summary>Every outcode</summary>" in text
    Page(text)
    told = json.loads((tmp_path / "out" / "figures.json").read_text(encoding="utf-8"))
    later = told["policies"][0]["later_searches"]
    assert later["handed_back"]["per_hundred_packages"]["low"] >= 0
    assert {"care_gaps", "visits_given"} <= told["policies"][0]["figures"].keys()


def uncorrected(package: PackageOutcome) -> list[Forecast]:
    return [replace(one, chance=0.0) for one in package.forecasts]
