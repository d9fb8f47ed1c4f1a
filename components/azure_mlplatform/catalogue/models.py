"""The models of Azure OpenAI and the day on which each version retires.

Source: "Model retirement schedule" (MicrosoftDocs/azure-ai-docs, articles/foundry/openai, the page of 2026-07-07), read
2026-11-28: generally available and deprecated models, with the replacements that it names. That gpt-4o-mini is not
deployed anew with `Standard`: microsoft/microsoft-foundry-for-vscode#491, Azure/azure-dev#7534. A model or version that
is not here is unchecked, and a notice says so. Which sku a region has is not here either: ask Azure
(`az cognitiveservices model list`).
"""

import datetime
from functools import cache
from typing import Optional

from .lifecycle import Lifecycle

READ = datetime.date(2026, 11, 28)
"""The day on which the source was read."""

_ROWS = (
    ("codex-mini", "2025-05-16", "2026-11-15"),
    ("gpt-4.1", "2025-04-14", "2026-10-14"),
    ("gpt-4.1-mini", "2025-04-14", "2026-10-14"),
    ("gpt-4.1-nano", "2025-04-14", "2026-10-14"),
    ("gpt-4o", "2024-05-13", "2026-10-01", "gpt-5.1"),
    ("gpt-4o", "2024-08-06", "2026-10-01", "gpt-5.1"),
    ("gpt-4o", "2024-11-20", "2026-10-01", "gpt-5.1"),
    ("gpt-4o-mini", "2024-07-18", "2026-10-01", "gpt-4.1-mini"),
    ("gpt-4o-mini-transcribe", "2025-03-20", "2026-10-15"),
    ("gpt-4o-mini-transcribe", "2025-12-15", "2026-12-15"),
    ("gpt-4o-mini-tts", "2025-12-15", "2026-12-15"),
    ("gpt-4o-transcribe", "2025-03-20", "2026-10-15"),
    ("gpt-4o-transcribe-diarize", "2025-10-15", "2026-10-15"),
    ("gpt-5", "2025-08-07", "2027-02-06"),
    ("gpt-5-chat", "2025-08-07", "2026-06-29", "gpt-chat-latest"),
    ("gpt-5-chat", "2025-10-03", "2026-05-13", "gpt-chat-latest"),
    ("gpt-5-codex", "2025-09-15", "2027-03-17"),
    ("gpt-5-mini", "2025-08-07", "2027-02-06"),
    ("gpt-5-nano", "2025-08-07", "2027-02-06"),
    ("gpt-5-pro", "2025-10-06", "2027-04-07"),
    ("gpt-5.1", "2025-11-13", "2027-05-15"),
    ("gpt-5.1-codex", "2025-11-13", "2027-05-15"),
    ("gpt-5.1-codex-max", "2025-12-04", "2026-12-05"),
    ("gpt-5.1-codex-mini", "2025-11-13", "2027-05-15"),
    ("gpt-5.2", "2025-12-11", "2026-12-12"),
    ("gpt-5.2-codex", "2026-01-14", "2027-01-14"),
    ("gpt-5.3-codex", "2026-02-24", "2027-02-25"),
    ("gpt-5.4", "2026-03-05", "2027-03-05"),
    ("gpt-5.4-mini", "2026-03-17", "2027-03-18"),
    ("gpt-5.4-nano", "2026-03-17", "2027-03-18"),
    ("gpt-5.4-pro", "2026-03-05", "2027-03-06"),
    ("gpt-5.5", "2026-04-24", "2027-04-23"),
    ("gpt-audio", "2025-08-28", "2027-02-28"),
    ("gpt-audio-1.5", "2026-02-23", "2027-02-23"),
    ("gpt-audio-mini", "2025-10-06", "2026-09-21"),
    ("gpt-audio-mini", "2025-12-15", "2026-12-15"),
    ("gpt-chat-latest", "2026-05-05", "2026-11-05"),
    ("gpt-image-1-mini", "2025-10-06", "2027-04-07"),
    ("gpt-image-1.5", "2025-12-16", "2026-12-16"),
    ("gpt-image-2", "2026-04-21", "2027-04-21"),
    ("gpt-realtime", "2025-08-28", "2027-02-28"),
    ("gpt-realtime-1.5", "2026-02-23", "2027-02-23"),
    ("gpt-realtime-2", "2026-05-06", "2027-05-06"),
    ("gpt-realtime-mini", "2025-12-15", "2026-12-15"),
    ("o1", "2024-12-17", "2026-09-16"),
    ("o3", "2025-04-16", "2026-10-16"),
    ("o3-deep-research", "2025-06-26", "2026-12-26"),
    ("o3-mini", "2025-01-31", "2026-10-01", "o4-mini"),
    ("o3-pro", "2025-06-10", "2026-12-10"),
    ("o4-mini", "2025-04-16", "2026-10-16"),
    ("text-embedding-3-large", "1", "2027-04-15"),
    ("text-embedding-3-small", "1", "2027-04-15"),
    ("text-embedding-ada-002", "1", "2027-04-15"),
    ("text-embedding-ada-002", "2", "2027-04-15"),
    ("tts", "001", "2026-12-15"),
    ("tts-hd", "001", "2026-12-15"),
    ("whisper", "001", "2026-12-15"),
)
"""Name, version, retirement day, and the replacement if one is named."""

_NONE_NEW = {("gpt-4o-mini", "2024-07-18", "Standard"): datetime.date(2026, 3, 31)}
"""Name, version and sku → the first day on which Azure makes no new deployment."""


def model_lifecycle(name: str, version: str, sku: str) -> Optional[Lifecycle]:
    """The end of a model's version with a sku, or None if the catalogue does not have it."""
    row = _rows().get((name, version))
    return row and row._replace(none_new_from=_NONE_NEW.get((name, version, sku)))


def versions() -> dict[str, list[str]]:
    """Model → its versions in the catalogue."""
    found: dict[str, list[str]] = {}
    for name, version in _rows():
        found.setdefault(name, []).append(version)
    return found


@cache
def _rows() -> dict[tuple[str, str], Lifecycle]:
    return {
        (name, version): Lifecycle(datetime.date.fromisoformat(day), "".join(successor))
        for name, version, day, *successor in _ROWS
    }
