"""Whatever the document allows, the answer is one that the document names."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from crm_api.accounts.models import Role, Scope
from tests.factories.accounts import make_client, make_staff, make_team, make_token
from tests.factories.customers import make_customer

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 12
# A long poll would only wait.
SLOW = {"POST /v1/gateway/leases"}


@pytest.mark.heavy(minutes=1.5)
def test_every_operation_keeps_its_contract(app):
    team = make_team()
    admin, manager = make_staff(Role.ADMIN, team), make_staff(Role.ACCOUNT_MANAGER, team)
    make_customer(manager)
    bearers = {
        "bearer": [make_token(admin), make_token(manager)],
        "client_key": [make_client(*Scope)[1]],
    }
    document = schemathesis.openapi.from_wsgi("/openapi.json", app)
    broken = []
    for found in document.get_all_operations():
        operation = found.ok()
        if f"{operation.method.upper()} {operation.path}" in SLOW:
            continue
        kinds = [n for s in operation.definition.raw.get("security") or [] for n in s]
        broken += _broken(operation, bearers[kinds[0]] if kinds else [""])
    assert not broken, "\n\n".join(broken)


def _broken(operation, tokens):
    @seed(20261122)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def run(case):
        for token in tokens:  # to think of a case takes longer than to ask
            response = case.call(headers={"Authorization": f"Bearer {token}"})
            case.validate_response(response, checks=CHECKS)

    try:
        run()
    except (Exception, BaseExceptionGroup) as failure:  # noqa: BLE001 - collected, told together
        told = getattr(failure, "exceptions", [failure])
        return [f"{operation.method.upper()} {operation.path}: {str(t)[:900]}" for t in told]
    return []
