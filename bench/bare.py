"""The baseline of every HTTP path: Flask as it comes, one route, a little JSON."""

from flask import Flask, Response, jsonify

app = Flask(__name__)


@app.route("/", methods=["GET", "POST"])
def answer() -> Response:
    """Answer at once."""
    return jsonify(status="alive", name="bare", items=[1, 2, 3])
