"""The web side: what the widget in the visitor's page calls."""

from typing import Any

from flask import Flask, current_app, request
from marshmallow import ValidationError

from desk import Desk, DeskAway, DeskRefused
from schemas import ChatSchema, MessageSchema


def create_app(desk: Desk | None = None) -> Flask:
    """Return the application; tests hand in a desk of their own."""
    app = Flask(__name__)
    app.extensions["desk"] = desk or Desk()

    @app.post("/widget/messages")
    def leave_message() -> tuple[dict[str, Any], int]:
        message = MessageSchema().load(request.get_json())
        return {"case": the_desk().take_message(**message | {"key": str(message["key"])})}, 201

    @app.post("/widget/chats")
    def end_chat() -> tuple[dict[str, Any], int]:
        chat = ChatSchema().load(request.get_json())
        return {"visitor": the_desk().keep_chat(**chat | {"key": str(chat["key"])})}, 201

    @app.get("/widget/visitors/<visitor>/chats")
    def history(visitor: str) -> dict[str, Any]:
        return {"chats": the_desk().history(visitor)}

    @app.get("/widget/today")
    def today() -> dict[str, Any]:
        return the_desk().today()

    @app.errorhandler(ValidationError)
    def not_understood(error: ValidationError) -> tuple[dict[str, Any], int]:
        return {"errors": error.messages}, 422

    @app.errorhandler(DeskRefused)
    def refused(error: DeskRefused) -> tuple[dict[str, Any], int]:
        return {"errors": {"salesforce": [str(error)]}}, 422

    @app.errorhandler(DeskAway)
    def away(error: DeskAway) -> tuple[dict[str, Any], int, dict[str, str]]:
        return {"errors": {"salesforce": ["try again later"]}}, 503, {"Retry-After": "30"}

    return app


def the_desk() -> Desk:
    desk: Desk = current_app.extensions["desk"]
    return desk
