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


def register(name, kind, function, own=None):
    CASES.append(Case(f"{name} on {kind}", kind, own, function))


def case(*kinds, own=None):
    """Registers a case for some kinds of broker: "kafka", "secure", "cluster", "development"."""

    def add(function):
        for kind in kinds:
            register(function.__name__, kind, function, own)
        return function

    return add
