"""Numbers and names of things in a sentence."""

from collections.abc import Iterable

_ENDINGS = {"y": "ies", "s": "ses", "x": "xes"}


def counted(number: int, words: str) -> str:
    """`2 identities` for 2 and `identity`."""
    return f"{number} {words if number == 1 else plural(words)}"


def plural(words: str) -> str:
    """`identities` for `identity`."""
    if words.endswith(("ay", "ey", "oy")):
        return f"{words}s"
    return words[:-1] + _ENDINGS.get(words[-1:], f"{words[-1:]}s")


def listed(names: Iterable[str], *, most: int) -> str:
    """The names in a row; after `most` of them only how many more there are."""
    found = list(names)
    shown = found if len(found) <= most else found[: most - 1]
    return ", ".join(shown) + (f" and {len(found) - len(shown)} more" if len(found) > len(shown) else "")
