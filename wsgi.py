"""What gunicorn and the flask command load."""

from crm_api.app import create_app

app = create_app()
