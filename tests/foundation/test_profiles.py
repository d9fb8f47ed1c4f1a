import itertools

import pytest

from azure_mlplatform.foundation.profiles import PROFILES, Environment, Profile, environments_where


@pytest.mark.parametrize("environment", Environment)
def test_a_profile_holds_what_its_fields_say(environment):
    kinds = {"bool": bool, "str": str, "int": int, "int | None": (int, type(None)), "frozenset": frozenset}
    profile = PROFILES[environment]
    for name, annotation in Profile.__annotations__.items():
        assert isinstance(getattr(profile, name), kinds[str(getattr(annotation, "__name__", annotation))]), name


def test_a_profile_is_at_most_as_open_as_the_one_before_it():
    """What prod may, test may; what test may, dev may; what dev may, a sandbox may."""
    profiles = [PROFILES[each] for each in Environment]
    for looser, stricter in itertools.pairwise(profiles):
        for name in Profile.__annotations__:
            if name.startswith("may_") and name != "may_grant":
                assert getattr(looser, name) >= getattr(stricter, name)
        assert looser.may_grant >= stricter.may_grant
        assert looser.needs_network <= stricter.needs_network


def test_a_message_lists_where_something_is_allowed():
    assert environments_where("may_be_public") == "sandbox, dev"
    assert environments_where("protect") == "prod"
