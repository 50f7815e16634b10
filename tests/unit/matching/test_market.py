"""The market table, its made register, and a register's file refused by line."""

import csv
from fractions import Fraction
from io import StringIO

import pytest

from deploy.registers.made import made_register
from deploy.registers.published import beside, read_published
from services.matching.domain.london import midnight
from services.matching.reporting.market import HeldPackage, market_lines
from services.matching.reporting.register import register_of
from services.matching.reporting.register_file import InvalidRegisterError, read_lines
from services.matching.reporting.register_reports import market_report
from shared.report_tables import Column, Report, Table, to_csv, to_json

HEADER = "provider,contract,package,care_type,weekly_hours,rate,outcode,started_on,ended_on\n"
GOOD = "Ash Care,framework,A-1,personal_care,10.25,17.42,E17,2023-01-05,\n"


def lines(text: str):
    return read_lines(csv.DictReader(StringIO(HEADER + text), strict=True))


def test_the_made_register_comes_to_what_was_published():
    """Counts, hours and cost of both groups to the penny, and the rates under one weighting."""
    published = read_published("waltham-forest")
    report = market_report(
        register_of(read_lines(csv.DictReader(StringIO(made_register())))),
        midnight(published.day),
    )
    told = {(row[0], row[1]): row for row in beside(report, published).rows}
    assert report.facts["providers"] == 60
    same = [
        *((group, name) for group in ("framework", "outside")
          for name in ("packages", "hours", "cost")),
        ("total", "packages"), ("total", "providers"), ("total", "cost"), ("", "providers"),
        ("reablement", "packages"), ("reablement", "providers"),
        ("framework", "minimum"), ("framework", "maximum"), ("total", "minimum"),
        ("total", "maximum"),
    ]  # fmt: skip
    assert {key: told[key][-1] for key in same} == dict.fromkeys(same, "same")
    assert [str(value) for value in told["framework", "cost"][2:5:2]] == ["201042.13"] * 2
    for group in ("framework", "total"):
        assert told[group, "average"][-1] == "if weighted by provider"


def test_a_total_that_its_own_page_contradicts_is_shown_beside_the_computed_one():
    """The page's groups add to 23,974.90 hours, and it prints 23,974.91."""
    published = read_published("waltham-forest")
    report = market_report(
        register_of(read_lines(csv.DictReader(StringIO(made_register())))),
        midnight(published.day),
    )
    (row,) = [r for r in beside(report, published).rows if r[:2] == ["total", "hours"]]
    assert [str(value) for value in row[2:]] == [
        "23974.91", "23974.90", "23974.90", "the page differs from itself",
    ]  # fmt: skip


def test_the_same_seed_makes_the_same_register():
    """And another seed another one with the same sums."""
    assert made_register() == made_register()
    assert made_register(7) != made_register()


def test_an_average_says_how_it_is_weighted():
    """By hour, by package and by provider are three figures."""

    def held(provider: str, hours: int, rate: int) -> HeldPackage:
        return HeldPackage(
            provider=provider, framework=True, care_type="personal_care",
            weekly_hours=Fraction(hours), rate_pence=Fraction(rate),
        )  # fmt: skip

    line = market_lines([held("A", 30, 1000), held("A", 10, 2000), held("B", 60, 3000)])[0]
    assert [line.by_hour, line.by_package, line.by_provider] == [23, 20, Fraction(45, 2)]
    assert [line.cost, line.hours, line.providers] == [2300, 100, 2]


def test_a_package_without_a_rate_is_counted_and_not_priced():
    """It has no part in cost and averages, and the table says how many there are."""
    package = HeldPackage(
        provider="A", framework=False, care_type=None, weekly_hours=Fraction(5), rate_pence=None
    )
    line = market_lines([package])[1]
    assert [line.packages, line.unpriced, line.cost, line.by_hour] == [1, 1, 0, None]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ash Care,framework,A-1,personal_care,10.255,17.42,E17,,\n", "weekly_hours"),
        ("Ash Care,framework,A-1,personal_care,0,17.42,E17,,\n", "weekly_hours"),
        ("Ash Care,framework,A-1,personal_care,10,NaN,E17,,\n", "rate"),
        ("Ash Care,frame,A-1,personal_care,10,17.42,E17,,\n", "contract"),
        ("Ash Care,framework,A-1,nursing,10,17.42,E17,,\n", "care_type"),
        ("Ash Care,framework,943 476 5919,personal_care,10,17.42,E17,,\n", "package"),
        ("Ash Care,framework,943-476-5919,personal_care,10,17.42,E17,,\n", "NHS number"),
        ("Ash Care,framework,A-1,personal_care,10,17.42,E17 3AA,,\n", "outcode"),
        ("Ash Care,framework,A-1,personal_care,10,17.42,E17,2024-02-30,\n", "started_on"),
        ("Ash Care,framework,A-1,personal_care,10,17.42,E17,2024-02-02,2024-02-01\n", "before"),
        ("Ash Care,framework,,personal_care,10,17.42,E17,,\n", "is empty"),
        ("Ash Care,framework,A-1\n", "fields"),
        (",framework,A-1,personal_care,10,17.42,E17,,\n", "provider"),
        (GOOD.replace("A-1", "A-2").replace("framework", "dps"), "is framework on line 2"),
        (GOOD, "same days"),
    ],
)
def test_a_bad_line_is_refused_with_its_number(text, said):
    """Nothing of the file is used, and the sentence says what to give instead."""
    with pytest.raises(InvalidRegisterError) as refused:
        lines(GOOD + text)
    (sentence,) = refused.value.errors
    assert sentence.startswith("line 3: ")
    assert said in sentence


def test_a_file_without_its_columns_is_refused():
    """Each missing and each unknown column is named."""
    with pytest.raises(InvalidRegisterError) as refused:
        read_lines(csv.DictReader(StringIO("provider,name\nAsh,Mary\n")))
    assert any("weekly_hours" in sentence for sentence in refused.value.errors)
    assert any("'name'" in sentence for sentence in refused.value.errors)


def test_a_package_may_change_hours_from_a_day_on():
    """Two lines of one package whose days do not overlap."""
    first, then = lines(
        GOOD.replace("05,", "05,2023-06-30") + GOOD.replace("2023-01-05", "2023-07-01")
    )
    assert (first.package, then.package) == ("A-1", "A-1")


def test_text_that_a_spreadsheet_would_run_is_kept_from_it():
    """A provider named like a formula is quoted; the same in JSON is as it is."""
    column = Column(name="provider", title="provider", definition="Who.")
    table = Table(name="one", title="One", columns=(column,), rows=[["=1+1"]])
    report = Report(name="r", title="R", about="", tables=(table, table))
    assert to_csv(report) == "provider\r\n'=1+1\r\n\r\nprovider\r\n'=1+1\r\n"
    assert to_json(report)["tables"][0]["rows"] == [{"provider": "=1+1"}]
    with pytest.raises(LookupError, match="one"):
        to_csv(report, "two")
