"""What a page asks about its buttons before it shows them (Chat REST API guide, "Settings")."""

from typing import Any, Final

from ...chat.visitors import VisitorDesk

PING_RATE: Final = 50_000
"""Milliseconds between the pings of a page. A guess after the guide's sample."""


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
                "type": "Standard",
                "endpointUrl": f"{content_url}/rest",
                **({"language": button.language} if button is not None and button.language else {}),
                **{key: value for key, value in available[given].items() if key != "id"},
            }
            for given, button in buttons
        ],
    }
