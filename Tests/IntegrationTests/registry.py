"""The list of cases."""

from dataclasses import dataclass
from typing import Callable


class Skip(Exception):
    """A case can't run here; the message says why."""

    is_skip = True


@dataclass
class Case:
    """`function(broker, dice)`; `kind`: of broker; `own`: None, or the case has a broker for itself: "own", or
    "proxied", with a proxy before it."""

    name: str
    kind: str
    own: str | None
    function: Callable


CASES: list[Case] = []


def case(*kinds, own=None):
    """Registers a case for some kinds of broker: "kafka", "secure", "cluster", "development"."""

    def register(function):
        for kind in kinds:
            CASES.append(Case(f"{function.__name__} on {kind}", kind, own, function))
        return function

    return register
