"""A ward's code is published, so it must not be able to hold what names a person."""

import pytest
from pydantic import ValidationError

from services.referrals.api.bodies import SourceIn


@pytest.mark.parametrize("field", ["organisation", "ward"])
@pytest.mark.parametrize("typed", ["9991583068", "999-158-3068", "1948-08-08", "07700900277"])
def test_a_number_that_names_a_person_is_no_place(field: str, typed: str):
    """An NHS number, a date of birth or a telephone in the wrong field is refused, not published."""
    source = {"kind": "hospital", "organisation": "whipps", "ward": "aspen", field: typed}
    with pytest.raises(ValidationError) as refused:
        SourceIn.model_validate(source)
    assert [error["type"] for error in refused.value.errors()] == ["place_code"]


@pytest.mark.parametrize("code", ["aspen", "r1h12", "f86004", "ward-12.b", "rqw01-0042"])
def test_codes_of_organisations_and_wards_pass(code: str):
    """Organisations' own codes, such as those of the NHS, have few digits."""
    assert SourceIn(kind="hospital", organisation=code, ward=code).ward == code
