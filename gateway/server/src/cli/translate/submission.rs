//! From a submitted permit file to what the core would ask an agency: the same pure step as in the gateway.

use serde_json::Value;
use wasl_core::file::{Context, Effect, Input, step};
use wasl_schemas::agency::{AgencyRequest, CommuneRef};
use wasl_schemas::command::Command;
use wasl_schemas::directory::CommuneDirectory;
use wasl_schemas::file::PermitFile;

use crate::cli::Failure;
use crate::flow::World;

/// The request that the rules make of a `file.submitted` (a CloudEvent, or its data alone) for this agency, as
/// at the time of the commune's receipt.
pub(super) fn request(value: &Value, agency: &str, world: &World) -> Result<AgencyRequest, Failure> {
    let data = value.get("data").unwrap_or(value);
    let file: PermitFile = serde_json::from_value(data.clone()).map_err(|error| {
        anyhow::anyhow!(
            "this is neither a request to an agency nor a permit file ({error}); see `wasl check`"
        )
    })?;
    let now = file.receipt.issued_at;
    let input = Input::Message {
        commune: commune(&file, world)?,
        command: Command::FileSubmitted(Box::new(file)),
        warnings: vec![],
    };
    let context = Context {
        now,
        rules: &world.rules,
        calendar: &world.calendar,
        coverage: &world.coverage,
        policy: &world.policy,
    };
    let done = step(None, &input, &context).map_err(|refusal| {
        let codes: Vec<&str> = refusal.0.iter().map(|fault| fault.code.as_str()).collect();
        anyhow::anyhow!("the file would be refused: {}", codes.join(", "))
    })?;
    let mut asked = Vec::new();
    for (_, effect) in done.effects {
        match effect {
            Effect::Request(request) if request.agency.as_str() == agency => return Ok(*request),
            Effect::Request(request) => asked.push(request.agency.to_string()),
            _ => {}
        }
    }
    let asked = if asked.is_empty() { "nobody".to_owned() } else { asked.join(", ") };
    Err(anyhow::anyhow!(
        "by the rules this file is not sent to {agency} when it is submitted, but to {asked}"
    )
    .into())
}

fn commune(file: &PermitFile, world: &World) -> Result<CommuneRef, Failure> {
    let entry = world.directory.commune(&file.commune);
    let entry = entry
        .ok_or_else(|| anyhow::anyhow!("{} is not an acting commune or arrondissement", file.commune))?;
    Ok(CommuneRef {
        code: entry.code.clone(),
        name: entry.name.clone(),
        province: entry.province.clone(),
        region: entry.region.clone(),
    })
}
