"""What gunicorn loads."""

from crm_api.app import create_app
from crm_api.kit.db import db
from crm_api.kit.engine import prove_locks_hold

app = create_app()

# A ledger on an engine whose locks do not hold would pester customers: rather not serve at all.
with app.app_context():
    prove_locks_hold(db.engine)
