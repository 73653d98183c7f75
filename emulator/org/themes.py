"""Colours and icons of types and actions, and the theme that lists them.

Shapes: REST guide, "Themes" and "Tabs". A guess: the colours, which are those of the Lightning Design System as far as its
icons have names of the types here, and that icons lie below ``/img/icon/``; the images themselves are not served.
"""

from dataclasses import dataclass
from typing import Any, Final

from .caller import Caller
from .records import Records
from .visible import visible

ICONS: Final = "/img/icon"
LIGHTNING: Final = "theme4"
CLASSIC: Final = "theme3"
_CLASSIC_SIZES: Final = (32, 16)
_LIGHTNING_SIZES: Final = (60, 120)


@dataclass(frozen=True, slots=True)
class Theme:
    """How a type looks: its icon in Lightning, its icon in Classic where it has one, and a colour in each."""

    icon: str
    color: str
    classic_icon: str = ""
    classic_color: str = ""

    def colors(self) -> list[dict[str, Any]]:
        """Return the ``colors`` of a describe."""
        found = [(self.color, LIGHTNING), (self.classic_color, CLASSIC)]
        return [{"color": color, "context": "primary", "theme": theme} for color, theme in found if color]

    def icons(self, origin: str, folder: str = "standard") -> list[dict[str, Any]]:
        """Return the ``icons`` of a describe; ``origin`` is the scheme and host that they are under."""
        found = []
        if self.classic_icon:
            found += [_icon(self.classic_url(origin, size), CLASSIC, size) for size in _CLASSIC_SIZES]
        place = f"{origin}{ICONS}/t4v35/{folder}/{self.icon}"
        found.append(_icon(f"{place}.svg", LIGHTNING, 0))
        return found + [_icon(f"{place}_{size}.png", LIGHTNING, size) for size in _LIGHTNING_SIZES]

    def classic_url(self, origin: str, size: int) -> str:
        """Return the address of the icon in Classic, or the small one of Lightning."""
        if not self.classic_icon:
            return f"{origin}{ICONS}/t4v35/standard/{self.icon}_{_LIGHTNING_SIZES[0]}.png"
        return f"{origin}{ICONS}/{self.classic_icon}{size}.png"


THEMES: Final = {
    "Account": Theme("account", "5867E8", "accounts", "236FBD"),
    "Case": Theme("case", "F2CF5B", "cases", "B7A752"),
    "Contact": Theme("contact", "A094ED", "contacts", "56458C"),
    "Event": Theme("event", "EB7092"),
    "Knowledge__kav": Theme("knowledge", "D9B5A3"),
    "Lead": Theme("lead", "F88962", "leads", "E2B13C"),
    "LiveAgentSession": Theme("live_chat", "699BE1"),
    "LiveChatTranscript": Theme("live_chat", "699BE1"),
    "LiveChatVisitor": Theme("live_chat_visitor", "699BE1"),
    "MessagingEndUser": Theme("messaging_user", "699BE1"),
    "MessagingSession": Theme("messaging_conversation", "699BE1"),
    "Opportunity": Theme("opportunity", "FCB95B", "opportunities", "E5C130"),
    "QuickText": Theme("quick_text", "699BE1"),
    "Task": Theme("task", "4BC076", "tasks", "44A12C"),
    "User": Theme("user", "34BECD"),
}
"""The types that have colours and icons. An org's own have those of their tabs, which no schema tells."""


def theme(records: Records, caller: Caller, origin: str) -> dict[str, Any]:
    """Return ``themeItems`` of the types that the caller sees, by name."""
    shown = [name for name in sorted(THEMES) if visible(records, caller, name)]
    return {
        "themeItems": [
            {"colors": THEMES[name].colors(), "icons": THEMES[name].icons(origin), "name": name} for name in shown
        ]
    }


def _icon(url: str, theme: str, size: int) -> dict[str, Any]:
    content_type = "image/png" if size else "image/svg+xml"
    return {"contentType": content_type, "height": size, "theme": theme, "url": url, "width": size}
