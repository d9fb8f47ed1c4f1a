"""What Azure does by calls that azure-native does not make: thin Pulumi dynamic resources.

Pulumi keeps a dynamic provider in the state, pickled: a class of this package by its name, so that the code that runs
is the installed one. The names of modules and classes here are therefore as frozen as URNs.
"""
