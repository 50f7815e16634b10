"""A stand-in for a service: answers /health, says its environment, and dies when told to."""

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers every GET with the process id and Homeward's environment."""

    def do_GET(self) -> None:
        """Answer 200."""
        wanted = ("HOMEWARD_", "DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "MARK")
        environment = {k: v for k, v in os.environ.items() if k.startswith(wanted)}
        body = json.dumps({"pid": os.getpid(), "environment": environment}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


HTTPServer(("127.0.0.1", int(os.environ["HOMEWARD_PORT"])), Handler).serve_forever()
