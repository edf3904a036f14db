"""Ports to listen on."""

import random
import socket

# Below those that systems give to outgoing connections: one of these would take the port of a broker that is down, or even
# connect to itself there.
FIRST, LAST = 10_000, 32_000
_random = random.SystemRandom()


def free_ports(count: int = 1) -> list[int]:
    """Ports in a row that nothing listens on."""
    while True:
        first = _random.randrange(FIRST, LAST - count)
        if all(is_free(port) for port in range(first, first + count)):
            return list(range(first, first + count))


def is_free(port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # As brokers do: connections that are closing are in nobody's way.
        try:
            one.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def free_port() -> int:
    """A port that nothing listens on, with the next one free as well."""
    return free_ports(2)[0]
