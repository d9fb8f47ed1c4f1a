"""The tags that stand on every resource of an environment."""

from .settings.environment import EnvironmentSettings


def environment_tags(settings: EnvironmentSettings) -> dict[str, str]:
    """The library's own tags, which nothing overrides, and the project's and environment's."""
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
