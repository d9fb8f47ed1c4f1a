"""Deploys the place of one environment of one project: groups, the identities of its pipelines, and their rights."""

from azure_mlplatform.stack import deploy, landing_settings

deploy(landing_settings())
