"""The tags of every resource in an environment."""

from .settings.environment import EnvironmentSettings


def environment_tags(settings: EnvironmentSettings) -> dict[str, str]:
    """The tags of project, environment and library; in this order, each overrides the ones before it."""
    project = settings.project
    own = {
        "project": project.name,
        "data-product": project.data_product,
        "environment": settings.environment.value,
        "owner-team": project.owner_team,
        "owner-email": project.owner_email,
        "cost-center": project.cost_center,
        "cost-code": project.cost_code,
        "expires-on": settings.expires_on,
        "managed-by": "azure-mlplatform",
    }
    return {
        **project.tags,
        **settings.tags,
        **{tag: value for tag, value in own.items() if value is not None},
    }
