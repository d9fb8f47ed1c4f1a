"""Keys and tokens of the published shapes are found, and ordinary names and ids are none of them.

Each example is put together here, so that no scanner takes this file for one that holds keys.
"""

import base64
import hashlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from azure_mlplatform.foundation.model import Settings
from azure_mlplatform.foundation.problems import Problem, problems_of
from azure_mlplatform.foundation.secret_values import SECRET, holds_key, names_a_secret, redacted

LETTERS = "aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789AbCdEfGhIjKlMnOpQrStUvWxYz"
LONG = LETTERS * 3


def part(data):
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


KEYS = {
    "SAS": "?sv=2024-01-01&sig=" + LONG[:30] + "%3D",
    "storage connection": "AccountName=x;AccountKey=" + LONG[:40],
    "service bus connection": "SharedAccessKey=" + LONG[:30],
    "password alone": "a:" + "Password=" + "hunter2",
    "database connection": "Server=db;User Id=sa;" + "Password=" + "hunter2;",
    "storage": LONG[:76] + "+ASt" + LONG[:6] + "==",
    "older storage": LONG[:86] + "==",
    "AI services": LONG[:52] + "JQQJ" + "99BAACYeBjFXJ3w3AAABACOG" + LONG[:8],
    "service bus": LONG[:33] + "+ASb" + "A" + LONG[:5] + "=",
    "event hub": LONG[:33] + "+AEh" + "P" + LONG[:5] + "=",
    "redis": LONG[:33] + "AzCa" + "B" + LONG[:5] + "=",
    "event grid": LONG[:33] + "AZEG" + "B" + LONG[:5] + "=",
    "registry": LONG[:42] + "+ACR" + "A" + LONG[:5],
    "search": LONG[:42] + "AzSe" + "D" + LONG[:5],
    "functions": LONG[:44] + "AzFu" + LONG[:5] + "A==",
    "Entra": LONG[:3] + "8Q~" + LONG[:31] + "_-.",
    "Entra, older": LONG[:3] + "7Q~" + LONG[:31],
    "Azure DevOps": LONG[:76] + "AZDO" + LONG[:4],
    "Azure DevOps, older": ("abc2def3ghi4jkl5mno6pqr7" * 3)[:52],
    "Databricks": "dapi" + "0123456789abcdef" * 2,
    "Databricks with a number": "dapi" + "0123456789abcdef" * 2 + "-3",
    **{f"GitHub {each}": each + "_" + LONG[:36] for each in ("ghp", "gho", "ghu", "ghs", "ghr")},
    "GitHub, fine-grained": "github_pat_" + LONG[:22] + "_" + LONG[:59],
    "GitLab": "glpat-" + LONG[:20],
    "GitLab runner": "glrt-" + LONG[:20],
    "npm": "npm_" + LONG[:36],
    "AWS": "AKIA" + "Q2W3E4R5T6Y7U2I3",
    "Slack": "xoxb-" + "123456789012-" + LONG[:24],
    "OpenAI": "sk-" + LONG[:20] + "T3BlbkFJ" + LONG[:20],
    "OpenAI project": "sk-proj-" + LONG[:74] + "T3BlbkFJ" + LONG[:74],
    "Anthropic": "sk-ant-api03-" + LONG[:93] + "AA",
    "Hugging Face": "hf_" + ("aBcDeFgHiJkLmNoPqRsTuVwXyZ" * 2)[:34],
    "JWT": f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part({'sub': 'x', 'aud': 'api://y'})}.{LONG[:43]}",
    "header": "Authorization: Bearer " + LONG[:40],
    "git with a token": "https://user:" + "token@git.example.com/a/b",
    "git with a token as user": "https://" + "token@git.example.com/a/b",
    "database URL": "postgresql://app:" + "hunter2@db.example.com:5432/x",
    "redis URL": "redis://:" + "hunter2@cache.example.com",
    "private key": "-----BEGIN RSA PRIVATE KEY-----",
    "option": "az login --service-principal -u x -p hunter2",
}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_found_alone_and_within_a_text(name):
    key = KEYS[name]
    for value in (key, f"see {key} there", [key], {"a": key}, {"a": [{"b": key}]}, {key: "a"}):
        assert holds_key(value)
    shown = redacted(f"see {key} there")
    assert SECRET in shown
    assert "hunter2" not in shown
    assert LONG[:20] not in shown


@pytest.mark.parametrize("name", KEYS)
def test_a_problem_never_shows_a_key_wherever_it_is(name):
    key = KEYS[name]
    problem = Problem(("tags", key), f"'{key}' is wrong", f"Did you mean '{key}'?", "Pulumi.dev.yaml:3")
    shown = str(problem) + json.dumps(problem.as_json())
    assert "hunter2" not in shown
    assert LONG[:20] not in shown


class Tagged(Settings):
    name: str = ""
    tags: dict[str, str] = Field(default_factory=dict)
    many: list[dict[str, str]] = Field(default_factory=list)


@pytest.mark.parametrize("data", [{"name": 1}, {"tags": {"a": 1}}, {"many": [{"a": 1}]}])
@pytest.mark.parametrize("name", KEYS)
def test_a_key_in_any_field_is_refused_and_not_shown(data, name):
    def filled(value):
        if isinstance(value, dict):
            return {key: filled(each) for key, each in value.items()}
        return [filled(each) for each in value] if isinstance(value, list) else KEYS[name]

    with pytest.raises(ValidationError) as error:
        Tagged.model_validate(filled(data))
    [problem] = problems_of(error.value, Tagged)
    assert problem.what == "[secret] looks like a key, a token, a password or a connection string"
    assert LONG[:20] not in str(problem)


ORDINARY = [
    "00000000-0000-0000-0000-000000000001",
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-customer-360-churn-dev/providers/Microsoft.Web",
    "crchurnprodx7k2p9.azurecr.io/placeholder:1@sha256:" + hashlib.sha256(b"x").hexdigest(),
    hashlib.sha1(b"x", usedforsecurity=False).hexdigest(),
    base64.b64encode(hashlib.sha256(b"x").digest()).decode(),
    "sha512-" + base64.b64encode(hashlib.sha512(b"x").digest()[:40]).decode(),
    "ml-team@example.com",
    "https://git.example.com/ml-platform/cluster-config?ref=main#a@b",
    "https://example.com/@scope/package@1.2.3",
    "ssh://git@ssh.dev.azure.com/v3/org/project/repo",
    "git@github.com:org/repo.git",
    "abfss://curated@stlake.dfs.core.windows.net/churn/2026",
    "wasbs://curated@stlake.blob.core.windows.net/churn",
    "azureml://datastores/curated/paths/churn",
    "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/name)",
    "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=https://x.in.applicationinsights.azure.com",
    "https://vstoken.dev.azure.com/00000000-0000-0000-0000-000000000001",
    "repo:org/repo:environment:prod",
    "The password is in the vault, see ML-321",
    "basic authentication is off",
    "bearer of the cost center",
    "Password=$(password)",
    "Server=db;Password=<from the vault>",
    "--password $REGISTRY_PASSWORD",
    "az login --identity",
    "a signature of sig=4",
    "eyJhbGciOiJIUzI1NiJ9",
    "sk-learn-models-for-the-customers",
    "dapi-tokens-of-databricks-are-made-by-hand-in-the-portal",
    "github_pat_rotation",
    "AKIAISNOTHING",
    "W. Europe Standard Time",
    "[secret]",
    "2026-12-31T10:00:00Z",
    "10.20.0.0/22",
    "DOCKER|mcr.microsoft.com/dotnet/samples:aspnetapp",
]


@pytest.mark.parametrize("value", ORDINARY)
def test_an_ordinary_value_is_no_key(value):
    assert not holds_key(value)
    assert redacted(value) == value


words = st.from_regex(r"[a-z][a-z0-9]{0,14}", fullmatch=True)
joints = st.sampled_from("-_./ ")
names = st.builds(lambda by, each: by.join(each), joints, st.lists(words, min_size=1, max_size=5))
guids = st.uuids().map(str)
digests = st.binary(max_size=8).map(lambda each: hashlib.sha256(each).hexdigest())
commits = st.binary(max_size=8).map(lambda each: hashlib.sha1(each, usedforsecurity=False).hexdigest())
ids = st.builds("/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Storage/x/{}".format, guids, names, words)
images = st.builds("{}.azurecr.io/{}:{}@sha256:{}".format, words, words, words, digests)
emails = st.builds("{}@{}.example.com".format, words, words)
urls = st.builds("https://{}.example.com/{}/{}?ref={}".format, words, words, guids, words)


@given(st.lists(names | guids | digests | commits | ids | images | emails | urls, min_size=1, max_size=3).map(" ".join))
def test_ordinary_names_ids_and_addresses_are_no_keys(text):
    assert not holds_key(text)


@pytest.mark.parametrize(
    "piece",
    [
        *("a", "a-", "eyJ", "-eyJ", ".eyJ", "2", "A/", "+", "Q~", "@", "x:", "x://", "https://", "az login ", "basic "),
        *(";password=", "sig=", "accountkey=", "--password ", "-----BEGIN ", "sk-", "ghp_", "dapi", "xoxb-"),
    ],
)
def test_a_long_text_is_searched_in_little_time(piece):
    text = piece * (1_000_000 // len(piece))
    begin = time.monotonic()
    redacted(text)
    assert time.monotonic() - begin < 10


@pytest.mark.parametrize(
    "name",
    [
        *("API_KEY", "KEY", "HF_TOKEN", "DB_PASSWORD", "PWD", "CLIENT_SECRET", "AZURE_CREDENTIALS", "GITHUB_PAT"),
        *("storage.connectionstring", "MY-SAS", "ConnectionString"),
    ],
)
def test_a_name_of_a_secret_is_one(name):
    assert names_a_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "MAX_TOKENS",
            "TOKENIZERS_PARALLELISM",
            "EOS_TOKEN",
            "PARTITION_KEY",
            "PUBLIC_KEY",
            "KEY_VAULT_URI",
            "COMPAT",
        ),
        *("SECRET_NAME", "PASSWORD_POLICY_URL", "MONKEY", "TOKEN_ENDPOINT", "LOG_LEVEL"),
    ],
)
def test_a_name_that_only_resembles_one_is_none(name):
    assert not names_a_secret(name)
