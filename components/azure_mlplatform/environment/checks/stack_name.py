"""Check that the name of a stack does not say another kind of environment than its settings."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...foundation.profiles import Environment, Tier
from ...foundation.violations import Violation

_TESTED = frozenset({Environment.TEST, Environment.PROD})
_NOT_PROD = frozenset(Environment) - {Environment.PROD}

WORDS: dict[str, frozenset[Environment]] = {
    **dict.fromkeys(("sandbox", "sbx"), frozenset({Environment.SANDBOX})),
    **dict.fromkeys(("dev", "develop", "development"), frozenset({Environment.DEV})),
    **dict.fromkeys(("test", "testing", "tst"), frozenset({Environment.TEST})),
    **dict.fromkeys(("prod", "production", "prd"), frozenset({Environment.PROD})),
    # The library has no profile for these: a release is tested there, perhaps as it runs in production.
    **dict.fromkeys(("qa", "uat", "stage", "staging", "preprod", "preproduction"), _TESTED),
    **dict.fromkeys(("nonprod", "nonproduction"), _NOT_PROD),
}
"""A word in the name of a stack → the kinds of environment that it may mean.

"Define your tagging strategy" (Cloud Adoption Framework) has `Prod, Dev, QA, Stage, Test` (read 2026-11-28 in copies of
it on GitHub). The others are assumed: what people write for them.
"""


def stack_name_violations(stack: str, settings: Mapping[str, Any]) -> Iterator[Violation]:
    """A violation if the name of a stack has a word of another kind of environment and no reason is given, or if a
    reason is given for nothing. A name without such a word, as `eu` or `blue`, says nothing.

    `settings` are those of the stack as they are written: others may be wrong, and hide no violation here.
    """
    if settings.get("environment") == Tier.NONPROD:
        yield from _prod_in_nonprod(stack)
    if settings.get("environment") not in list(Environment):
        return
    environment, reason = Environment(settings["environment"]), settings.get("stack_name_reason")
    word = next((each for each in _words(stack) if environment not in WORDS.get(each, Environment)), None)
    if word is not None and reason is None:
        means = " or ".join(each for each in Environment if each in WORDS[word])
        yield Violation(
            ("environment",),
            environment,
            f"the stack's name '{stack}' says {word}, but environment is '{environment}'",
            f"Set environment: {means}, give the stack another name (`pulumi stack rename`, and rename the file), or "
            "add stack_name_reason: why they differ",
        )
    elif word is None and reason is not None:
        what = f"the name of the stack '{stack}' fits a {environment} environment"
        yield Violation(("stack_name_reason",), reason, what, "Remove it")


def _prod_in_nonprod(stack: str) -> Iterator[Violation]:
    """A violation if the name of a stack of what nonprod shares says prod."""
    word = next((each for each in _words(stack) if not WORDS.get(each, _NOT_PROD) & _NOT_PROD), None)
    if word is not None:
        yield Violation(
            ("environment",),
            Tier.NONPROD,
            f"the stack's name '{stack}' says {word}, but environment is '{Tier.NONPROD}'",
            "Set environment: prod, or give the stack another name (`pulumi stack rename`, and rename the file)",
        )


def _words(stack: str) -> list[str]:
    """The words of a name in small letters. `pre-prod`, `non-prod` and `stress-test` are one word, which does not mean
    what its second half means."""
    apart = re.sub("(?<=[a-z])(?=[A-Z])", " ", stack)
    words = " ".join(re.findall("[a-z]+", apart.lower()))
    return re.sub(r"\b(?:(pre|non) (?=prod)|(stress|load) (?=test))", r"\1\2", words).split()
