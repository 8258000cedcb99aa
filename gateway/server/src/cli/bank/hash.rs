//! `wasl bank hash`: exit code 0 when the posted HASH agrees or none was posted, 1 when it does not.

use serde_json::json;
use wasl_adapters::transport::hash_v3::{
    PARAMETERS_MAX, Parameter, Quirks, hash, parse_form, posted, verify,
};
use wasl_adapters::transport::settings::Secret;

use super::super::{Failure, output, read_input};
use super::HashArgs;

pub(super) fn run(args: &HashArgs) -> Result<(), Failure> {
    let quirks = Quirks::read(&args.quirk.join(",")).map_err(Failure::Usage)?;
    let body = read_input(&args.file)?;
    let parameters =
        parameters(&body).map_err(|why| Failure::Usage(format!("{}: {why}", args.file.display())))?;
    let key = std::fs::read_to_string(&args.key)
        .map_err(|error| Failure::Usage(format!("--key {}: {error}", args.key.display())))?;
    let key = Secret::new(key.trim_end());
    if key.reveal().is_empty() {
        return Err(Failure::Usage(format!("--key {}: the file is empty", args.key.display())));
    }
    let computed = hash(&parameters, &key, &quirks);
    let agrees = posted(&parameters).map(|_| verify(&parameters, &key, &quirks));
    if args.json {
        let shown = json!({ "hash": computed, "posted": posted(&parameters).map(String::from_utf8_lossy), "agrees": agrees });
        output::say(&serde_json::to_string_pretty(&shown)?)?;
    } else {
        output::say(&computed)?;
        output::remark(match agrees {
            Some(true) => "the posted HASH agrees",
            Some(false) => "the posted HASH differs",
            None => "no HASH was posted",
        });
    }
    if agrees == Some(false) { Err(Failure::Told) } else { Ok(()) }
}

/// A form body, or one `name=value` a line: the second when a line break stands in it, since a form body has none.
fn parameters(body: &[u8]) -> Result<Vec<Parameter>, String> {
    let body = body.trim_ascii_end();
    if !body.contains(&b'\n') && body.contains(&b'&') {
        return parse_form(body).map_err(str::to_owned);
    }
    let mut found = Vec::new();
    for line in body.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        if found.len() == PARAMETERS_MAX {
            return Err(format!("more than {PARAMETERS_MAX} parameters"));
        }
        let cut = line.iter().position(|byte| *byte == b'=').ok_or("a line without `=`")?;
        let (name, value) = line.split_at(cut);
        found.push((name.to_vec(), value.get(1..).unwrap_or_default().to_vec()));
    }
    if found.is_empty() { Err("no parameters".to_owned()) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(file: &str, key: &str, quirk: &[&str]) -> (Result<(), Failure>, std::path::PathBuf) {
        let path = std::env::temp_dir().join(format!("wasl-bank-key-{}", uuid::Uuid::now_v7()));
        std::fs::write(&path, key).unwrap();
        let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/samples/agencies/barid-bank/");
        let args = HashArgs {
            file: format!("{samples}{file}").into(),
            key: path.clone(),
            quirk: quirk.iter().map(ToString::to_string).collect(),
            json: false,
        };
        (run(&args), path)
    }

    #[test]
    fn the_worked_example_agrees_with_its_key_and_with_no_other() {
        let said = |file: &str, key: &str, quirk: &[&str]| {
            let (result, path) = asked(file, key, quirk);
            std::fs::remove_file(path).unwrap();
            result
        };
        let key = "TEST|store\\key-2026\n";
        assert!(said("callback-approved.form", key, &[]).is_ok());
        assert!(matches!(said("callback-approved.form", "another", &[]), Err(Failure::Told)));
        assert!(matches!(said("callback-approved.form", key, &["no-escape"]), Err(Failure::Told)));
        assert!(matches!(said("callback-forged-amount.form", key, &[]), Err(Failure::Told)));
        assert!(matches!(said("callback-approved.form", key, &["md5"]), Err(Failure::Usage(_))));
        assert!(matches!(said("callback-approved.form", " \n", &[]), Err(Failure::Usage(_))));
        assert!(matches!(said("none.form", key, &[]), Err(Failure::Usage(_))));
    }

    #[test]
    fn a_form_and_lines_are_the_same_parameters() {
        let form = parameters(b"oid=1&amount=6%7C0&HASH=a%2B%3D\n").unwrap();
        let lines = parameters(b"oid=1\r\namount=6|0\r\n\r\nHASH=a+=\r\n").unwrap();
        assert_eq!(form, lines);
        assert_eq!(parameters(b"oid=1").unwrap().len(), 1);
        for bad in [&b""[..], b"\n", b"oid\nx", b"a=%4&b=1"] {
            assert!(parameters(bad).is_err());
        }
        assert!(parameters("a=1\n".repeat(PARAMETERS_MAX + 1).as_bytes()).is_err());
    }
}
