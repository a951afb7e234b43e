"""The visits' part of the API."""

from crm_api.visits.attachments.routes import blueprint as attachments
from crm_api.visits.calendar.routes import blueprint as calendar
from crm_api.visits.cases.routes import BLUEPRINTS as CASES
from crm_api.visits.offers.routes import BLUEPRINTS as OFFERS
from crm_api.visits.promises.routes import blueprint as promises
from crm_api.visits.routes.colleagues import blueprint as colleagues
from crm_api.visits.routes.facts import blueprint as facts
from crm_api.visits.routes.steps import blueprint as steps
from crm_api.visits.routes.tasks import blueprint as tasks
from crm_api.visits.routes.visits import blueprint as visits

BLUEPRINTS = (
    visits,
    steps,
    colleagues,
    facts,
    tasks,
    attachments,
    promises,
    *OFFERS,
    *CASES,
    calendar,
)
