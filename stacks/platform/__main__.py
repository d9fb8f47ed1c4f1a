"""Deploys a platform team's stack: a cluster that projects share, or one like their prod's for stress tests."""

from azure_mlplatform.stack import deploy, platform_settings

deploy(platform_settings())
