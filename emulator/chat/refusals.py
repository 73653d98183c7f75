"""What the rules of chat refuse, in one family of errors."""

from typing import Final

from ..errors import OrgError

REFUSED: Final = "CHAT_RULE"


class RuleRefused(OrgError):
    """The rules of chat do not allow a call; `rule` is the rule's number, ``R52``."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(REFUSED, f"{rule}: {message}")
        self.rule = rule


class Unknown(OrgError):
    """There is no such agent, chat or request."""

    def __init__(self, what: str) -> None:
        super().__init__("NOT_FOUND", what)
