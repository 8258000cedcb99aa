//! Runs the cases one after another.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use super::book::{Book, Case, Step};
use super::exchange::{Session, Trouble};
use super::expect;
use super::folder::Folder;
use super::report::{Outcome, Report};
use super::settings::Settings;
use super::values::Values;
use crate::sandbox::Agency;

/// Between two questions about something that comes later.
const ASK_EVERY: Duration = Duration::from_millis(100);

struct Player<'a> {
    settings: &'a Settings,
    book: &'a Book,
    session: Session<'a>,
    folder: Option<Folder>,
}

/// What came of a case.
enum Verdict {
    Pass,
    Fail(String),
    NotPlayed(&'static str),
}

/// All cases of a book.
///
/// # Errors
/// A case is wrong, or the settings are; never that the agency is.
pub(super) async fn all(settings: &Settings, book: &Book) -> anyhow::Result<Report> {
    let session = Session::new(settings)?;
    let folder = match settings.agency {
        Agency::WaterBasin => Some(Folder::open(Path::new(&settings.base))?),
        _ => None,
    };
    let mut player = Player { settings, book, session, folder };
    let mut report = Report::default();
    let wanted = |case: &&Case| settings.only.as_ref().is_none_or(|only| case.case.contains(only.as_str()));
    for case in book.cases.iter().filter(wanted) {
        if let Some(why) = left_out(settings, case) {
            report.leave_out(&case.case, why);
            continue;
        }
        let verdict = player.play(case).await.with_context(|| format!("case {}", case.case))?;
        let (pass, reason) = match verdict {
            Verdict::Pass => (true, String::new()),
            Verdict::Fail(reason) => (false, format!("{reason} ({})", case.what)),
            Verdict::NotPlayed(why) => {
                report.leave_out(&case.case, why.to_owned());
                continue;
            }
        };
        report.put(Outcome { case: case.case.clone(), pass, reason });
    }
    Ok(report)
}

/// Why a case cannot be played here.
fn left_out(settings: &Settings, case: &Case) -> Option<String> {
    if case.known && settings.reference.is_none() {
        return Some("needs --reference".to_owned());
    }
    if let Some(key) = case.needs.as_ref().filter(|key| !settings.agreed.contains_key(*key)) {
        return Some(format!("needs {key} in [adapter]"));
    }
    let part = case.part.as_deref()?;
    (!settings.wishes.files.contains_key(part))
        .then(|| format!("needs [conform.files] {part} in the settings, to make the agency play it"))
}

impl Player<'_> {
    async fn play(&mut self, case: &Case) -> anyhow::Result<Verdict> {
        let mut values = Values::new(self.settings, case.part.as_deref());
        for (number, step) in (1..).zip(&case.steps) {
            let found = if step.until && !step.walk {
                self.until(step, &mut values).await
            } else {
                self.step(step, &mut values).await
            };
            let faults = match found {
                Ok(faults) => faults,
                Err(Trouble::Agency(fault)) => vec![fault],
                Err(Trouble::Broken) if step.expect.or_broken => Vec::new(),
                Err(Trouble::Broken) => vec!["the connection broke, or the answer cannot be read".to_owned()],
                Err(Trouble::Nothing(why)) => return Ok(Verdict::NotPlayed(why)),
                Err(Trouble::Run(fault)) => return Err(fault),
            };
            if !faults.is_empty() {
                let name = if step.send.is_empty() { &step.file } else { &step.send };
                return Ok(Verdict::Fail(format!("step {number}, {name}: {}", faults.join("; "))));
            }
        }
        Ok(Verdict::Pass)
    }

    async fn step(&mut self, step: &Step, values: &mut Values) -> Result<Vec<String>, Trouble> {
        if !step.file.is_empty() {
            return self.file(step, values).await;
        }
        let request = self.book.requests.get(&step.send);
        let request = request.with_context(|| format!("there is no request `{}`", step.send))?;
        if let Some(folder) = self.folder.clone() {
            let (body, _) = self.session.body(request, step, values)?;
            folder.write(&values.fill(&request.path)?, &body)?;
            return Ok(Vec::new());
        }
        if step.walk {
            return super::walk::walk(&mut self.session, self.settings, request, step, values).await;
        }
        let answer = self.session.send(request, step, values).await?;
        let mut faults = expect::faults(&step.expect, &answer, values)?;
        if step.expect.signed {
            faults.extend(self.session.signing.disbelief(&answer.body));
        }
        Ok(faults)
    }

    /// Asks again until it is as expected.
    async fn until(&mut self, step: &Step, values: &mut Values) -> Result<Vec<String>, Trouble> {
        if !step.file.is_empty() {
            return self.file(step, values).await;
        }
        let mut last = Vec::new();
        let within = Duration::from_millis(self.settings.wishes.result_within_ms);
        let asking = async {
            loop {
                last = self.step(step, values).await?;
                if last.is_empty() {
                    return Ok(());
                }
                tokio::time::sleep(ASK_EVERY).await;
            }
        };
        match tokio::time::timeout(within, asking).await {
            Ok(Ok(())) => Ok(Vec::new()),
            Ok(Err(trouble)) => Err(trouble),
            Err(_) => Ok(last),
        }
    }

    /// Waits for a file that is as expected; with `there: false` at its root it must still lie in `out/`.
    async fn file(&self, step: &Step, values: &Values) -> Result<Vec<String>, Trouble> {
        let folder = self.folder.as_ref().context("a file is expected, and there is no folder")?;
        let pattern = values.fill(&step.file)?;
        if let Some(name) = pattern.strip_prefix("out/") {
            let waits = folder.waits(name);
            return Ok(if waits {
                Vec::new()
            } else {
                vec![format!("{name} was taken although it is not complete")]
            });
        }
        let fits = |bytes: &[u8]| {
            expect::file_faults(&step.expect.at, bytes, values).is_ok_and(|faults| faults.is_empty())
        };
        if folder.wait(&pattern, self.settings.wishes.result_within_ms, fits).await.is_some() {
            return Ok(Vec::new());
        }
        let mut faults = vec![format!("no {pattern} of this content came in time")];
        if let Some(other) = folder.come(&pattern).last() {
            faults.extend(expect::file_faults(&step.expect.at, other, values)?);
        }
        Ok(faults)
    }
}
