//! Read models that are written with the state: the searched columns of files, consultations, fees. A JSON object per
//! row, read by `jsonb_to_recordset`: one parameter for a wide row, named columns, and a null where there is nothing.

use sqlx::PgTransaction;
use sqlx::types::Json;
use uuid::Uuid;
use wasl_core::file::FileState;
use wasl_schemas::consultation::ConsultationStatus;
use wasl_schemas::decision::DecisionOutcome;
use wasl_schemas::file::ProjectClass;

use super::StoreError;
use super::unit::FileWork;

#[derive(serde::Serialize)]
struct FileRow<'a> {
    id: Uuid,
    commune: &'a str,
    province: &'a str,
    region: &'a str,
    reference: &'a str,
    registration: &'a str,
    permit: &'a str,
    project_class: &'a str,
    status: &'a str,
    deposit_version: u32,
    sequence: i64,
    hash: String,
    filed: jiff::civil::Date,
    due: Option<jiff::civil::Date>,
    due_later: Option<jiff::civil::Date>,
    right_acquires_at: Option<jiff::Timestamp>,
    silence_is_approval: bool,
    registered_at: jiff::Timestamp,
    reviewed_at: Option<jiff::Timestamp>,
    decided_at: Option<jiff::Timestamp>,
    decision: Option<&'a str>,
    overdue_at: Option<jiff::Timestamp>,
    held_since: Option<jiff::Timestamp>,
    held_reason: Option<&'static str>,
    right_acquired_at: Option<jiff::Timestamp>,
    invoked_at: Option<jiff::Timestamp>,
    attested_at: Option<jiff::Timestamp>,
    delivered_at: Option<jiff::Timestamp>,
    withdrawn_at: Option<jiff::Timestamp>,
}

fn file_row<'a>(state: &'a FileState, work: &FileWork) -> FileRow<'a> {
    let right = state.right.as_ref();
    FileRow {
        id: state.id.0,
        commune: state.commune.code.as_str(),
        province: state.commune.province.as_str(),
        region: &state.commune.region,
        reference: state.permit_file.reference.as_str(),
        registration: &state.registration,
        permit: state.permit_file.permit.as_str(),
        project_class: match state.class {
            ProjectClass::Large => "large",
            ProjectClass::Small => "small",
        },
        status: state.status.as_str(),
        deposit_version: state.permit_file.deposit_version,
        sequence: work.sequence,
        hash: work.hash.iter().map(|b| format!("{b:02x}")).collect(),
        filed: state.clock.filed,
        due: state.dates.due,
        due_later: state.dates.due_if_working_days,
        right_acquires_at: state.dates.right_acquired_at,
        silence_is_approval: state.dates.silence_is_approval,
        registered_at: state.registered_at,
        reviewed_at: work.stamps.reviewed_at,
        decided_at: state.decision.as_ref().map(|d| d.decided_at),
        decision: state.decision.as_ref().map(|d| match d.outcome {
            DecisionOutcome::Granted => "granted",
            DecisionOutcome::Refused => "refused",
        }),
        overdue_at: work.stamps.overdue_at,
        held_since: state.hold.as_ref().map(|h| h.since),
        held_reason: state.hold.as_ref().map(|h| h.reason.as_str()),
        right_acquired_at: right.map(|r| r.acquired_at),
        invoked_at: right.and_then(|r| r.invoked_at),
        attested_at: right.and_then(|r| r.attestation.as_ref()).map(|a| a.attested_at),
        delivered_at: state.delivered_at,
        withdrawn_at: work.stamps.withdrawn_at,
    }
}

/// Writes the files of a unit.
pub(super) async fn write_files(
    tx: &mut PgTransaction<'_>,
    work: &[(&FileState, &FileWork)],
) -> Result<(), StoreError> {
    let rows: Vec<FileRow<'_>> = work.iter().map(|(state, work)| file_row(state, work)).collect();
    // Beside the rows and not in them: by far the longest column, it is read once.
    let unwritable = |e: serde_json::Error| StoreError::Unreadable { what: "state", why: e.to_string() };
    let states = work.iter().map(|(state, _)| serde_json::to_string(state).map_err(unwritable));
    let states: Vec<String> = states.collect::<Result<_, _>>()?;
    sqlx::query!(
        "INSERT INTO file (id, commune, province, region, reference, registration, permit, project_class, status,
             deposit_version, sequence, hash, state, filed, due, due_later, right_acquires_at, silence_is_approval,
             registered_at, reviewed_at, decided_at, decision, overdue_at, right_acquired_at, invoked_at,
             attested_at, delivered_at, withdrawn_at, held_since, held_reason)
         SELECT id, commune, province, region, reference, registration, permit, project_class, status,
             deposit_version, sequence, decode(hash, 'hex'), unnest::jsonb, filed, due, due_later, right_acquires_at,
             silence_is_approval, registered_at, reviewed_at, decided_at, decision, overdue_at, right_acquired_at,
             invoked_at, attested_at, delivered_at, withdrawn_at, held_since, held_reason
         FROM ROWS FROM (jsonb_to_recordset($1) AS (id uuid, commune text, province text, region text, reference text,
             registration text, permit text, project_class text, status text, deposit_version int, sequence bigint,
             hash text, filed date, due date, due_later date, right_acquires_at timestamptz,
             silence_is_approval boolean, registered_at timestamptz, reviewed_at timestamptz,
             decided_at timestamptz, decision text, overdue_at timestamptz, right_acquired_at timestamptz,
             invoked_at timestamptz, attested_at timestamptz, delivered_at timestamptz, withdrawn_at timestamptz,
             held_since timestamptz, held_reason text), UNNEST($2::text[])) AS r
         ON CONFLICT (id) DO UPDATE SET
             project_class = excluded.project_class, status = excluded.status,
             deposit_version = excluded.deposit_version, sequence = excluded.sequence, hash = excluded.hash,
             state = excluded.state, filed = excluded.filed, due = excluded.due, due_later = excluded.due_later,
             right_acquires_at = excluded.right_acquires_at, silence_is_approval = excluded.silence_is_approval,
             reviewed_at = COALESCE(excluded.reviewed_at, file.reviewed_at), decided_at = excluded.decided_at,
             decision = excluded.decision,
             overdue_at = CASE WHEN excluded.state->'passed' ? 'decision'
                 THEN COALESCE(excluded.overdue_at, file.overdue_at) END,
             right_acquired_at = excluded.right_acquired_at, invoked_at = excluded.invoked_at,
             attested_at = excluded.attested_at, delivered_at = excluded.delivered_at,
             withdrawn_at = COALESCE(excluded.withdrawn_at, file.withdrawn_at),
             held_since = excluded.held_since, held_reason = excluded.held_reason",
        Json(&rows) as _,
        &states
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[derive(serde::Serialize)]
struct ConsultationRow<'a> {
    id: Uuid,
    file_id: Uuid,
    agency: &'a str,
    agency_id: &'a str,
    commune: &'a str,
    province: &'a str,
    region: &'a str,
    deposit_version: u32,
    binding: bool,
    status: &'a str,
    due: jiff::civil::Date,
    agency_reference: Option<&'a str>,
    opinion: Option<wasl_schemas::opinion::OpinionKind>,
    overdue: bool,
    late: bool,
    request: &'a str,
    attempt: u32,
    failures: u32,
    waiting: bool,
    last_fault: Option<&'a str>,
    planned_at: jiff::Timestamp,
    sent_at: Option<jiff::Timestamp>,
    answered_at: Option<jiff::Timestamp>,
}

/// Writes the consultations that a unit touched.
pub(super) async fn write_consultations(
    tx: &mut PgTransaction<'_>,
    work: &[(&FileState, &FileWork)],
) -> Result<(), StoreError> {
    let mut all = Vec::new();
    for (state, work) in work {
        for (id, c) in state.consultations.iter().filter(|(id, _)| work.touched.contains(id)) {
            let answered_on = c.answered_at.map(wasl_core::time::local_date);
            all.push(ConsultationRow {
                id: id.0,
                file_id: state.id.0,
                agency: c.agency.as_str(),
                agency_id: &c.agency_id,
                commune: state.commune.code.as_str(),
                province: state.commune.province.as_str(),
                region: &state.commune.region,
                deposit_version: c.deposit_version,
                binding: c.binding,
                status: c.status.as_str(),
                due: c.due,
                agency_reference: c.agency_reference.as_deref(),
                opinion: c.opinion.as_ref().map(|o| o.kind),
                overdue: c.overdue,
                late: c.status == ConsultationStatus::Answered && answered_on.is_some_and(|on| on > c.due),
                request: c.dispatch.kind.as_str(),
                attempt: c.dispatch.attempt,
                failures: c.dispatch.failures,
                waiting: c.dispatch.waiting,
                last_fault: c.dispatch.last_fault.as_deref(),
                planned_at: work.legal_now,
                sent_at: c.sent_at,
                answered_at: c.answered_at,
            });
        }
    }
    if all.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO consultation (id, file_id, agency, agency_id, commune, province, region, deposit_version, binding,
             status, due, agency_reference, opinion, overdue, late, request, attempt, failures, waiting, last_fault,
             planned_at, sent_at, answered_at)
         SELECT * FROM jsonb_to_recordset($1) AS r (id uuid, file_id uuid, agency text, agency_id text, commune text,
             province text, region text, deposit_version int, binding boolean, status text, due date,
             agency_reference text, opinion text, overdue boolean, late boolean, request text, attempt int,
             failures int, waiting boolean, last_fault text, planned_at timestamptz, sent_at timestamptz,
             answered_at timestamptz)
         ON CONFLICT (id) DO UPDATE SET
             status = excluded.status, due = excluded.due, agency_reference = excluded.agency_reference,
             opinion = excluded.opinion, overdue = excluded.overdue, late = excluded.late,
             request = excluded.request, attempt = excluded.attempt, failures = excluded.failures,
             waiting = excluded.waiting, last_fault = excluded.last_fault, sent_at = excluded.sent_at,
             answered_at = excluded.answered_at",
        Json(&all) as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[derive(serde::Serialize)]
struct FeeRow<'a> {
    order_id: Uuid,
    file_id: Uuid,
    fee: &'a str,
    commune: &'a str,
    province: &'a str,
    region: &'a str,
    label: &'a str,
    amount_centimes: i64,
    beneficiary: &'a str,
    beneficiary_rib: &'a str,
    status: &'a str,
    bank_reference: Option<&'a str>,
    transaction: Option<&'a str>,
    means: Option<wasl_schemas::payment::PaymentMeans>,
    paid_centimes: Option<i64>,
    assessed_at: jiff::Timestamp,
    settled_at: Option<jiff::Timestamp>,
    request: &'a str,
    attempt: u32,
    failures: u32,
    waiting: bool,
    last_fault: Option<&'a str>,
}

/// Writes the fees that a unit touched.
pub(super) async fn write_fees(
    tx: &mut PgTransaction<'_>,
    work: &[(&FileState, &FileWork)],
) -> Result<(), StoreError> {
    let mut all = Vec::new();
    for (state, work) in work {
        for fee in state.fees.values().filter(|f| work.touched.contains(&f.order)) {
            let receipt = fee.receipt.as_ref();
            let closed = !matches!(fee.status.as_str(), "assessed" | "ordered");
            all.push(FeeRow {
                order_id: fee.order.0,
                file_id: state.id.0,
                fee: fee.fee.fee.as_str(),
                commune: state.commune.code.as_str(),
                province: state.commune.province.as_str(),
                region: &state.commune.region,
                label: &fee.fee.label,
                amount_centimes: fee.fee.amount_centimes.0,
                beneficiary: &fee.fee.beneficiary.name,
                beneficiary_rib: fee.fee.beneficiary.rib.as_str(),
                status: fee.status.as_str(),
                bank_reference: fee.bank_reference.as_deref(),
                transaction: receipt.map(|r| r.transaction.as_str()),
                means: receipt.map(|r| r.means),
                paid_centimes: receipt.map(|r| r.amount_centimes.0),
                assessed_at: fee.fee.assessed_at,
                settled_at: closed.then_some(work.legal_now),
                request: fee.dispatch.kind.as_str(),
                attempt: fee.dispatch.attempt,
                failures: fee.dispatch.failures,
                waiting: fee.dispatch.waiting,
                last_fault: fee.dispatch.last_fault.as_deref(),
            });
        }
    }
    if all.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO fee (order_id, file_id, fee, commune, province, region, label, amount_centimes, beneficiary,
             beneficiary_rib, status, bank_reference, transaction, means, paid_centimes, assessed_at, settled_at,
             request, attempt, failures, waiting, last_fault)
         SELECT * FROM jsonb_to_recordset($1) AS r (order_id uuid, file_id uuid, fee text, commune text, province text,
             region text, label text, amount_centimes bigint, beneficiary text, beneficiary_rib text, status text,
             bank_reference text, transaction text, means text, paid_centimes bigint, assessed_at timestamptz,
             settled_at timestamptz, request text, attempt int, failures int, waiting boolean, last_fault text)
         ON CONFLICT (order_id) DO UPDATE SET
             status = excluded.status, bank_reference = excluded.bank_reference, transaction = excluded.transaction,
             means = excluded.means, paid_centimes = excluded.paid_centimes,
             settled_at = COALESCE(fee.settled_at, excluded.settled_at), request = excluded.request,
             attempt = excluded.attempt, failures = excluded.failures, waiting = excluded.waiting,
             last_fault = excluded.last_fault",
        Json(&all) as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
