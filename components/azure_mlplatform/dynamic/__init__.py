"""Pulumi dynamic resources for Azure calls that azure-native does not make.

Pulumi pickles a dynamic provider into the state, as the name of its class in this package, so that the installed code
runs. Never rename modules or classes here: their names are as fixed as URNs.
"""
