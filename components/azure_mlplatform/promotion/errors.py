"""How sharing and promoting a model fail."""

from enum import StrEnum


class Why(StrEnum):
    """What ended it."""

    REFUSED = "refused"
    """The models differ, or are not what they must be. Nothing was changed that was not taken back."""

    NO_SUCH_MODEL = "no such model"
    AZURE = "azure"
    """Azure, or the network to it, did not answer or refused."""


class PromotionError(Exception):
    """A model was not shared, promoted or shown."""

    def __init__(self, why: Why, what: str, fix: str) -> None:
        super().__init__(what)
        self.why, self.what, self.fix = why, what, fix
