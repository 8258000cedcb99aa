//! The second half of the conversation: the drawings of the titles that the registry knows.

use futures_util::{FutureExt as _, StreamExt as _, stream};
use wasl_schemas::agency::{AgencyRequest, Exchange};

use super::call::LandRegistry;
use super::identity::Identity;
use super::parcel::answer::Drawn;
use super::parcel::ask::ParcelQuery;
use super::parcel::facts::{self, DrawingFacts};
use super::shapes;
use super::wire::{Answer, Land, Parcel, Question};
use crate::transport::drift;
use crate::transport::http::Trouble;
use crate::transport::xml_out::token;

/// Drawings that are asked for at the same time.
const AT_A_TIME: usize = 4;
/// Codes of an exception that say "not now" (OGC 09-025r2 §7.5, OGC 06-121r3 §8.3).
const LATER: [&str; 4] = ["NoApplicableCode", "OperationProcessingFailed", "ServerBusy", "LockHasExpired"];

/// What came of asking about one title, and where the commune drew it.
type Asked<'a> = (Result<Drawn, Trouble>, &'a str, Option<[f64; 2]>);

impl LandRegistry {
    /// What the cadastre draws, in the order of the question. An opinion waits some attempts for a cadastre that
    /// cannot be asked, then it goes out without drawings, and says so.
    pub(super) async fn drawings(
        &self,
        request: &AgencyRequest,
        (question, answer): (&Question, &Answer),
        identity: &Identity,
        exchanges: &mut Vec<Exchange>,
    ) -> Result<Vec<DrawingFacts>, Trouble> {
        let Some(endpoint) = &self.config.parcel_endpoint else { return Ok(Vec::new()) };
        let registered = |seq: usize| answer.states.iter().any(|s| s.seq == seq && s.code == "R00");
        let mut calls = Vec::new();
        for (index, parcel) in question.parcels.iter().enumerate() {
            let seq = index + 1;
            let wanted = registered(seq) && seq <= self.config.parcels_drawn_max;
            calls.push(self.drawing_of(endpoint, parcel, wanted, identity, seq).boxed());
        }
        let all: Vec<_> = stream::iter(calls).buffered(AT_A_TIME).collect().await;
        let patient = request.attempt < self.config.parcel_attempts_max;
        let mut found = Vec::new();
        for (one, mut journal) in all {
            exchanges.append(&mut journal);
            found.push(match one {
                None => DrawingFacts::default(),
                Some((Err(later), ..)) if patient => return Err(later),
                Some((Err(later), title, centre)) => {
                    let why = match later {
                        Trouble::Transient { reason, .. }
                        | Trouble::InDoubt { reason }
                        | Trouble::Refused { reason, .. } => reason,
                    };
                    facts::of(&Drawn::Unavailable(token(&why, 200)), title, centre)
                }
                Some((Ok(drawn), title, centre)) => facts::of(&drawn, title, centre),
            });
        }
        Ok(found)
    }

    /// The drawing of one parcel, when it is wanted and has a title; with what was said on the way.
    async fn drawing_of<'a>(
        &self,
        endpoint: &str,
        parcel: &'a Parcel,
        wanted: bool,
        identity: &Identity,
        seq: usize,
    ) -> (Option<Asked<'a>>, Vec<Exchange>) {
        let mut journal = Vec::new();
        let (Land::Title(title), true) = (&parcel.land, wanted) else { return (None, journal) };
        let drawn = self.drawing(endpoint, title, identity, seq, &mut journal).await;
        (Some((drawn, title, parcel.centre)), journal)
    }

    /// One `GetFeature`. `Err`: ask again later.
    async fn drawing(
        &self,
        endpoint: &str,
        title: &str,
        identity: &Identity,
        seq: usize,
        journal: &mut Vec<Exchange>,
    ) -> Result<Drawn, Trouble> {
        let query = ParcelQuery::new(title, identity, seq);
        let call = query.call(endpoint, seq, self.config.parcel_identity)?;
        let got = self.client.send(call, journal).await?;
        // An exception report may come with any status, 200 among them.
        match Drawn::parse(&got.body) {
            Ok((_, Drawn::Exception { code, text })) if LATER.contains(&code.as_str()) => {
                Err(Trouble::transient(format!("the cadastre says {}: {text}", token(&code, 64))))
            }
            Ok((root, drawn @ Drawn::Exception { .. })) => {
                drift::note(journal, shapes::PARCELS.of_xml(&root));
                Ok(drawn)
            }
            Ok((root, drawn)) if got.status == 200 => {
                if self.config.parcel_identity {
                    query.check(&got).map_err(|why| Trouble::transient(why.to_string()))?;
                }
                drift::note(journal, shapes::PARCELS.of_xml(&root));
                Ok(drawn)
            }
            Ok(_) => Err(Trouble::transient(format!("HTTP {} with parcels", got.status))),
            Err(why) => Err(Trouble::transient(format!("HTTP {}: {why}", got.status))),
        }
    }
}
