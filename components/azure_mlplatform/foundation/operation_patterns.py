"""Azure's operations by name, such as `Microsoft.Storage/storageAccounts/write`, and patterns of them.

In a pattern, `*` stands for any text, also with slashes in it, and case does not count (Learn:
role-based-access-control/role-definitions, "Actions format"; that case does not count is assumed).
"""

from functools import lru_cache

CHANGING = ("*/write", "*/delete", "*/action")
"""The patterns of operations that may change something. Some actions only read, but their names do not say so."""


def matches(pattern: str, operation: str) -> bool:
    """Whether a pattern includes an operation."""
    return meet(pattern, operation)


@lru_cache(maxsize=100_000)
def meet(*patterns: str) -> bool:
    """Whether there is a text that all patterns include. A text without `*` is a pattern that includes only itself."""
    texts = [each.lower() for each in patterns]
    start = tuple(0 for _ in texts)
    todo, seen = [start], {start}
    while todo:
        at = todo.pop()
        if all(place == len(text) for place, text in zip(at, texts, strict=True)):
            return True
        for after in _steps(texts, at):
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return False


def _steps(texts: list[str], at: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The places after the end of one `*`, and after each character that all texts may have next."""
    here = [text[place] if place < len(text) else "" for place, text in zip(at, texts, strict=True)]
    found = [
        tuple(place + (number == star) for number, place in enumerate(at))
        for star, each in enumerate(here)
        if each == "*"
    ]
    literal = {each for each in here if each not in ("*", "")}
    if len(literal) == 1 and "" not in here:
        found.append(tuple(place + (each != "*") for place, each in zip(at, here, strict=True)))
    return found
