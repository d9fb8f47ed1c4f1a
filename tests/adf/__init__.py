"""Data Factory without Azure: runs the pipelines that the library writes, as the service would.

No emulator of Data Factory exists, and what its expressions do cannot be seen in their text. `expressions` evaluates
one, `runs` runs a pipeline with its triggers' parameters against functions that stand for the services it calls. Both
follow Microsoft's documentation; where it leaves a case open, they take the stricter reading, so that no pipeline
comes to rely on it. `test_interpreter` holds them to the examples of the documentation, page by page.

Sources, read in 2026-11 at learn.microsoft.com/azure/data-factory: "Expressions and functions", "System variables",
"Pipelines and activities", "Errors and Conditional execution", "Nested activities", "Azure Data Factory limits",
"Troubleshoot Azure Data Factory", and the page of each activity; at learn.microsoft.com/dotnet: "Custom date and time
format strings", "TimeZoneInfo.ConvertTimeToUtc".
"""
