//! Nothing is done twice: what the agencies' ledger and the events say.

use std::collections::BTreeMap;

use crate::support::Gateway;

/// Every consultation that has not had exactly one effect, as a sentence.
pub(crate) async fn violations(gateway: &Gateway) -> Vec<String> {
    let mut found = Vec::new();
    let mut accepted: BTreeMap<String, usize> = BTreeMap::new();
    for entry in gateway.ledger("action=consultation-accepted").await {
        *accepted.entry(entry["reference"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let twice = accepted.values().filter(|count| **count > 1).count();
    if twice > 0 {
        found.push(format!("{twice} requests were taken in twice by an agency"));
    }
    let asked = gateway.count("SELECT count(*) FROM consultation").await;
    if i64::try_from(accepted.len()).unwrap() != asked {
        found.push(format!("{asked} consultations, of which agencies know {}", accepted.len()));
    }
    for (what, sql) in [
        (
            "consultations have two opinions",
            "SELECT count(*) FROM (SELECT FROM event WHERE name = 'consultation-answered'
                 GROUP BY data->>'consultation' HAVING count(*) > 1) AS twice",
        ),
        (
            "files were registered twice",
            "SELECT count(*) FROM (SELECT FROM event WHERE name = 'registered' GROUP BY file_id HAVING count(*) > 1) AS twice",
        ),
        (
            "files were said to be reviewed twice",
            "SELECT count(*) FROM (SELECT FROM event WHERE name = 'reviewed' GROUP BY file_id HAVING count(*) > 1) AS twice",
        ),
        ("files are not reviewed", "SELECT count(*) FROM file WHERE reviewed_at IS NULL"),
    ] {
        let count = gateway.count(sql).await;
        if count > 0 {
            found.push(format!("{count} {what}"));
        }
    }
    found
}
