"""Handles secrets in settings: replaces encrypted values, and detects keys, which are neither accepted nor shown.

The shapes are published ones (read 2026-11-28):

- MS: the patterns with which Microsoft scans for keys, GeneratedRegexPatterns/PreciselyClassifiedSecurityKeys.json of
  microsoft/security-utilities (1.17).
- ADO: "Azure DevOps personal access token entity definition", Microsoft Purview: 84 characters, `AZDO` at 76 to 80.
- GitHub: "Authentication token format updates are generally available", GitHub changelog, 2021-03-31: prefixes,
  letters, digits and `_`, up to 255 characters.
- gitleaks: cmd/generate/config/rules of gitleaks/gitleaks: GitLab, AWS, npm, Slack, OpenAI, Anthropic, Hugging Face.
- RFC 7519 and 7515: a JWT is three parts in base64url, and a header in JSON begins with `{"`, which is `eyJ`.
- RFC 3986, 3.2.1: user information in a URL stands between `//` and `@`.
"""

import re
from collections.abc import Iterator, Mapping
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
    f"{SECRET} looks like a key, a token, a password or a connection string",
    "No setting takes one: everything signs in with Entra ID. Remove it, and renew it if it is real",
)

_KEY = re.compile(
    # A shared access signature.
    r"[?&;\s]sig=[\w%/+-]{16,}"
    # A connection string, and one with a password.
    r"|(?i:(?:account|sharedaccess)key=\S{16,})"
    r"|(?i:(?:^|[:;?&'\"\s])(?:password|pwd)\s*=\s*[^;&\s$<{\[][^;&\s]{2,})"
    # The 64 bytes of an account key: storage, Cosmos DB, Batch, API Management (MS, and as older keys have no mark).
    r"|(?<![\w+/])[\w+/]{86}==(?!=)"
    # MS: the common annotated key of newer services, such as AI services.
    r"|(?<![A-Za-z0-9])[A-Za-z0-9]{52}JQQJ9[9DH][A-Za-z0-9][A-L][A-Za-z0-9]{16}[A-Za-z][A-Za-z0-9]{7}"
    # MS: Relay, Event Hubs, Service Bus, IoT Hub, Redis, Event Grid; a registry; AI Search; Functions.
    r"|(?<![\w+/-])[A-Za-z0-9+/]{33}(?:\+ARm|\+AEh|\+ASb|AIoT|AzCa|AZEG)[A-P][A-Za-z0-9+/]{5}="
    r"|(?<![\w+/-])[A-Za-z0-9+/]{42}\+ACR[A-D][A-Za-z0-9+/]{5}(?![\w+/=-])"
    r"|(?<![\w+/-])[A-Za-z0-9]{42}AzSe[A-D][A-Za-z0-9]{5}(?![\w+/=-])"
    r"|(?<![\w-])[\w-]{44}AzFu[\w-]{5}[AQgw]=="
    # MS: the secret of an app registration in Entra.
    r"|[\w.~-]{3}[78]Q~[\w.~-]{31,34}"
    # ADO, and MS for the older format, which is base32: some digits keep words out.
    r"|(?<![A-Za-z0-9])[A-Za-z0-9]{75,76}AZDO[A-Za-z0-9]{4,5}(?![A-Za-z0-9])"
    r"|(?<![A-Za-z0-9])(?=(?:[a-z]{0,52}[2-7]){3})[a-z2-7]{52}(?![A-Za-z0-9])"
    # MS: Databricks.
    r"|(?<![\w-])dapi[0-9a-f]{32}(?![0-9a-f])"
    # GitHub.
    r"|(?<!\w)(?:gh[pousr]_\w{36,251}|github_pat_\w{22,244})"
    # gitleaks.
    r"|(?<![\w-])gl(?:pat|ptt|rt|dt|cbt|soat|imt|ft|ffct|agent|oas)-[\w-]{20,}"
    r"|(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)"
    r"|(?<!\w)(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?!\w)"
    r"|(?<!\w)xox[abeoprs](?:\.xox[bp])?-[\w-]{10,}|(?<!\w)xapp-\d-[A-Za-z0-9]{4,20}-\d{4,20}-[A-Za-z0-9]{10,}"
    r"|(?<![\w-])sk-(?:[A-Za-z0-9]{32,}|ant-[\w-]{40,}|(?:proj|svcacct|admin)-[\w-]{40,})"
    r"|(?<!\w)hf_[A-Za-z]{34}(?!\w)"
    # A JWT.
    r"|(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*"
    r"|(?i:(?<!\w)(?:bearer|basic)\s+[\w+/.~-]{20,}={0,2})"
    # User information in a URL. The user of a lake's address (abfss) is a container, and that of ssh is no secret.
    r"|(?i:(?<![a-z0-9+.-])(?:https?|ftps?)://[^\s/?#@]+@)"
    r"|(?i:(?<![a-z0-9+.-])[a-z][a-z0-9+.-]*://[^\s/?#@:]*:[^\s/?#@]+@)"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    # A password as an option of a command.
    r"|--password[= ]\s*[^\s$]\S*|\baz\s+login(?:\s+(?!-p\s)\S{1,99}){0,20}\s+-p\s+[^\s$]\S*",
    re.ASCII,
)
"""Matches keys, tokens, connection strings, and passwords in URLs and commands, in time in proportion to the text."""


def holds_key(value: Any) -> bool:
    """Whether a text, or one anywhere in a list or mapping, looks like a key. Models check themselves."""
    return any(_KEY.search(each) for each in _texts(value))


def redacted(text: str) -> str:
    """The text with `[secret]` in place of what looks like a key."""
    return _KEY.sub(SECRET, text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(key)
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


_SECRET_NAME = re.compile(
    r"(?:^|[_.-])(?:key|token|secret|password|passwd|pwd|passphrase|pat|sas|credentials?|connection_?string)$",
    re.IGNORECASE,
)
_NO_SECRET_NAME = re.compile(
    # Columns of databases and tables, and the special tokens of Hugging Face's tokenizers.
    r"(?:^|[_.-])(?:(?:partition|row|primary|foreign|sort|public)_?key|(?:bos|eos|unk|sep|pad|cls|mask)_token)$",
    re.IGNORECASE,
)


def names_a_secret(name: str) -> bool:
    """Whether a variable's name says that its value is a secret: `API_KEY`, `HF_TOKEN`, but not `MAX_TOKENS`."""
    return _SECRET_NAME.search(name) is not None and _NO_SECRET_NAME.search(name) is None
