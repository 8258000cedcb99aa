//! `wasl migrate`: brings the database to the present version. Run by an administrator; the roles never do.

use super::{Failure, block_on, output};
use crate::config::Settings;
use crate::store::connect;

pub(super) fn run(settings: &Settings) -> Result<(), Failure> {
    block_on(connect::migrate(&settings.database))??;
    output::say("the database is at the present version")
}
