"""A server that receives webhooks: what was not signed with the endpoint's secret is refused."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer

import openclaw

SECRET = os.environ["OPENCLAW_WEBHOOK_SECRET"]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            event = openclaw.webhooks.verify(body, dict(self.headers), SECRET)
        except openclaw.WebhookVerificationError:
            self.send_response(400)
        else:
            print(event.type, event.data, flush=True)
            self.send_response(204)
        self.end_headers()


HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Handler).serve_forever()
