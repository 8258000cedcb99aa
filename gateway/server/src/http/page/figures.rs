//! The fragments of the page: each is drawn from a snapshot in one language and replaced as a whole.

use super::live::Fragment;
use super::snapshot::Snapshot;
use super::{agencies, alarms, flow, headline, money, pulse, regions, silence};
use crate::clock::wall_now;
use crate::http::lang::Lang;
use crate::http::texts::Say;

/// Draws all fragments. One that cannot be drawn stays out, so the page keeps the one before.
#[must_use]
pub fn fragments(snapshot: &Snapshot, stale: bool, lang: Lang) -> Vec<Fragment> {
    let say = Say::new(lang);
    let drawn = [
        ("head", headline::head(say, snapshot, stale)),
        ("horizon", Ok(headline::horizon(say, snapshot))),
        ("figures", headline::figures(say, snapshot)),
        ("flow", flow::draw(say, snapshot)),
        ("regions", regions::draw(say, snapshot)),
        ("agencies", agencies::draw(say, snapshot)),
        ("silence", silence::draw(say, snapshot)),
        ("money", money::draw(say, snapshot)),
        ("alarms", alarms::draw(say, snapshot)),
        ("pulse", pulse::draw(say, snapshot, wall_now())),
    ];
    drawn
        .into_iter()
        .filter_map(|(id, drawn)| match drawn {
            Ok(html) => Some(Fragment { id, html }),
            Err(error) => {
                tracing::error!(id, %error, "a part of the page cannot be drawn");
                None
            }
        })
        .collect()
}
