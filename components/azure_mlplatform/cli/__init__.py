"""The command `mlplatform`. It is thin: the library does all the work."""
