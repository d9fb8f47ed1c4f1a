"""Handles secrets in settings: replaces encrypted values, and detects keys, which are never accepted."""

import re
from collections.abc import Mapping
from typing import Any, Self

from .violations import rule_error

SECRET = "[secret]"  # noqa: S105 - the text shown instead of a secret


class Encrypted(str):
    """A placeholder for an encrypted value that cannot be decrypted, as in a preview."""

    __slots__ = ()

    def __new__(cls) -> Self:
        return super().__new__(cls, SECRET)


ENCRYPTED_ERROR = rule_error(
    "[secret] cannot be read in a preview, but the library has to compute with it",
    "Settings hold no secrets. Write the value in plain text",
)

KEY_ERROR = rule_error(
    f"{SECRET} looks like a key, a SAS token or a connection string",
    "No setting takes one: everything signs in with Entra ID. Remove it, and renew the key if it is real",
)

_KEY = re.compile(
    r"[?&;\s]sig=[\w%/+-]{16,}"  # a shared access signature
    r"|(?i:(account|sharedaccess)key=\S{16,})"  # a connection string
    r"|(?<![\w+/])[\w+/]{86}==(?!=)"  # the 64 bytes of an account key
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|--password[= ]\s*[^\s$]\S*|\baz\s+login\b.*\s-p\s+[^\s$]"  # a password as an option of a command
)
"""Matches keys, connection strings, SAS tokens, and passwords as an option of a command."""


def holds_key(value: Any) -> bool:
    """Whether a text, or a text directly in a list or mapping, looks like a key. Nested models check themselves."""
    if isinstance(value, str):
        return _KEY.search(value) is not None
    if isinstance(value, Mapping):
        return any(isinstance(each, str) and _KEY.search(each) for each in value.values())
    return isinstance(value, list) and any(isinstance(each, str) and _KEY.search(each) for each in value)
