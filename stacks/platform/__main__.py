"""What a platform team runs for its projects: a cluster that they share, or one that is their prod's compute, for
stress tests."""

import pulumi

from azure_mlplatform.foundation.clock import today
from azure_mlplatform.project_environment import ProjectEnvironment, ProjectEnvironmentArgs
from azure_mlplatform.stack import azure_provider, platform_settings, stack_secret

settings = platform_settings()
environment = ProjectEnvironment(
    settings.project.name,
    ProjectEnvironmentArgs(settings=settings, today=today(), databricks_token=stack_secret("databricks_token")),
    pulumi.ResourceOptions(providers=[azure_provider(settings)]),
)
for name, value in environment.outputs.items():
    pulumi.export(name, value)
