"""From a call to its answer: the route, the resource, and the errors on the way. Composite resources come through here again."""

from ...errors import BadValue, OrgError, not_found
from ...org.org import Org
from ..meaning import of_rest
from . import errors
from .body import misfit
from .call import Answer, Call
from .routes import Routes


class Dispatch:
    """Answers calls of one org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._routes = Routes()

    def answer(self, call: Call) -> Answer:
        """Return what the resource answers, or the refusal; only what nobody foresaw is raised."""
        try:
            if call.inside and self._org.faults.are_set:
                self._check_faults(call)
            route = self._routes.find(call.segments)
            if route.since > call.caller.number:
                raise not_found()
            return route.resource(call.method)(self._org, call)
        except BadValue as error:
            place = misfit(call.raw, error.field, error.value, error.type_name)
            return refusal(OrgError(error.code, place, error.fields))
        except OrgError as error:
            return refusal(error)

    def _check_faults(self, call: Call) -> None:
        """Refuse a part of a composite request, where a rule says so; the whole has been asked about before."""
        meant = of_rest(call.method, call.segments, call.query, call.raw.decode(errors="replace"))
        strike = self._org.faults.strike(
            meant.asked(call.method, f"{call.base}/{'/'.join(call.segments)}", is_part=True)
        )
        if strike is not None and strike.error is not None:
            raise strike.error


def refusal(error: OrgError) -> Answer:
    """Return the answer to a call that is refused."""
    return Answer(errors.status(error), errors.body(error), errors.headers(error))
