"""The list of what is kept of a customer (个人信息清单). A test walks the tables and misses none.

A new table that refers to customers fails that test until it says here what becomes of its rows.
"""

from __future__ import annotations

from typing import Final

from crm_api.privacy.policies.holding import (
    OF_CONTACT,
    OF_MESSAGE,
    OF_SLOT,
    OF_VISIT,
    OWN,
    SAME_ID,
    Held,
    Special,
    deleted,
    kept,
)

PROFILE: Final[dict[str, Held]] = {
    "customers": kept(
        SAME_ID,
        becomes={
            "name": "",
            "name_pinyin": "",
            "name_initials": "",
            "gender": "unknown",
            "birth_on": None,
            "has_guardian_consent": False,
            "document_type": None,
            "document_number": None,
            "document_index": None,
            "phone": None,
            "joined_on": None,
            "status": "closed",
            "account_no": None,
            "plan_name": "",
            "plan_monthly_fen": None,
            "contract_end_on": None,
            "balance_fen": None,
            "owner_id": None,
            "content_digest": None,
            "erased_at": Special.NOW,
        },
        hides="document_index content_digest",
    ),
    "extended_profiles": deleted(SAME_ID),
    "profile_sources": deleted(SAME_ID),
    "greeting_preferences": deleted(SAME_ID),
    "anniversaries": deleted(),
    "life_events": deleted(),
    "do_not_disturb_wishes": deleted(),
    "customer_phones": deleted(hides="suffix"),
    "customer_places": deleted(),
    "customer_relations": deleted(*OWN, ("other_id", "customers", "id")),
    "customer_search_terms": deleted(),
    "customer_tags": deleted(),
    "customers_to_recheck": deleted(),
    "customer_merges": kept(
        ("survivor_id", "customers", "id"),
        ("merged_id", "customers", "id"),
        becomes={"reason": "", "undo_reason": Special.WORD},
    ),
    "customer_duplicates": deleted(
        ("first_id", "customers", "id"), ("second_id", "customers", "id")
    ),
    "customer_merge_rows": deleted(("merge_id", "customer_merges", "id"), hides="key before after"),
    "handed_customers": kept(keeps="team_id_before"),
    "bulk_rows": kept(becomes={"cells": None}, keeps="code"),
    "customer_reveals": kept(becomes={"reason": ""}),
    "customer_erasures": kept(keeps="reason note blocked_by"),
    "audit_entries": kept(
        ("subject_id", "customers", "id"), keeps="action subject_kind", by_rule="details"
    ),
    "customer_changes": kept(becomes={"reason": ""}, keeps="before after"),
    # Kept, so that the source's next file does not bring back who asked to be forgotten.
    "imported_customers": kept(becomes={"digest": ""}, keeps="source external_id", hides="digest"),
}

CONTACTS: Final[dict[str, Held]] = {
    "contacts": kept(keeps="source"),
    "contact_texts": kept(
        OF_CONTACT,
        becomes={
            "summary": "",
            "with_whom": "",
            "reason": "",
            "salt": "",
            "erased_at": Special.NOW,
        },
        hides="salt",
    ),
    "contact_histories": kept(),
    "contact_withdrawals": kept(becomes={"reason": "", "note": ""}),
    "contact_slots": kept(
        keeps="occurrence said_once source outcome reason tier segments", by_rule="endpoint"
    ),
    "slot_subjects": kept(OF_SLOT, keeps="unit claim", by_rule="subject_id"),
    # Decisions know nobody's name or number: ids, tiers and times. They can be judged again.
    "contact_decisions": kept(keeps="facts trace", hides="facts trace"),
    "contact_overruns": kept(keeps="policy_key code"),
    "contact_overrides": kept(
        becomes={"reason": "", "approval_reason": Special.WORD, "end_reason": Special.WORD},
        keeps="waives overridable_by approver_role",
    ),
    "contact_holds": kept(
        becomes={"reason": "", "lift_reason": Special.WORD}, keeps="source team_path"
    ),
    "opt_out_customers": deleted(),
    # The number stays: whoever refused our messages must not get them for being forgotten.
    "opt_outs": kept(
        ("id", "opt_out_customers", "opt_out_id"), keeps="number source lifted_by categories"
    ),
    "governor_alerts": kept(
        becomes={"note": Special.WORD}, keeps="policy_key", by_rule="mark subject_id"
    ),
    "policy_simulation_contacts": kept(keeps="policy_key"),
    "policy_simulation_customers": kept(),
}

CARE: Final[dict[str, Held]] = {
    "care_messages": kept(
        becomes={"number": "", "text": "", "reason": Special.WORD},
        keeps="festival_key occurrence sender lease_worker lease_token_hash provider_id",
        hides="lease_token_hash",
    ),
    "care_message_events": kept(OF_MESSAGE, becomes={"reason": Special.WORD}),
    "care_attempts": kept(
        OF_MESSAGE,
        becomes={"error": ""},
        keeps="worker provider_id token_hash",
        hides="token_hash",
    ),
    "care_reports": kept(
        ("attempt_id", "care_attempts", "id"), becomes={"raw": ""}, keeps="report_id provider_id"
    ),
    "care_day_rulings": kept(OF_MESSAGE, becomes={"reason": "", "lift_reason": Special.WORD}),
    "care_ruling_members": kept(),
    "care_plan_refusals": kept(keeps="occurrence reason"),
    "care_inbound_customers": deleted(),
    # What somebody else on that number may have written is theirs as well, and stays.
    "care_inbound": kept(
        ("id", "care_inbound_customers", "inbound_id"),
        keeps="inbound_id sent_to",
        by_rule="number text",
    ),
}

VISITS: Final[dict[str, Held]] = {
    "visits": kept(
        becomes={
            "plan_digest": "",
            "place": "",
            "place_latitude": None,
            "place_longitude": None,
            "tools": [],
            "confirmed_by": None,
            "cancel_reason": None,
            "absence_proof": None,
            "checked_in_place": None,
            "latitude": None,
            "longitude": None,
            "check_out_latitude": None,
            "check_out_longitude": None,
        },
        keeps=(
            "warnings verdict_reasons accuracy_m check_out_accuracy_m check_out_verdict_reasons"
            " refused_because"
        ),
        hides="plan_digest",
    ),
    "visit_objectives": kept(OF_VISIT, becomes={"text": "", "outcome_note": None}),
    "visit_persons": kept(OF_VISIT, *OWN, becomes={"name": "", "role": ""}),
    "visit_notes": kept(OF_VISIT, becomes={"text": ""}),
    "visit_steps": kept(OF_VISIT, becomes={"digest": ""}, hides="digest"),
    "visit_records": kept(
        OF_VISIT,
        becomes={
            "sections": {},
            "went_well": "",
            "went_badly": "",
            "next_time": "",
            "leave_alone_reason": None,
        },
    ),
    "briefs": kept(OF_VISIT, becomes={"content": {}}),
    # Stripped of personal data by rule when written, and read by a second person: a lesson stays.
    "case_cards": kept(OF_VISIT, *OWN, keeps="title situation action result lesson decision_note"),
    "offers": kept(OF_VISIT, *OWN, becomes={"text": "", "settled_why": Special.WORD}),
    "opportunities": kept(OF_VISIT, *OWN, becomes={"text": "", "settled_why": Special.WORD}),
    "undone_facts": kept(("fact_id", "learned_facts", "id"), becomes={"reason": ""}),
    "visit_attachments": deleted(OF_VISIT),
    "attachments": kept(
        ("id", "visit_attachments", "attachment_id"),
        keeps="refused_because",
        by_rule="file_name",
        hides="digest",
    ),
    "visit_colleagues": kept(
        OF_VISIT, becomes={"latitude": None, "longitude": None}, keeps="verdict_reasons accuracy_m"
    ),
    "learned_facts": kept(OF_VISIT, *OWN, becomes={"before": None, "after": None}, keeps="field"),
    "follow_ups": kept(becomes={"text": "", "outcome": Special.WORD}),
    "promises": kept(
        becomes={
            "text": "",
            "kept_how": Special.WORD,
            "withdrawn_because": Special.WORD,
            "answer": Special.WORD,
        },
    ),
    "promise_changes": kept(("promise_id", "promises", "id"), becomes={"words": ""}),
    # What a phone sent and was refused: that it was, and why, stays.
    "sync_issues": kept(
        becomes={"content": {}, "settled_how": Special.WORD}, keeps="message field code"
    ),
}

HELD: Final = PROFILE | CONTACTS | CARE | VISITS

# Of whose records the audit tells why something was done; its trigger knows the same.
AUDITED: Final = (
    "anniversaries",
    "care_messages",
    "contact_holds",
    "contact_overrides",
    "contact_slots",
    "contact_withdrawals",
    "contacts",
    "customer_erasures",
    "customer_places",
    "customer_reveals",
    "follow_ups",
    "life_events",
    "promises",
    "visits",
)
