"""Who waits for something glances, and less often where a glance takes long."""

import pytest

from crm_api.kit import polling


class Watch:
    """A clock that moves only when somebody sleeps, or takes long to look."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += seconds


@pytest.mark.parametrize(("took", "glances"), [(0.0, 50), (1.0, 3)])
def test_a_long_glance_is_taken_seldom(app, monkeypatch, took, glances):
    watch, seen = Watch(), []
    monkeypatch.setattr(polling, "time", watch)

    def glance():
        seen.append(watch.seconds)
        watch.sleep(took)
        return False

    polling.poll(lambda: None, glance=glance, is_enough=bool, seconds=9.95)

    assert len(seen) == glances
