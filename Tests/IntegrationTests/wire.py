"""The few requests of Kafka's protocol that no client of Python's has: https://kafka.apache.org/protocol."""

import socket
import struct

FIND_COORDINATOR, ALTER_REASSIGNMENTS, LIST_TRANSACTIONS = 10, 45, 66
# How a flexible message ends: no tagged fields.
NO_TAGS = b"\0"
TRANSACTION = 1


def varint(number):
    result = bytearray()
    while number >= 0x80:
        result.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(result) + bytes([number])


def text(value):
    encoded = value.encode()
    return varint(len(encoded) + 1) + encoded


def array(items):
    return varint(len(items) + 1) + b"".join(items)


class Answer:
    """Reads an answer field by field."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, kind):
        """`kind`: b, h, i or q, as in `struct`."""
        value, = struct.unpack_from(f">{kind}", self.data, self.at)
        self.at += struct.calcsize(kind)
        return value

    def varint(self):
        value, shift = 0, 0
        while True:
            byte = self.number("B")
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def text(self):
        """None for null."""
        size = self.varint() - 1
        if size < 0:
            return None
        self.at += size
        return self.data[self.at - size:self.at].decode()

    def array(self, item):
        return [item() for _ in range(self.varint() - 1)]

    def tags(self):
        for _ in range(self.varint()):
            self.varint()
            self.at += self.varint()


def ask(port, api, version, body):
    """Sends one request to a broker on this machine; gives the answer behind its header. Throws OSError."""
    header = struct.pack(">hhi", api, version, 1) + struct.pack(">h", 4) + b"test" + NO_TAGS
    message = header + body + NO_TAGS
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(struct.pack(">i", len(message)) + message)
        with connection.makefile("rb") as file:
            size, = struct.unpack(">i", file.read(4))
            answer = Answer(file.read(size))
    assert answer.number("i") == 1, "the answer to another request"
    answer.tags()
    return answer


def coordinator(port, transactional_id):
    """The node that coordinates the transactions of an id; None while that is not settled."""
    answer = ask(port, FIND_COORDINATOR, 4, struct.pack(">b", TRANSACTION) + array([text(transactional_id)]))
    answer.number("i")  # how long it was throttled
    assert answer.varint() == 2, "one coordinator was asked for"
    answer.text()
    node = answer.number("i")
    return None if node < 0 else node


def transactions(port):
    """State by transactional id, of those that a broker coordinates; None while it does not know."""
    answer = ask(port, LIST_TRANSACTIONS, 0, array([]) + array([]))
    answer.number("i")
    if answer.number("h") != 0:
        return None
    answer.array(answer.text)

    def state():
        name, _producer, what = answer.text(), answer.number("q"), answer.text()
        answer.tags()
        return name, what

    return dict(answer.array(state))


def reassign(port, topic, replicas):
    """Asks for other replicas: a list of nodes by partition."""
    def partition(number, nodes):
        return struct.pack(">i", number) + array([struct.pack(">i", node) for node in nodes]) + NO_TAGS

    wanted = array([partition(number, nodes) for number, nodes in replicas.items()])
    answer = ask(port, ALTER_REASSIGNMENTS, 0, struct.pack(">i", 10_000) + array([text(topic) + wanted + NO_TAGS]))
    answer.number("i")
    code, message = answer.number("h"), answer.text()
    assert code == 0, f"reassigning {topic}: {message or code}"

    def result():
        number, code, message = answer.number("i"), answer.number("h"), answer.text()
        answer.tags()
        assert code == 0, f"reassigning {topic}-{number}: {message or code}"

    def results():
        answer.text()
        answer.array(result)
        answer.tags()

    answer.array(results)
