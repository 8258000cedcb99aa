//! After everything, fresh files must go through.

use std::time::{Duration, Instant};

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use super::stage::Stage;
use crate::communes::country::Country;
use crate::communes::day::{Day, key};
use crate::communes::places::Places;
use crate::demo::run::addresses;
use crate::oracle::calendar::worked_before;
use crate::world::clock::{LegalClock, local_date};

/// Fresh files.
const FILES: usize = 8;
/// They have this long.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// Their draws are others than those of the day.
const OTHER_SEED: u64 = 0x5eed_0f11_fe00;

/// Submits fresh files; how long it took until all were registered and one was reviewed.
///
/// # Errors
/// They did not go through.
pub async fn fresh_files(
    stage: &Stage,
    seed: u64,
    clock: &LegalClock,
    places: &Places,
) -> anyhow::Result<Duration> {
    let begin = Instant::now();
    let day = Day::draw(seed ^ OTHER_SEED, FILES, worked_before(local_date(clock.now())), places)?;
    let stop = CancellationToken::new();
    let addresses = addresses(&day, &stage.ground)?;
    let country = Country::open(&day, &addresses, clock.clone(), stop.clone()).await?;
    country.play(&day, &[]);
    let mut through = Err(String::from("nothing came"));
    while through.is_err() && begin.elapsed() < PATIENCE {
        tokio::time::sleep(LOOK_INTERVAL).await;
        through = went_through(&country, &day);
    }
    stop.cancel();
    country.ended().await;
    through.map_err(anyhow::Error::msg).context("fresh files do not go through")?;
    Ok(begin.elapsed())
}

/// All are registered, and one at least has come through its review: agencies were asked, and answered.
fn went_through(country: &Country, day: &Day) -> Result<(), String> {
    let (_, received) = country.journal().all();
    let told = |name: &str| {
        let of_name = received.iter().filter(|event| event.name() == name);
        let keys: std::collections::BTreeSet<String> =
            of_name.map(|event| format!("{}/{}", event.commune, event.reference())).collect();
        day.files.iter().filter(|file| keys.contains(&key(&file.reference, &file.place))).count()
    };
    match (told("file.registered"), told("file.reviewed")) {
        (registered, reviewed) if registered < day.files.len() || reviewed == 0 => {
            Err(format!("{registered} of {} registered, {reviewed} reviewed", day.files.len()))
        }
        _ => Ok(()),
    }
}
