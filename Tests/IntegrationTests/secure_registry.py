"""A schema registry behind TLS and authentication: a proxy in front of one that has neither."""

import base64
import ssl
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class SecureRegistry:
    """Lets in who has a certificate of the authority and one of `credentials`, values of the header Authorization."""

    def __init__(self, registry, certificates, credentials):
        self.credentials, self.seen = set(credentials), []

        class Handler(BaseHTTPRequestHandler):
            def forward(handler):
                self.seen.append(handler.headers.get("Authorization"))
                size = int(handler.headers.get("Content-Length") or 0)
                body = handler.rfile.read(size) if size else None
                status, answer = 401, b'{"error_code": 40101, "message": "who is it?"}'
                if handler.headers.get("Authorization") in self.credentials:
                    status, answer = forwarded(registry.url + handler.path, handler.command, body)
                handler.send_response(status)
                handler.send_header("Content-Type", "application/vnd.schemaregistry.v1+json")
                handler.send_header("Content-Length", str(len(answer)))
                handler.end_headers()
                handler.wfile.write(answer)

            do_GET = do_POST = forward

            def log_message(handler, *_):
                pass

        key, certificate = certificates.sign("registry")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(certificates.ca)
        context.verify_mode = ssl.CERT_REQUIRED
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


def forwarded(url, method, body):
    """Status and body of another server's answer."""
    request = urllib.request.Request(url, body, {"Content-Type": "application/vnd.schemaregistry.v1+json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def basic(user_info):
    return "Basic " + base64.b64encode(user_info.encode()).decode()
