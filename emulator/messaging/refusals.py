"""What the rules of enhanced chat refuse, in one family of errors."""

from typing import Final

from ..errors import OrgError

REFUSED: Final = "MESSAGING_RULE"
CLOSED: Final = "CONVERSATION_CLOSED"
PRECHAT: Final = "PRECHAT_REQUIRED"


class RuleRefused(OrgError):
    """The rules do not allow a call; the message says which and why."""

    def __init__(self, message: str, code: str = REFUSED) -> None:
        super().__init__(code, message)


class ConversationClosed(RuleRefused):
    """The conversation has ended: it can be read and no more."""

    def __init__(self, conversation_id: str) -> None:
        super().__init__(f"the conversation {conversation_id} has ended and can only be read", CLOSED)


class PrechatRequired(RuleRefused):
    """No session runs, and the deployment shows its pre-chat form before each."""

    def __init__(self) -> None:
        super().__init__("no messaging session is running and the deployment asks for pre-chat before each", PRECHAT)


class Unknown(OrgError):
    """There is no such rep, conversation, session or work."""

    def __init__(self, what: str) -> None:
        super().__init__("NOT_FOUND", what)
