"""A web app as small as one can be: Slipway gives it PORT, and asks `/` whether it is well."""

import os

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    release = os.environ.get("SLIPWAY_RELEASE", "none")
    return f"Hello from Flask. Release: {release}\n"
