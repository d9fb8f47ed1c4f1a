"""Deploys what all environments of nonprod, or all of prod, share."""

from azure_mlplatform.stack import deploy, shared_settings

deploy(shared_settings())
