"""Runs the library's pipelines as Data Factory would, without Azure.

No emulator of Data Factory exists, and the text of an expression does not show its result. `expressions` evaluates
expressions. `runs` runs a pipeline with its triggers' parameters; functions replace the services that it calls. Both
follow Microsoft's documentation. Where it leaves a case open, they take the stricter reading, so that no pipeline
relies on that case. `test_interpreter` checks them against the examples in the documentation, page by page.

Sources, read in 2026-11 at learn.microsoft.com/azure/data-factory: "Expressions and functions", "System variables",
"Pipelines and activities", "Errors and Conditional execution", "Nested activities", "Azure Data Factory limits",
"Troubleshoot Azure Data Factory", and the page of each activity; at learn.microsoft.com/dotnet: "Custom date and time
format strings", "TimeZoneInfo.ConvertTimeToUtc".
"""
