"""Sends messages to a topic beside a test."""

import threading
import time


class Feeder(threading.Thread):
    """Produces (key, value) pairs in order, at a rate or as fast as can be. `finish` waits for the end, `stop` does not."""

    def __init__(self, broker, topic, messages, rows_per_s=None):
        super().__init__(daemon=True)
        self.broker, self.topic, self.messages, self.rows_per_s = broker, topic, messages, rows_per_s
        self.sent = 0
        self._ended = threading.Event()
        self._failure = None

    def run(self):
        try:
            self._feed(self.broker.producer(**{"delivery.report.only.error": True}))
        except Exception as failure:
            self._failure = failure

    def _feed(self, producer):
        start = time.monotonic()
        for key, value in self.messages:
            self._produce(producer, key, value)
            self.sent += 1
            if self.sent % 500 == 0:
                producer.poll(0)
                due = start + self.sent / self.rows_per_s if self.rows_per_s else 0
                if self._ended.wait(max(0.0, due - time.monotonic())):
                    producer.purge()
                    return
        while producer.flush(0.2) and not self._ended.is_set():
            pass
        producer.purge()

    def _produce(self, producer, key, value):
        while not self._ended.is_set():
            try:
                return producer.produce(self.topic, key=key, value=value, on_delivery=self._delivered)
            except BufferError:
                producer.poll(0.1)

    def _delivered(self, error, _message):
        if error and not self._ended.is_set():
            self._failure = self._failure or AssertionError(f"feeding {self.topic}: {error}")

    def finish(self, timeout_s=120):
        """Waits until all is with the broker; fails if it did not get there."""
        self.join(timeout_s)
        if self.is_alive():
            raise AssertionError(f"{self.topic} got {self.sent} messages in {timeout_s} s, not all")
        if self._failure:
            raise self._failure

    def stop(self):
        """Ends it wherever it is; what it has not delivered is lost."""
        self._ended.set()
        self.join(10)
