//! One turn through `out/`: each file is noted in the ledger, then removed.

use std::io;

use serde_json::json;

use super::super::action::Action;
use super::super::desk::closed;
use super::super::filing::{AtOnce, Filed, Filing};
use super::super::review::{Review, State};
use super::demand::{self, Demand, Kind, Name};
use super::{WaterBasin, answer};

/// Takes all files that wait. In the first turn after a start a file that is known already was
/// noted by a process that was killed before it could remove it: it is no duplicate.
pub(super) fn turn(agency: &WaterBasin, leftovers: bool) -> io::Result<()> {
    for file_name in agency.folder.waiting()? {
        if agency.desk.office.outage(agency.desk.agency).is_some() {
            return Ok(());
        }
        if let Some(bytes) = agency.folder.read(&file_name)? {
            take(agency, &file_name, &bytes, leftovers)?;
            agency.folder.remove(&file_name)?;
        }
    }
    Ok(())
}

fn take(agency: &WaterBasin, file_name: &str, bytes: &[u8], leftovers: bool) -> io::Result<()> {
    let Some(name) = Name::read(file_name) else {
        agency.desk.violation("", &[format!("a file named {file_name}")]);
        return Ok(());
    };
    let agreed = &agency.desk.office.secrets.water_basin;
    let demand = match demand::read(&agency.schema, agreed, &name, bytes) {
        Ok(demand) => demand,
        Err(faults) => {
            agency.desk.violation(&name.reference, &faults);
            return reject(agency, &name, "XML-01", &faults);
        }
    };
    let known = agency.desk.review(&name.reference);
    match (name.kind, known) {
        (Kind::Initial, Some(review)) if name.deposit > review.deposit => resume(agency, &name),
        (Kind::Initial, Some(_)) if leftovers => Ok(()),
        (Kind::Initial, _) => file(agency, &name, &demand),
        (Kind::Complement, Some(review)) => complement(agency, &name, &review, leftovers),
        (Kind::Cancellation, Some(review)) => cancel(agency, &review, leftovers),
        // Nothing to complete or to cancel. A request that was refused in its form comes here too.
        (_, None) => reject(agency, &name, "REF-01", &["Référence inconnue".to_owned()]),
    }
}

fn file(agency: &WaterBasin, name: &Name, demand: &Demand) -> io::Result<()> {
    let filed = agency.desk.file(&Filing {
        reference: &name.reference,
        file: &demand.file,
        deposit: name.deposit,
        kept: json!({"commune": demand.commune, "agency": demand.addressee}),
        at_once: AtOnce::Nothing,
    })?;
    if let Filed::Before(review) = filed {
        // The same acknowledgement again, under the same name.
        agency.write(&review);
    }
    Ok(())
}

/// A new deposit under the same reference is looked at from the beginning.
fn resume(agency: &WaterBasin, name: &Name) -> io::Result<()> {
    agency.desk.supplement(&name.reference, &name.mark(), name.deposit).map(|_| ())
}

fn complement(agency: &WaterBasin, name: &Name, review: &Review, leftovers: bool) -> io::Result<()> {
    let mark = name.mark();
    if review.supplements.contains(&mark) {
        if !leftovers {
            let detail = json!({"what": "supplement", "supplement": mark});
            agency.desk.record(Action::Duplicate, &review.reference, review.file.as_deref(), detail)?;
            agency.write(review);
        }
        return Ok(());
    }
    if closed(review) {
        return reject(agency, name, "REF-01", &["Demande close".to_owned()]);
    }
    agency.desk.supplement(&review.reference, &mark, name.deposit).map(|_| ())
}

fn cancel(agency: &WaterBasin, review: &Review, leftovers: bool) -> io::Result<()> {
    match review.state {
        State::Cancelled if leftovers => Ok(()),
        State::Cancelled => {
            let detail = json!({"what": "cancellation"});
            let file = review.file.as_deref();
            agency.desk.record(Action::Duplicate, &review.reference, file, detail).map(|_| ())
        }
        // The result is out already: nothing to stop.
        State::Answered | State::Refused => Ok(()),
        _ => agency.desk.cancel(&review.reference).map(|_| ()),
    }
}

/// An acknowledgement that says no, about a file that opens nothing.
fn reject(agency: &WaterBasin, name: &Name, code: &str, faults: &[String]) -> io::Result<()> {
    let (file_name, text) = answer::rejection(&agency.desk.office, name, code, faults);
    agency.folder.write(&file_name, &text)
}
