"""The least that a Flask application on our server can do: the measure for the REST calls. Started by `bench.rest`."""

import json
import sys
import threading
from pathlib import Path

import orjson
from flask import Flask, Response, request

from chatlift.emulator.server import Server
from chatlift.emulator.tls import certificate

ANSWER = {"attributes": {"type": "Echo", "url": "/services/data/v59.0/sobjects/Echo/001"}} | {
    f"Field{number}": f"value {number}" for number in range(26)
}

app = Flask(__name__)


@app.route("/<path:path>", methods=["GET", "POST"])
def echo(path: str) -> Response:
    """Read what was sent and answer with a record's worth of JSON."""
    if request.method == "POST":
        return Response(
            orjson.dumps({"id": path, "success": bool(orjson.loads(request.get_data())), "errors": []}),
            201,
            content_type="application/json",
        )
    return Response(orjson.dumps(ANSWER), content_type="application/json")


if __name__ == "__main__":
    addresses = Server(app, certificate(), "127.0.0.1", 0, 0).start()
    draft = Path(f"{sys.argv[1]}.draft")
    draft.write_text(json.dumps({"http": addresses.http, "https": addresses.https}))
    draft.rename(sys.argv[1])
    threading.Event().wait()
