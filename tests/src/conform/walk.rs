//! A feed of documents, read to its end: what the agency says of its own books.

use std::time::Duration;

use super::book::{Request, Step};
use super::camt;
use super::exchange::{Answer, Session, Trouble};
use super::settings::Settings;
use super::values::Values;

/// More documents of one feed are not read.
const DOCUMENTS_MAX: usize = 200;
/// Between two looks whether there is a document at all.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Where a document may be there already, it is looked for so long.
const LOOK_FOR: Duration = Duration::from_secs(2);
/// Faults of one document that are told.
const TOLD_MAX: usize = 3;

/// What is wrong with the documents by the rules of the step. That there is none is wrong after a step that makes one come
/// (`until`); elsewhere nothing can be said.
pub(super) async fn walk(
    session: &mut Session<'_>,
    settings: &Settings,
    request: &Request,
    step: &Step,
    values: &Values,
) -> Result<Vec<String>, Trouble> {
    let (mut place, mut read, mut faults) = (String::new(), 0, Vec::new());
    let patience =
        if step.until { Duration::from_millis(settings.wishes.result_within_ms) } else { LOOK_FOR };
    let begin = tokio::time::Instant::now();
    while read < DOCUMENTS_MAX {
        let asked = Request { path: format!("{}{place}", request.path), ..request.clone() };
        let answer = session.send(&asked, step, values).await?;
        match (answer.status, read) {
            (200, _) => {}
            (204, 0) if begin.elapsed() < patience => {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            (204, 0) if !step.until => return Err(Trouble::Nothing("the account has no document yet")),
            (204, 0) => return Ok(vec!["no document came in time".to_owned()]),
            (204, _) => break,
            (status, _) => return Ok(vec![format!("document {}: status {status}", read + 1)]),
        }
        read += 1;
        let wanted = camt::faults(&answer.body);
        let wanted = wanted.iter().filter(|fault| step.expect.content.iter().any(|rule| rule == fault.rule));
        faults.extend(
            wanted.take(TOLD_MAX).map(|fault| format!("document {read}: {}: {}", fault.rule, fault.what)),
        );
        match next(&answer) {
            Some(next) if next != place => place = next,
            Some(_) => return Ok(vec![format!("document {read}: its Link leads to itself")]),
            None => return Ok(vec![format!("document {read}: no Link with rel=\"next\"")]),
        }
    }
    Ok(faults)
}

/// The query of the address in `Link: <…?after=7>; rel="next"` (RFC 8288).
fn next(answer: &Answer) -> Option<String> {
    let links = answer.headers.get_all(reqwest::header::LINK).iter().filter_map(|link| link.to_str().ok());
    let link = links.flat_map(|link| link.split(',')).find(|link| link.contains("rel=\"next\""))?;
    let address = link.split_once('<')?.1.split_once('>')?.0;
    Some(format!("?{}", address.split_once('?')?.1))
}
