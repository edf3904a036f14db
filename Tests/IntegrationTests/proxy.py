"""A TCP proxy in front of a broker that can lose chosen commits of transactions, or the replies to them, and be cut or slow.

It reads Kafka's framing (https://kafka.apache.org/protocol): a request is its size (int32), then api key (int16), api
version (int16), correlation id (int32), client id; a response is its size and the correlation id.
"""

import contextlib
import socket
import struct
import threading
import time

END_TRANSACTION = 26


class KafkaProxy:
    """Passes everything on, but for what `lose` asks for. Threads end with `close`."""

    def __init__(self, upstream_port: int):
        self.upstream_port = upstream_port
        self._lock = threading.Lock()
        self._plan: list[str] = []
        self.done: list[str] = []
        self._sockets: set[socket.socket] = set()
        # How long each request and each reply takes, in seconds.
        self._delay_s = 0.0
        # A cut that is told, and one that is not: then `_passes` is clear.
        self._refuses = False
        self._passes = threading.Event()
        self._passes.set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def lose(self, what: str, times: int = 1) -> None:
        """What happens to the next commits. `request`: it never reaches the broker, the connection breaks; `reply`: the
        broker commits and answers, the connection breaks instead of the answer; `silence`: the broker commits, and
        nothing ever comes back on the connection."""
        assert what in ("request", "reply", "silence"), what
        with self._lock:
            self._plan += [what] * times

    def is_done(self) -> bool:
        """Whether all that was asked for has happened."""
        with self._lock:
            return not self._plan

    def cut(self, silently: bool) -> None:
        """Nothing gets through from here on. Connections break and new ones are refused; or, `silently`, nobody is told:
        what is sent is lost without a trace."""
        if silently:
            self._passes.clear()
        else:
            self._refuses = True
            self._break()

    def slow(self, delay_s: float) -> None:
        """Each request and each reply takes so long, one after another."""
        self._delay_s = delay_s

    def mend(self) -> None:
        """Everything gets through at once. Connections of the time of a cut are broken: what they lost is lost."""
        was_cut = self._refuses or not self._passes.is_set()
        self._delay_s, self._refuses = 0.0, False
        if was_cut:
            self._break()
        self._passes.set()

    def close(self) -> None:
        self._listener.close()
        self._break()
        self._passes.set()

    def _break(self) -> None:
        with self._lock:
            sockets = list(self._sockets)
        for one in sockets:
            _cut(one)

    def _hold(self) -> None:
        """What happens to everything that comes through."""
        if self._delay_s:
            time.sleep(self._delay_s)
        self._passes.wait()

    def _take(self) -> str | None:
        with self._lock:
            if not self._plan:
                return None
            self.done.append(self._plan.pop(0))
            return self.done[-1]

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # Closed.
            if self._refuses:
                client.close()
                continue
            try:
                broker = socket.create_connection(("127.0.0.1", self.upstream_port), 5)
            except OSError:
                client.close()
                continue
            broker.settimeout(None)
            connection = _Connection(self, client, broker)
            with self._lock:
                self._sockets |= {client, broker}
            for run in (connection.requests, connection.replies):
                threading.Thread(target=self._run, args=(run, client, broker), daemon=True).start()

    def _run(self, run, client, broker) -> None:
        with contextlib.suppress(OSError):
            run()
        for one in (client, broker):
            _cut(one)
        with self._lock:
            self._sockets -= {client, broker}


class _Connection:
    """A client's connection and the one to the broker that belongs to it."""

    def __init__(self, proxy: KafkaProxy, client: socket.socket, broker: socket.socket):
        self.proxy, self.client, self.broker = proxy, client, broker
        for one in (client, broker):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # Correlation ids of commits whose replies are to be lost, and how.
        self.lost: dict[int, str] = {}

    def requests(self) -> None:
        while (frame := _read_frame(self.client)) is not None:
            if is_commit(frame):
                what = self.proxy._take()
                if what == "request":
                    return
                if what:
                    self.lost[struct.unpack_from(">i", frame, 4)[0]] = what
            self.proxy._hold()
            self.broker.sendall(struct.pack(">i", len(frame)) + frame)

    def replies(self) -> None:
        silent = False
        while (frame := _read_frame(self.broker)) is not None:
            what = self.lost.pop(struct.unpack_from(">i", frame)[0], None) if self.lost else None
            if what == "reply":
                return
            silent = silent or what == "silence"
            self.proxy._hold()
            if not silent:
                self.client.sendall(struct.pack(">i", len(frame)) + frame)


def is_commit(frame) -> bool:
    """Whether a request ends a transaction by committing it."""
    api, version = struct.unpack_from(">hh", frame)
    # The last field says so; from version 3 on an empty list of tagged fields comes after it.
    return api == END_TRANSACTION and frame[-2 if version >= 3 else -1] == 1


def _read_frame(source: socket.socket) -> bytearray | None:
    head = _read(source, 4)
    return None if head is None else _read(source, struct.unpack(">i", head)[0])


def _read(source: socket.socket, size: int) -> bytearray | None:
    """Exactly `size` bytes; None at the end of the stream."""
    result = bytearray(size)
    view, filled = memoryview(result), 0
    while filled < size:
        count = source.recv_into(view[filled:])
        if count == 0:
            return None
        filled += count
    return result


def _cut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        one.close()
