"""The visits' part of the API."""

from crm_api.visits.attachments.routes import blueprint as attachments
from crm_api.visits.calendar.routes import blueprint as calendar
from crm_api.visits.promises.routes import blueprint as promises
from crm_api.visits.routes.steps import blueprint as steps
from crm_api.visits.routes.tasks import blueprint as tasks
from crm_api.visits.routes.visits import blueprint as visits

BLUEPRINTS = (visits, steps, tasks, attachments, promises, calendar)
