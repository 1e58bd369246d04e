/** Python: an app that answers with the release it is of, on `host`. */
export const releasePage = (host: string): string => `
import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["SLIPWAY_RELEASE"].encode())

    def log_message(self, *_):
        pass


HTTPServer(("${host}", int(os.environ["PORT"])), Handler).serve_forever()
`;
