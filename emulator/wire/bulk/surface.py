"""What the two Bulk APIs offer, for the coverage page."""

from ..coverage.surface import Resource, Surface
from . import v1, v2


def surfaces() -> tuple[Surface, ...]:
    return (
        Surface(
            "Bulk 2.0",
            "/services/data/vNN.0/jobs",
            tuple(
                Resource("/".join(path), tuple(methods), v2.QUERIES_SINCE if path[0] == "query" else v2.FIRST_VERSION)
                for path, methods in v2.Bulk2Wire.ROUTES.items()
            ),
        ),
        Surface(
            "Bulk 1.0",
            "/services/async/NN.0",
            tuple(Resource("/".join(path), tuple(methods)) for path, methods in v1.Bulk1Wire.ROUTES.items()),
        ),
    )
