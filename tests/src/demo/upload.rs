//! A few communes put their documents into the gateway's store before they deposit the file.

use anyhow::{Context, ensure};

use crate::communes::day::{Day, Planned};
use crate::communes::document;
use crate::world::secrets::Caller;
use crate::world::start::World;

/// So many communes upload.
const COMMUNES: usize = 6;

/// The communes that upload: those of the first files.
pub(super) fn communes(day: &Day) -> Vec<&str> {
    let mut codes: Vec<&str> = Vec::new();
    for file in &day.files {
        if !codes.contains(&file.place.code.as_str()) && codes.len() < COMMUNES {
            codes.push(&file.place.code);
        }
    }
    codes
}

/// Who may call: the ministry, a region, a province, an operator, an agency, and the communes that upload.
pub(super) fn callers<'a>(communes: &[&'a str], names: &'a [String]) -> Vec<Caller<'a>> {
    let mut all = vec![
        Caller { name: "ministry", role: "ministry", scope: "", rights: &[] },
        Caller { name: "operator", role: "operator", scope: "", rights: &[] },
        Caller { name: "second-operator", role: "operator", scope: "", rights: &["wire-bodies"] },
        Caller { name: "region-06", role: "region", scope: "06", rights: &[] },
        Caller { name: "province-01511", role: "province", scope: "01511", rights: &[] },
        Caller { name: "urban-agency", role: "agency", scope: "urban-agency", rights: &[] },
    ];
    all.extend(communes.iter().zip(names).map(|(code, name)| Caller {
        name,
        role: "commune",
        scope: code,
        rights: &[],
    }));
    all
}

/// Puts the documents of the files of these communes.
///
/// # Errors
/// The gateway does not take one.
pub(super) async fn put(world: &World, day: &Day, communes: &[&str]) -> anyhow::Result<usize> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut count = 0;
    for file in day.files.iter().filter(|file| communes.contains(&file.place.code.as_str())) {
        for bytes in document::all_bytes(&file.reference, file.permit) {
            put_one(&client, world, file, bytes).await?;
            count += 1;
        }
    }
    Ok(count)
}

async fn put_one(
    client: &reqwest::Client,
    world: &World,
    file: &Planned,
    bytes: Vec<u8>,
) -> anyhow::Result<()> {
    let caller = format!("commune-{}", file.place.code);
    let token = world.tokens.iter().find(|(name, _)| *name == caller).map(|(_, token)| token);
    let token = token.with_context(|| format!("{caller} has no token"))?;
    let url = format!("{}/documents/{}", world.http(), document::sha256(&bytes));
    let request = client.put(url).bearer_auth(token).header("content-type", "application/pdf").body(bytes);
    let answer = request.send().await?;
    ensure!(answer.status().is_success(), "a document was not taken: {}", answer.status());
    Ok(())
}
