"""What the widget sends and gets. The module is called as it would be in any Flask application; it is ours, not ChatLift's."""

from marshmallow import Schema, fields, validate

LINE = validate.Length(min=1, max=4_000)


class LineSchema(Schema):
    """One thing that was said. `after`: seconds since the chat began."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=80))
    text = fields.String(required=True, validate=LINE)
    after = fields.Integer(required=True, validate=validate.Range(min=0))


class ChatSchema(Schema):
    """A chat that is over. A chat that nobody answered has no line of an agent."""

    key = fields.UUID(required=True)
    visitor = fields.String(load_default=None, validate=validate.Regexp(r"571\w{15}\Z"))
    started = fields.AwareDateTime(required=True)
    missed = fields.Boolean(load_default=False)
    lines = fields.List(fields.Nested(LineSchema), required=True, validate=validate.Length(max=500))


class MessageSchema(Schema):
    """What a visitor leaves while nobody is there."""

    key = fields.UUID(required=True)
    name = fields.String(required=True, validate=validate.Length(min=1, max=80))
    email = fields.Email(required=True)
    text = fields.String(required=True, validate=LINE)
