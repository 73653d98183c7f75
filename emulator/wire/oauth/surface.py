"""What OAuth and OpenID Connect offer, for the coverage page."""

from ..coverage.surface import Resource, Surface
from .token import GRANTS
from .wire import ENDPOINTS, IDENTITY, USER_INFO


def surfaces() -> tuple[Surface, ...]:
    endpoints = {path: tuple(sorted(endpoint.methods - {"HEAD"})) for path, endpoint in ENDPOINTS.items()}
    endpoints |= {USER_INFO: ("GET", "POST"), f"{IDENTITY}{{org}}/{{user}}": ("GET", "POST")}
    found = [Resource(path, methods) for path, methods in sorted(endpoints.items())]
    found += [Resource(f"/services/oauth2/token grant_type={name}", ("POST",)) for name in GRANTS]
    return (Surface("OAuth and OpenID Connect", "", tuple(found)),)
