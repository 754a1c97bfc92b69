"""What came to the API together, by name, for the list of its changes."""

RECALL_ANSWERS = (
    "GET /api/v1/recalls/{code} 200",
    "POST /api/v1/recalls 201",
    "PATCH /api/v1/recalls/{recall_id} 200",
    "POST /api/v1/recalls/{recall_id}/publish 200",
    "POST /api/v1/recalls/{recall_id}/cancel 200",
)
CLOCK = ("amount", "begun_at", "due_at", "ends_at", "extended_to", "kind", "met_at", "number", "planned",
         "provisional", "source_en", "source_zh", "state", "unit", "verified")  # fmt: skip
EXTENSION = ("asked_at", "decided_at", "decision_note", "due_at", "id", "kind", "office_en", "office_zh",
             "reason", "state", "was_due_at")  # fmt: skip
OF_LAW = (
    *("jurisdiction", "planned_end", "rule_pack", "clocks", "extensions"),
    *(f"clocks.{name}" for name in CLOCK),
    *(f"extensions.{name}" for name in EXTENSION),
)

CHANGED = ("withdrawn_at", "withdrawn_reason", "overturned_by", "first_level", "regraded_at",
           "regrade_reason")  # fmt: skip

STOPS = tuple(
    f"GET /api/v1/{answer}.{name}"
    for answer in ("stocks 200 items", "units/{unit_id} 200 contents")
    for name in ("own", "recalls", "recalls.by", "recalls.code", "recalls.level", "recalls.notice_id", "recalls.own",
                 "recalls.recall_id", "recalls.since")
)  # fmt: skip

SAMPLINGS = (
    "GET /api/v1/samplings", "GET /api/v1/samplings/notices", "GET /api/v1/samplings/overdue",
    "GET /api/v1/samplings/plans", "GET /api/v1/samplings/plans/{plan_id}",
    "GET /api/v1/samplings/plans/{plan_id}/proof", "GET /api/v1/samplings/rates", "GET /api/v1/samplings/results",
    "GET /api/v1/samplings/tasks", "GET /api/v1/samplings/{named}",
    "GET /api/v1/samplings/{named}/photos/{photo_id}", "POST /api/v1/samplings",
    "POST /api/v1/samplings/cases/{case_id}/finish", "POST /api/v1/samplings/cases/{case_id}/steps",
    "POST /api/v1/samplings/cases/{case_id}/transfer", "POST /api/v1/samplings/notices/{notice_id}/receipt",
    "POST /api/v1/samplings/notices/{notice_id}/retest", "POST /api/v1/samplings/notices/{notice_id}/waiver",
    "POST /api/v1/samplings/papers/{paper_id}/objections", "POST /api/v1/samplings/plans",
    "POST /api/v1/samplings/plans/{plan_id}/draw", "POST /api/v1/samplings/plans/{plan_id}/frame",
    "POST /api/v1/samplings/plans/{plan_id}/tasks", "POST /api/v1/samplings/tasks",
    "POST /api/v1/samplings/tasks/{task_id}/withdraw",
    *(f"POST /api/v1/samplings/{{named}}{step}" for step in (
        "/cases", "/cosign", "/handover", "/notices", "/notices/{notice_id}/service", "/objections/{objection_id}",
        "/photos", "/change", "/publication", "/receipt", "/refusal", "/report", "/retest", "/retest/delay",
        "/retest/handover", "/retest/laboratory", "/retest/receipt", "/retest/report", "/withdrawal",
    )),
)  # fmt: skip

INSPECTIONS = (
    "GET /api/v1/analytes", "GET /api/v1/batches/{batch_id}/samples", "GET /api/v1/holds",
    "GET /api/v1/inspections", "GET /api/v1/inspections/{inspection_id}",
    "GET /api/v1/inspections/{inspection_id}/file", "GET /api/v1/inspections/{inspection_id}/holds",
    "GET /api/v1/inspections/{inspection_id}/recall", "GET /api/v1/laboratories", "GET /api/v1/limits",
    "POST /api/v1/holds/{hold_id}/answer", "POST /api/v1/inspections",
    "POST /api/v1/inspections/{inspection_id}/corrections",
    "POST /api/v1/inspections/{inspection_id}/withdrawal", "POST /api/v1/laboratories/{laboratory_id}/scopes",
    "POST /api/v1/samples", "POST /api/v1/samples/{sample_id}/disposal",
    "PUT /api/v1/inspections/{inspection_id}/file",
)  # fmt: skip
IMPORTS = (
    "DELETE /api/v1/imports/{import_id}", "GET /api/v1/imports", "GET /api/v1/imports/{import_id}",
    "GET /api/v1/imports/{import_id}/problems.csv", "POST /api/v1/imports",
    "POST /api/v1/imports/{import_id}/check", "POST /api/v1/imports/{import_id}/commit",
    "POST /api/v1/imports/{import_id}/undo",
)  # fmt: skip
TIPS = (
    "GET /api/v1/complaints", "GET /api/v1/tips", "GET /api/v1/tips/{tip_id}",
    "GET /api/v1/tips/{tip_id}/photos/{photo_id}",
    *(f"POST /api/v1/tips/{{tip_id}}/{step}" for step in (
        "assignment", "close", "complaint", "contact", "investigation", "links", "merge", "notes", "transfer",
    )),
)  # fmt: skip
