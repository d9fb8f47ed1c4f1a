import pytest

from azure_mlplatform.environment.tags import environment_tags
from azure_mlplatform.foundation.tags import OPTIONAL, REQUIRED
from azure_mlplatform.testing import example_settings


def test_every_resource_says_whose_it_is_and_who_pays():
    assert environment_tags(example_settings("prod")) == {
        "project": "churn",
        "data-product": "customer-360",
        "environment": "prod",
        "owner-team": "retail-analytics",
        "cost-center": "CC-4711",
        "cost-code": "P-2026-0042",
        "managed-by": "azure-mlplatform",
    }


@pytest.mark.parametrize("environment", ["sandbox", "dev", "test", "prod"])
def test_the_library_sets_what_it_says_it_sets(environment):
    tags = set(environment_tags(example_settings(environment)))
    assert set(REQUIRED) <= tags <= {*REQUIRED, *OPTIONAL}


def test_an_expiry_date_is_a_tag():
    assert environment_tags(example_settings("sandbox"))["expires-on"] == "2026-02-01"


def test_an_environment_overrides_its_project():
    project = {**example_settings().project.model_dump(), "tags": {"a": "project", "b": "project"}}
    tags = environment_tags(example_settings(project=project, tags={"b": "environment"}))
    assert (tags["a"], tags["b"]) == ("project", "environment")
