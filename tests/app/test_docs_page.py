"""The reference page as a browser sees it, served as in production, with nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
# Swagger UI draws some 130 operations; a busy machine takes its time.
PATIENCE_MS = 60_000

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing: apt install chromium"
    ),
]


class Watched:
    """A page, and everything that it asked for or complained of."""

    def __init__(self, page):
        self.page = page
        self.hosts = set()
        self.complaints = []
        page.on("request", self._note_request)
        page.on("console", self._note_message)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", lambda request: self.complaints.append(request.url))

    def _note_request(self, request):
        address = urlsplit(request.url)
        if address.scheme != "data":
            self.hosts.add(address.netloc)

    def _note_message(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


@pytest.fixture
def watched(server):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page(base_url=server.url)
        page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        # Violations of the policy reach the console; those of frames and workers, the listener.
        page.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error(e.violatedDirective))"
        )
        yield Watched(page)
        browser.close()


def test_the_page_shows_every_operation_and_asks_only_this_server(watched, server):
    page = watched.page
    page.goto("/docs")

    expect(page.get_by_role("heading", name="Field-visit CRM")).to_be_visible()
    described = page.evaluate("fetch('/openapi.json').then(answer => answer.json())")
    expect(page.locator(".opblock-tag")).to_have_count(len(described["tags"]))

    page.locator(".opblock-tag", has_text=re.compile(r"^visits")).click()
    expect(page.get_by_text("Plan a visit and reserve its slot.")).to_be_visible()
    page.get_by_text("Plan a visit and reserve its slot.").click()
    expect(page.get_by_text("is_unannounced").first).to_be_visible()

    assert watched.complaints == []
    assert watched.hosts == {urlsplit(server.url).netloc}
