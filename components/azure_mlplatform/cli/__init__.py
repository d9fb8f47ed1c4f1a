"""The command `mlplatform`: thin, for everything it does stands in the library."""
