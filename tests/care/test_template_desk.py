"""What authors and approvers need besides: preflight, comparison, rejection, retirement, pools."""

from datetime import UTC, date, datetime, timedelta

import pytest

from crm_api.accounts.models import Role
from crm_api.care import errors
from crm_api.care.terms import Occasion
from crm_api.care.values import NO_WORDS
from crm_api.care.wording import service as wording
from crm_api.contact_frequency import service as contact_frequency
from crm_api.customers.terms import CommunicationStyle
from crm_api.kit.db import db
from crm_api.kit.transactions import transaction
from tests.factories.accounts import make_staff, make_team
from tests.factories.care import BIRTHDAY, make_message, make_template
from tests.factories.customers import make_customer

URL = "/v1/care-templates"
REASON = {"reason": "语气太随意"}
EVE = datetime(2026, 9, 24, 2, tzinfo=UTC)
DAY = "2026-09-25"
WEDDING = Occasion.ANNIVERSARY  # whose own template is in another pool


@pytest.fixture
def author(app):
    return make_staff(Role.ACCOUNT_MANAGER)


@pytest.fixture
def manager(app):
    return make_staff(Role.MANAGER)


def in_use():
    db.session.rollback()
    pool = wording.words_in_use().get(frozenset({(Occasion.BIRTHDAY, None)}), NO_WORDS)
    return [words.template_id for words in pool.words]


def put(caller, template, what, number=1, body=None):
    return caller.put(f"{URL}/{template.id}/versions/{number}/{what}", json=body or {})


def statuses(reply):
    return [version["status"] for version in reply.json["versions"]]


# Preflight


def preflight(caller, **changes):
    body = {"occasion": "birthday", "text": BIRTHDAY, **changes}
    return caller.post("/v1/care-template-preflights", json=body)


def test_a_preflight_tells_how_a_text_reads_and_stores_nothing(sign_in, author):
    reply = preflight(sign_in(author), tiers=["diamond"], text=BIRTHDAY.replace("您", "你"))

    assert reply.status_code == 200
    assert reply.json["text"] == "【演示通信】王先生，祝你生日快乐，万事顺意！拒收请回复R"
    assert (reply.json["encoding"], reply.json["units"]) == ("ucs2", 28)
    assert (reply.json["longest_units"], reply.json["longest_segments"]) == (41, 1)
    assert [f["code"] for f in reply.json["findings"]] == ["informal_for_tier"]
    assert sign_in(author).get(URL).json["items"] == []


def test_a_preflight_knows_what_is_in_use(sign_in, author):
    make_template(text=BIRTHDAY)

    assert [f["code"] for f in preflight(sign_in(author)).json["findings"]] == ["same_words"]


def test_a_preflight_wants_a_known_festival(sign_in, author):
    reply = preflight(sign_in(author), occasion="festival", festival_key="black_friday")

    assert (reply.status_code, reply.json["code"]) == (422, "invalid")


# For whom it is made


def test_a_template_says_for_whom_it_is_made(sign_in, author):
    body = {"name": "x", "occasion": "birthday", "text": BIRTHDAY, "id": "own"}
    made_for = {"tiers": ["gold", "diamond"], "styles": ["direct"]}

    reply = sign_in(author).post(URL, json={**body, **made_for})

    assert reply.json["tiers"] == ["diamond", "gold"]
    assert reply.json["styles"] == ["direct"]
    again = sign_in(author).post(URL, json={**body, **made_for, "tiers": ["diamond", "gold"]})
    assert again.json == reply.json
    assert sign_in(author).post(URL, json=body).json["code"] == "id_taken"


@pytest.mark.parametrize("made_for", [{"tiers": []}, {"tiers": ["platinum"]}, {"styles": ["loud"]}])
def test_for_nobody_is_for_nobody(sign_in, author, made_for):
    assert preflight(sign_in(author), **made_for).status_code == 422


# Rejected, withdrawn, retired


def test_what_is_sent_back_says_why_and_a_new_version_follows(sign_in, author, manager):
    template = make_template(by=author, is_approved=False)
    put(sign_in(author), template, "submission")

    reply = put(sign_in(manager), template, "rejection", body=REASON)

    assert statuses(reply) == ["rejected"]
    (version,) = reply.json["versions"]
    assert (version["ended_by_id"], version["ended_because"]) == (manager.id, REASON["reason"])
    assert put(sign_in(manager), template, "rejection", body=REASON).json == reply.json
    assert put(sign_in(author), template, "submission").json["code"] == errors.NotADraft.code
    new = sign_in(author).post(f"{URL}/{template.id}/versions", json={"text": BIRTHDAY})
    assert statuses(new) == ["rejected", "draft"]


def test_a_draft_is_not_rejected_but_withdrawn(sign_in, author, manager):
    template = make_template(by=author, is_approved=False)

    reply = put(sign_in(manager), template, "rejection", body=REASON)
    assert reply.json["code"] == errors.NotAwaitingApproval.code
    reply = put(sign_in(author), template, "withdrawal", body=REASON)
    assert statuses(reply) == ["withdrawn"]
    assert put(sign_in(author), template, "withdrawal", body=REASON).json == reply.json
    again = put(sign_in(manager), template, "withdrawal", body=REASON)
    assert again.json["code"] == errors.VersionEnded.code


def test_a_colleague_withdraws_nothing_and_nobody_but_a_manager_what_is_approved(
    sign_in, author, manager
):
    draft = make_template(by=author, is_approved=False)
    approved = make_template(by=author)

    reply = put(sign_in(make_staff()), draft, "withdrawal", body=REASON)
    assert (reply.status_code, reply.json["code"]) == (403, errors.NotYourTemplate.code)
    reply = put(sign_in(author), approved, "withdrawal", body=REASON)
    assert reply.json["code"] == errors.NotYourTemplate.code
    assert in_use() == [approved.id]
    assert statuses(put(sign_in(manager), approved, "withdrawal", body=REASON)) == ["retired"]
    assert in_use() == []


def test_a_retired_template_is_over_for_good(sign_in, author, manager):
    template = make_template(by=author)
    at = f"{URL}/{template.id}"
    sign_in(author).post(f"{at}/versions", json={"text": BIRTHDAY})
    assert sign_in(author).put(f"{at}/retirement", json=REASON).status_code == 403

    reply = sign_in(manager).put(f"{at}/retirement", json=REASON)

    assert statuses(reply) == ["retired", "withdrawn"]
    assert reply.json["retired_at"] is not None
    assert sign_in(manager).put(f"{at}/retirement", json=REASON).json == reply.json
    assert in_use() == []
    codes = {
        sign_in(author).post(f"{at}/versions", json={"text": BIRTHDAY}).json["code"],
        put(sign_in(author), template, "submission", 2).json["code"],
        put(sign_in(manager), template, "approval", 2).json["code"],
    }
    assert codes == {errors.TemplateRetired.code}
    assert sign_in(author).get(f"{URL}?is_retired=false").json["items"] == []
    assert len(sign_in(author).get(f"{URL}?is_retired=true").json["items"]) == 1


# Lists and comparison


def test_what_awaits_approval_is_listed_with_its_faults_the_oldest_first(sign_in, author, manager):
    mine = make_template(by=manager, is_approved=False)
    theirs = make_template(by=author, is_approved=False)
    make_template(by=author, is_approved=False)
    make_template()
    for template in (mine, theirs):
        put(sign_in(manager), template, "submission")
    with transaction():
        wording.forbid_word(word="快乐", reason="试", by=manager, now=EVE)

    items = sign_in(manager).get("/v1/care-template-versions").json["items"]

    assert [item["template"]["id"] for item in items] == [mine.id, theirs.id]
    assert [item["is_own"] for item in items] == [True, True]
    assert items[0]["findings"][0]["code"] == "forbidden_word"
    colleague = sign_in(make_staff(Role.ADMIN)).get("/v1/care-template-versions?limit=1").json
    assert [item["is_own"] for item in colleague["items"]] == [False]
    assert colleague["next_cursor"]
    names = sign_in(manager).get(f"{URL}?status=submitted").json["items"]
    assert {item["id"] for item in names} == {mine.id, theirs.id}


def test_templates_are_found_by_a_piece_of_their_name(sign_in, author):
    make_template(name="中秋 50% 团圆")
    make_template(name="中秋 500 团圆")

    found = sign_in(author).get(URL, query_string={"q": "50%"}).json["items"]

    assert [item["name"] for item in found] == ["中秋 50% 团圆"]


def test_templates_are_found_by_whom_they_are_made_for(sign_in, author):
    make_template()
    gold = make_template(tiers=["gold", "silver"])
    direct = make_template(tiers=["gold"], styles=["direct"])

    def found(**query):
        items = sign_in(author).get(URL, query_string=query).json["items"]
        return {item["id"] for item in items}

    assert found(tier="gold") == {gold.id, direct.id}
    assert found(tier="silver") == {gold.id}
    assert found(tier="gold", style="direct") == {direct.id}
    assert found(tier="vip") == set()


def test_two_versions_are_compared_piece_by_piece(sign_in, author):
    template = make_template(by=author, text=BIRTHDAY)
    newer = BIRTHDAY.replace("万事顺意", "平安如意")
    sign_in(author).post(f"{URL}/{template.id}/versions", json={"text": newer})

    reply = sign_in(author).get(f"{URL}/{template.id}/comparison?older=1&newer=2").json

    pieces = [(piece["change"], piece["text"]) for piece in reply["pieces"]]
    assert "".join(text for change, text in pieces if change != "added") == BIRTHDAY
    assert "".join(text for change, text in pieces if change != "removed") == newer
    assert ("removed", "万事顺") in pieces
    assert reply["older"]["units"] == reply["newer"]["units"]
    unknown = sign_in(author).get(f"{URL}/{template.id}/comparison?older=1&newer=9")
    assert unknown.status_code == 404


# Forbidden words


def forbid(caller, word, reason="广告法：绝对化用语"):
    return caller.post("/v1/forbidden-words", json={"word": word, "reason": reason})


def test_a_word_forbidden_takes_what_says_it_out_of_use_at_once(sign_in, manager, at):
    at(EVE - timedelta(days=1))
    template = make_template(text=BIRTHDAY)
    make_template(text=BIRTHDAY.replace("顺意", "如意"))
    assert len(in_use()) == 2

    make_message(make_customer(), due_at=EVE, template_id=template.id)
    make_message(make_customer(), due_at=EVE, occasion=WEDDING)

    reply = forbid(sign_in(manager), "顺意")

    assert reply.status_code == 201
    assert reply.json["templates_out_of_use"] == [template.id]
    assert reply.json["waiting_messages"] == 1
    assert template.id not in in_use()
    pools = sign_in(manager).get("/v1/care-pools").json["items"]
    assert [(p["texts"], p["unfit"]) for p in pools if p["occasion"] == "birthday"] == [(1, 1)]
    listed = sign_in(manager).get("/v1/care-template-versions?status=approved").json["items"]
    faults = {i["template"]["id"]: [f["code"] for f in i["findings"]] for i in listed}
    assert faults.pop(template.id) == ["forbidden_word"]
    assert set(map(tuple, faults.values())) == {()}


def test_it_may_be_said_again_once_an_administrator_allows_it(sign_in, manager):
    template = make_template(text=BIRTHDAY)
    at = f"/v1/forbidden-words/{forbid(sign_in(manager), '顺意').json['word']['id']}"

    assert sign_in(manager).delete(at).status_code == 403
    assert sign_in(make_staff(Role.ADMIN)).delete(at).status_code == 204
    assert in_use() == [template.id]
    entries = sign_in(make_staff(Role.ADMIN)).get("/v1/audit-entries").json["items"]
    assert {"care_word.forbidden", "care_word.allowed"} <= {e["action"] for e in entries}


def test_a_word_stands_on_the_list_once_however_it_is_written(sign_in, manager, author):
    forbid(sign_in(manager), "BEST")

    reply = forbid(sign_in(manager), "\uff42 e-s.t")

    assert (reply.status_code, reply.json["code"]) == (409, errors.WordForbiddenAlready.code)
    assert forbid(sign_in(manager), "- .").status_code == 422
    assert forbid(sign_in(author), "x").status_code == 403
    forbid(sign_in(manager), "全网最低")
    found = sign_in(author).get("/v1/forbidden-words", query_string={"q": "最 低"}).json["items"]
    assert [item["word"] for item in found] == ["全网最低"]


# Pools


@pytest.fixture
def plan(app, at):
    with transaction():
        contact_frequency.ensure_default_policies(now=EVE - timedelta(days=800))

    def plan(now, on, *options):
        at(now)
        arguments = ["care", "plan", "--on", on, *options]
        reply = app.test_cli_runner().invoke(args=arguments, catch_exceptions=False)
        db.session.rollback()
        return reply.output

    return plan


def pool_of(caller, occasion, festival_key=None, **query):
    items = caller.get("/v1/care-pools", query_string=query).json["items"]
    (pool,) = [p for p in items if (p["occasion"], p["festival_key"]) == (occasion, festival_key)]
    return pool


def test_a_pool_says_before_the_festival_whether_it_will_suffice(sign_in, at):
    at(EVE - timedelta(days=60))
    auditor = sign_in(make_staff(Role.AUDITOR))
    assert pool_of(auditor, "festival", "mid_autumn")["supply"] == "dry"
    make_template(Occasion.FESTIVAL, "mid_autumn")
    make_template(Occasion.FESTIVAL, "mid_autumn", tiers=["gold"])
    make_template(Occasion.FESTIVAL, "mid_autumn", is_approved=False)

    pool = pool_of(auditor, "festival", "mid_autumn")

    assert (pool["supply"], pool["texts"], pool["wanted"], pool["add"]) == ("thin", 1, 4, 3)
    assert pool["next_on"] == DAY
    assert pool["festival_name"] == "中秋节"
    assert pool["made_for"] == [{"tiers": ["gold"], "styles": None, "texts": 1}]
    for _ in range(3):
        make_template(Occasion.FESTIVAL, "mid_autumn")
    assert pool_of(auditor, "festival", "mid_autumn")["supply"] == "enough"


def test_festivals_stand_in_the_order_of_their_days_without_the_solemn_ones(sign_in, at):
    at(EVE)
    items = sign_in(make_staff(Role.ADMIN)).get("/v1/care-pools").json["items"]
    days = [p["next_on"] for p in items if p["next_on"]]

    assert days == sorted(days)
    assert days[0] == DAY
    keys = {p["festival_key"] for p in items}
    assert "qingming" not in keys
    assert {o.value for o in Occasion} == {p["occasion"] for p in items}


def test_a_pool_says_for_whom_it_ran_dry_and_what_to_add(sign_in, plan):
    make_template()
    team = make_team()
    owner, manager = make_staff(team=team), make_staff(Role.MANAGER, team)
    make_customer(owner, birth_on=date(1980, 9, 25), tier="gold")
    make_customer(birth_on=date(1980, 9, 25))
    plan(EVE, DAY)
    assert pool_of(sign_in(manager), "birthday")["people_without_words"] == 0
    next_year = EVE.replace(year=2027)
    plan(next_year, "2027-09-25")

    pool = pool_of(sign_in(manager), "birthday")

    assert pool["people_without_words"] == 1  # the other one is another team's
    assert pool["wordless"] == [{"tier": "gold", "style": None, "people": 1, "texts": 1, "add": 3}]
    assert pool_of(sign_in(make_staff(Role.ADMIN)), "birthday")["people_without_words"] == 2
    assert pool_of(sign_in(manager), "birthday", days=1)["people_without_words"] == 0
    make_template()
    plan(next_year, "2027-09-25")
    assert pool_of(sign_in(manager), "birthday")["people_without_words"] == 0


def test_the_plan_names_the_pools_that_ran_dry_and_a_command_lists_them(app, plan):
    make_template()
    make_customer(birth_on=date(1980, 9, 25), tier="gold")
    assert "run dry" not in plan(EVE, DAY)
    next_year = EVE.replace(year=2027)
    line = "words run dry for birthday: gold 1 (see `flask care pools`)"

    assert line in plan(next_year, "2027-09-25", "--dry-run")
    assert line in plan(next_year, "2027-09-25")

    listed = app.test_cli_runner().invoke(args=["care", "pools"]).output.splitlines()
    expected = "  birthday: thin, 1 of 4 texts for everybody; 1 of gold get none: add 3"
    assert expected in listed
    assert "  mid_autumn (2028-10-03): dry, 0 of 4 texts for everybody" in listed
    assert listed[-1].endswith("1 people planned for the next 45 days get none")


def test_the_plan_says_where_nobody_has_written_anything(plan):
    make_customer()

    assert "no words for mid_autumn: 1 people" in plan(EVE, DAY, "--dry-run")


def test_an_account_manager_has_no_say_in_pools(sign_in, author):
    assert sign_in(author).get("/v1/care-pools").status_code == 403


# What a customer would read, and because of what


def preview(caller, customer, on=DAY):
    return caller.get(f"/v1/customers/{customer.id}/greeting-preview?on={on}")


def test_a_customer_would_get_the_closest_fresh_words_because(sign_in, author, at):
    at(EVE - timedelta(days=30))
    general = make_template()
    special = make_template(tiers=["gold"])
    make_template(styles=[CommunicationStyle.DIRECT])
    customer = make_customer(author, birth_on=date(1980, 9, 25), tier="gold", name="王虚构")

    (item,) = [i for i in preview(sign_in(author), customer).json["items"] if not i["obstacle"]]

    assert (item["occasion"], item["template_id"]) == ("birthday", special.id)
    assert item["because"].startswith("Made for their tier. Fresh as well, for another time: 1.")
    verdicts = [(c["template_id"], c["fit"], c["verdict"]) for c in item["candidates"]]
    assert verdicts[:2] == [(special.id, "tier", "chosen"), (general.id, "general", "fresh")]
    assert verdicts[2][1:] == (None, "not_for_them")
    make_message(customer, due_at=EVE, template_id=special.id, occasion=WEDDING)
    (item,) = [i for i in preview(sign_in(author), customer).json["items"] if not i["obstacle"]]
    assert item["template_id"] == general.id
    assert item["because"].startswith("Made for everybody. Heard on the occasions around: 1.")


def test_the_preview_says_what_the_plan_then_writes(sign_in, author, plan, at):
    at(EVE)
    for _ in range(5):
        make_template()
    customer = make_customer(author, birth_on=date(1980, 9, 25))
    (foreseen,) = [i for i in preview(sign_in(author), customer).json["items"] if i["text"]]

    plan(EVE, DAY)

    (planned,) = [i for i in preview(sign_in(author), customer).json["items"] if i["text"]]
    assert (planned["text"], planned["template_id"]) == (foreseen["text"], foreseen["template_id"])
    assert foreseen["message_id"] is None
    assert (planned["state"], planned["because"]) == ("queued", "It is planned already.")


def test_the_preview_says_why_there_is_none(sign_in, author, at):
    at(EVE)
    template = make_template()
    customer = make_customer(author, birth_on=date(1980, 9, 25))
    make_message(
        customer, due_at=EVE + timedelta(hours=1), template_id=template.id, occasion=WEDDING
    )

    items = preview(sign_in(author), customer).json["items"]

    obstacles = {item["occasion"]: item["obstacle"] for item in items}
    assert obstacles["birthday"] == "nothing_fresh"
    assert obstacles["festival"] == "no_template"


def test_a_strangers_customer_has_no_preview(sign_in, author):
    assert preview(sign_in(author), make_customer()).status_code == 404


def test_a_version_is_previewed_with_its_freshness(sign_in, author, at):
    at(EVE)
    template = make_template(tiers=["gold"])
    customer = make_customer(author)
    url = f"{URL}/{template.id}/versions/1/preview?customer_id={customer.id}&on={DAY}"

    first = sign_in(author).get(url).json
    make_message(
        customer, due_at=EVE + timedelta(hours=1), template_id=template.id, occasion=WEDDING
    )
    then = sign_in(author).get(url).json

    assert (first["is_made_for_them"], first["is_fresh"]) == (False, True)
    assert then["is_fresh"] is False
