"""A small schema registry with Confluent's API, that gives schemas GUIDs; in memory."""

import json
import threading
import uuid
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from confluent_kafka.schema_registry import SchemaRegistryClient


class GuidRegistry:
    """Takes any schema. Equal schemas have one id and one GUID, under whatever subjects. Ids are not those of GUIDs: what takes
    one for the other fails."""

    def __init__(self):
        self._schemas, self._subjects, self.asked, self._server = [], {}, [], None
        self._lock, self._port = threading.Lock(), 0
        self.start()

    def start(self):
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def answer(handler):
                size = int(handler.headers.get("Content-Length") or 0)
                body = json.loads(handler.rfile.read(size)) if size else None
                parts = [unquote(part) for part in urlsplit(handler.path).path.split("/")[1:]]
                with registry._lock:
                    registry.asked.append((handler.command, urlsplit(handler.path).path))
                    status, found = registry.answer(handler.command, parts, body)
                text = json.dumps(found).encode()
                handler.send_response(status)
                handler.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
                handler.send_header("Content-Length", str(len(text)))
                handler.end_headers()
                handler.wfile.write(text)

            do_GET = do_POST = answer

            def log_message(handler, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        self.url = f"http://127.0.0.1:{self._port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def shut_down(self):
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def client(self):
        """Confluent's."""
        return SchemaRegistryClient({"url": self.url})

    def answer(self, verb, parts, body):
        match verb, parts:
            case "GET", ["schemas", "types"]:
                return 200, ["JSON", "PROTOBUF", "AVRO"]
            case "GET", ["schemas", "ids", number]:
                return self._found([one for one in self._schemas if one["id"] == int(number)], 40403)
            case "GET", ["schemas", "guids", guid]:
                return self._found([one for one in self._schemas if one["guid"] == guid], 40403)
            case "POST", ["subjects", subject, "versions"]:
                return 200, self._version(subject, self._add(subject, body))
            case "POST", ["subjects", subject]:
                have = [one for one in self._subjects.get(subject, []) if self._same(one, body)]
                return self._found([self._version(subject, one) for one in have], 40403)
            case "GET", ["subjects", subject, "versions", number]:
                have = self._subjects.get(subject, [])
                have = have[-1:] if number == "latest" else have[int(number) - 1:int(number)]
                return self._found([self._version(subject, one) for one in have], 40402)
        return 404, {"error_code": 404, "message": "HTTP 404 Not Found"}

    @staticmethod
    def _found(found, code):
        return (200, found[0]) if found else (404, {"error_code": code, "message": "not found"})

    @staticmethod
    def _same(one, body):
        return all((one.get(key) or None) == (body.get(key) or None) for key in ("schema", "schemaType", "references"))

    def _add(self, subject, body):
        body = {key: body[key] for key in ("schema", "schemaType", "references") if body.get(key)}
        one = next((one for one in self._schemas if self._same(one, body)), None)
        if one is None:
            one = {**body, "id": 100_001 + len(self._schemas), "guid": str(uuid.uuid4())}
            self._schemas.append(one)
        versions = self._subjects.setdefault(subject, [])
        if one not in versions:
            versions.append(one)
        return one

    def _version(self, subject, one):
        return {"subject": subject, "version": self._subjects[subject].index(one) + 1, **one}


@contextmanager
def guid_registry():
    registry = GuidRegistry()
    try:
        yield registry
    finally:
        registry.shut_down()
