"""What a platform team runs for its projects: a cluster that they share, or one that is their prod's compute, for
stress tests."""

from azure_mlplatform.stack import deploy, platform_settings

deploy(platform_settings())
