"""Apicurio's own API and framings, by the source of its serdes for Java (3.0.9): what they would write, and would read."""

import json
import struct
import urllib.parse
import urllib.request

TYPES = {"AVRO": "application/json", "JSON": "application/json", "PROTOBUF": "application/x-protobuf"}


class Apicurio:
    """The registry of a `SchemaRegistry`, by its own API."""

    def __init__(self, registry):
        self.url = registry.url.replace("/apis/ccompat/v7", "/apis/registry/v3")
        assert self.url.endswith("/apis/registry/v3"), registry.url

    def _ask(self, path, body=None):
        request = urllib.request.Request(self.url + path, body and json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read()

    def register(self, artifact, kind, text, references=(), group="default"):
        """Content id and global id."""
        content = {"content": text, "contentType": TYPES[kind], "references": [
            {"groupId": group, "artifactId": name, "version": "1", "name": path} for path, name in references]}
        made = json.loads(self._ask(f"/groups/{group}/artifacts?ifExists=FIND_OR_CREATE_VERSION", {
            "artifactId": artifact, "artifactType": kind, "firstVersion": {"content": content}}))
        return made["version"]["contentId"], made["version"]["globalId"]

    def text(self, content_id=None, global_id=None):
        return self._ask(f"/ids/contentIds/{content_id}" if content_id is not None else f"/ids/globalIds/{global_id}").decode()

    def versions(self, artifact, group="default"):
        """Those of an artifact, the oldest first."""
        path = f"/groups/{group}/artifacts/{urllib.parse.quote(artifact, safe='')}/versions?orderby=globalId"
        return json.loads(self._ask(path))["versions"]


def ref(name):
    """What is written before a Protobuf payload: a message with the name as field 1, behind its size."""
    message = b"\x0a" + bytes([len(name)]) + name.encode()
    return bytes([len(message)]) + message


def without_ref(value):
    """The name, and the payload."""
    assert value[1] == 10 and value[2] == value[0] - 2, value[:20]
    return value[3:1 + value[0]].decode(), value[1 + value[0]:]


def four(number):
    """Default4ByteIdHandler."""
    return b"\0" + struct.pack(">I", number)


def eight(number):
    """Legacy8ByteIdHandler."""
    return b"\0" + struct.pack(">Q", number)


def in_header(name, number, part="value"):
    """DefaultHeadersHandler; `name`: contentId or globalId."""
    return [(f"apicurio.{part}.{name}", struct.pack(">Q", number))]
