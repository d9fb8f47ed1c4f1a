"""One environment of one project: settings in, composition, outputs."""

import pulumi

from azure_mlplatform.foundation.clock import today
from azure_mlplatform.project_environment import ProjectEnvironment, ProjectEnvironmentArgs
from azure_mlplatform.stack import azure_provider, stack_secret, stack_settings

settings = stack_settings()
environment = ProjectEnvironment(
    settings.project.name,
    ProjectEnvironmentArgs(settings=settings, today=today(), databricks_token=stack_secret("databricks_token")),
    pulumi.ResourceOptions(providers=[azure_provider(settings)]),
)
for name, value in environment.outputs.items():
    pulumi.export(name, value)
