"""Deploys one environment of one project from its settings."""

from azure_mlplatform.stack import deploy, stack_settings

deploy(stack_settings())
