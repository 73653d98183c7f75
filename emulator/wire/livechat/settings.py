"""What a page asks about its buttons before it shows them (Chat REST API guide, "Settings")."""

from typing import Any, Final

from ...chat.setup import Button
from ...chat.visitors import VisitorDesk

PING_RATE: Final = 50_000
"""Milliseconds between the pings of a page. A guess after the guide's sample."""

AGENT: Final = "005"
"""Prefix of the ids of users: a page may ask for an agent's own button."""


def settings_message(
    desk: VisitorDesk, button_ids: tuple[str, ...], with_wait: bool, content_url: str
) -> dict[str, Any]:
    """Return the message ``Settings``: how the page reaches us, and each button with what it needs to show it."""
    buttons = desk.buttons(button_ids)
    available = {entry["id"]: entry for entry in desk.availability(button_ids, with_wait)}
    return {
        "pingRate": PING_RATE,
        "contentServerUrl": content_url,
        "buttons": [
            {
                "id": given,
                **described(given, button),
                **{key: value for key, value in available[given].items() if key != "id"},
            }
            for given, button in buttons
        ],
    }


def described(given: str, button: Button | None) -> dict[str, str]:
    """Return what a page shows a button by, or an agent; ``endpointUrl`` is that of a custom chat window, of which there is none."""
    if button is None:
        return {"type": "ToAgent" if given.startswith(AGENT) else "Standard"}
    urls = {"prechatUrl": button.pre_chat_url, "language": button.language}
    return {"type": button.kind, **{name: text for name, text in urls.items() if text}}
