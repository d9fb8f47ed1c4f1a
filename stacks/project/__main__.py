"""One environment of one project: settings in, composition, outputs."""

from azure_mlplatform.stack import deploy, stack_settings

deploy(stack_settings())
