"""The preparation's part of the API."""

from crm_api.preparation.briefs.routes import blueprint as briefs
from crm_api.preparation.days.routes import blueprint as days
from crm_api.preparation.handovers.routes import blueprint as handovers
from crm_api.preparation.library.routes import blueprint as library

BLUEPRINTS = (briefs, days, library, handovers)
