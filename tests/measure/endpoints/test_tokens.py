"""Tokens are kept until shortly before their end, on a clock of the test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure_mlplatform.measure.endpoints.endpoint import NotSignedInError
from azure_mlplatform.measure.endpoints.tokens import EARLY_SECONDS, Fetched, KeptToken, aml_token, entra_token


class Issuer:
    def __init__(self, life, renew_after=None):
        self.now, self.life, self.renew_after = 1000.0, life, renew_after
        self.issued, self.down = 0, False

    def fetch(self):
        if self.down:
            raise NotSignedInError("no token")
        self.issued += 1
        renew = None if self.renew_after is None else self.now + self.renew_after
        return Fetched(str(self.issued), self.now + self.life, renew)


def test_it_is_kept_until_shortly_before_its_end():
    issuer = Issuer(3600)
    token = KeptToken(issuer.fetch, lambda: issuer.now)
    assert token() == token() == "1"
    issuer.now += 3600 - EARLY_SECONDS - 1
    assert token() == "1"
    issuer.now += 2
    assert token() == "2"


def test_it_is_replaced_when_its_issuer_wants_it():
    issuer = Issuer(3600, renew_after=60)
    token = KeptToken(issuer.fetch, lambda: issuer.now)
    assert token() == "1"
    issuer.now += 61
    assert token() == "2"


def test_an_issuer_with_a_bad_minute_ends_nothing():
    issuer = Issuer(3600)
    token = KeptToken(issuer.fetch, lambda: issuer.now)
    assert token() == "1"
    issuer.down = True
    issuer.now += 3600 - 10
    assert token() == "1"
    issuer.now += 20
    with pytest.raises(NotSignedInError):
        token()


@given(life=st.floats(1, 100_000), steps=st.lists(st.floats(0, 5000), max_size=20))
def test_it_is_never_over(life, steps):
    issuer = Issuer(life)
    ends = {}

    def fetch():
        found = issuer.fetch()
        ends[found.value] = found.ends
        return found

    token = KeptToken(fetch, lambda: issuer.now)
    for each in steps:
        issuer.now += each
        assert ends[token()] > issuer.now


@pytest.mark.parametrize("answer", [None, {}, {"accessToken": "a"}, {"accessToken": "a", "expiryTimeUtc": "soon"}, []])
def test_an_answer_without_a_token_is_an_error(answer):
    with pytest.raises(NotSignedInError, match="no token"):
        aml_token(lambda: answer)()


def test_an_error_of_azure_identity_is_one_line():
    class Credential:
        def get_token(self, scope):
            from azure.identity import CredentialUnavailableError

            raise CredentialUnavailableError(f"Azure CLI not found\nTried:\n  many things {scope}")

    with pytest.raises(NotSignedInError) as error:
        entra_token(Credential(), "https://ml.azure.com/.default")()
    assert str(error.value) == "no token for https://ml.azure.com/.default: Azure CLI not found"
