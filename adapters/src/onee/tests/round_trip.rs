//! `read(write(x)) = x` for drawn requests and statuses, both ways through XML; and what the mapping drops is what it
//! says it drops.

use proptest::prelude::*;
use serde_json::{Value, json};
use wasl_schemas::file::Permit;

use super::super::wire::{Connection, Opinion, Project, ServiceRequest, Site, Status};
use super::*;
use crate::canonical::Announced as Document;
use crate::transport::xml::{Element, parse};
use crate::transport::xml_out::XmlOut;

/// An `xs:token` of the schema, with everything that must be escaped in it.
fn label(chars_max: usize) -> impl Strategy<Value = String> {
    "[A-Za-zéàç'&<>\"\\]ء-ي\u{1F3E0}]( ?[A-Za-z0-9&<>ء-ي]){0,30}"
        .prop_map(move |text| token(&text, chars_max))
}

fn degrees() -> impl Strategy<Value = Option<[f64; 2]>> {
    let place = (-1_800_000_000i64..1_800_000_000, -900_000_000i64..900_000_000);
    proptest::option::of(place.prop_map(|(x, y)| {
        let read = |n: i64| format!("{:.7}", n as f64 / 1e7).parse().unwrap();
        [read(x), read(y)]
    }))
}

const USES: [&str; 6] = ["housing", "commercial", "industrial", "agricultural", "public-building", "mixed"];

fn project() -> impl Strategy<Value = Project> {
    let numbers = (any::<u16>(), any::<u32>(), any::<u32>(), any::<u32>());
    (0usize..6, numbers).prop_map(|(purpose, (floors, height_cm, dwellings, floor_area_m2))| Project {
        purpose: USES[purpose],
        floors,
        height_cm,
        dwellings,
        floor_area_m2,
        networks: vec!["electricity", "drinking-water"],
    })
}

fn site() -> impl Strategy<Value = Site> {
    (proptest::option::of(label(64)), proptest::option::of(any::<u32>()), degrees())
        .prop_map(|(title, area_m2, point)| Site { title, area_m2, point })
}

fn document() -> impl Strategy<Value = Document> {
    let url = proptest::option::of("https://wasl\\.example/documents/[0-9a-f]{4}\\?a=[0-9]{1,9}&b=[a-z]{3}");
    (label(256), label(256), any::<u64>(), "[0-9a-f]{64}", url).prop_map(
        |(kind, media_type, size_bytes, sha256, url)| Document { kind, media_type, size_bytes, sha256, url },
    )
}

prop_compose! {
    fn drawn_request()(
        reference in "[A-Za-z0-9-]{1,64}", deposit_version in 1u32.., supplement in 0i64.., large in any::<bool>(),
        permit_reference in label(64), permit in 0usize..13, commune in "[0-9]{9}", day in 0i32..100_000,
        company in any::<bool>(), identifier in label(64), names in (label(256), label(256)), project in project(),
        sites in proptest::collection::vec(site(), 1..4), documents in proptest::collection::vec(document(), 0..4),
    ) -> ServiceRequest {
        let start = jiff::civil::date(1970, 1, 1);
        ServiceRequest {
            reference, deposit_version, supplement, permit_reference, permit_type: Permit::ALL[permit].as_str(),
            large, commune, answer_before: start + jiff::Span::new().days(day), company, identifier,
            name_fr: names.0, name_ar: names.1, project, sites, documents,
        }
    }
}

/// Reads what [`ServiceRequest::write`] wrote. Only ONEE reads it in earnest.
fn read_request(e: &Element) -> ServiceRequest {
    let text = |e: &Element, name: &str| e.child_text(SR, name).map(str::to_owned);
    let number = |e: &Element, name: &str| text(e, name).map_or(0, |t| t.parse().unwrap());
    let hundredths = |e: &Element, name: &str| -> Option<u64> {
        let (whole, rest) = e.child_text(SR, name)?.split_once('.').unwrap();
        Some(whole.parse::<u64>().unwrap() * 100 + rest.parse::<u64>().unwrap())
    };
    let metres = |e: &Element, name: &str| hundredths(e, name).map(|n| u32::try_from(n / 100).unwrap());
    let known = |all: &[&'static str], text: &str| *all.iter().find(|one| **one == text).unwrap();
    let types: Vec<&str> = Permit::ALL.iter().map(|permit| permit.as_str()).collect();
    let (applicant, project) = (e.child(SR, "applicant").unwrap(), e.child(SR, "project").unwrap());
    let point = |site: &Element| {
        let read = |name| Some(site.child_text(SR, name)?.parse().unwrap());
        Some([read("longitude")?, read("latitude")?])
    };
    ServiceRequest {
        reference: text(e, "consultationReference").unwrap(),
        deposit_version: text(e, "depositVersion").unwrap().parse().unwrap(),
        supplement: text(e, "supplement").unwrap().parse().unwrap(),
        permit_reference: text(e, "permitReference").unwrap(),
        permit_type: known(&types, &text(e, "permitType").unwrap()),
        large: e.child_text(SR, "projectClass") == Some("large"),
        commune: text(e, "communeCode").unwrap(),
        answer_before: text(e, "answerBefore").unwrap().parse().unwrap(),
        company: applicant.child_text(SR, "kind") == Some("company"),
        identifier: text(applicant, "identifier").unwrap(),
        name_fr: text(applicant, "nameFrench").unwrap_or_default(),
        name_ar: text(applicant, "nameArabic").unwrap_or_default(),
        project: Project {
            purpose: known(&USES, &text(project, "use").unwrap()),
            floors: u16::try_from(number(project, "floors")).unwrap(),
            height_cm: u32::try_from(hundredths(project, "heightMetres").unwrap_or(0)).unwrap(),
            dwellings: number(project, "dwellings"),
            floor_area_m2: metres(project, "floorAreaSquareMetres").unwrap_or(0),
            networks: project
                .all(SR, "network")
                .map(|n| known(&["electricity", "drinking-water"], n.trimmed()))
                .collect(),
        },
        sites: e
            .all(SR, "site")
            .map(|site| Site {
                title: text(site, "landTitle"),
                area_m2: metres(site, "areaSquareMetres"),
                point: point(site),
            })
            .collect(),
        documents: e
            .all(SR, "document")
            .map(|d| Document {
                kind: text(d, "kind").unwrap(),
                media_type: text(d, "mediaType").unwrap(),
                size_bytes: text(d, "sizeBytes").unwrap().parse().unwrap(),
                sha256: text(d, "sha256").unwrap(),
                url: text(d, "url"),
            })
            .collect(),
    }
}

/// A status as ONEE writes it, in the schema's order. Only ONEE writes it in earnest.
pub(super) fn write_status(out: &mut XmlOut, status: &Status) {
    out.open("sr:ServiceRequestStatus", &[("xmlns:sr", SR)]);
    out.leaf("sr:consultationReference", &status.reference);
    out.leaf_opt("sr:serviceRequestNumber", status.number.as_deref());
    out.leaf("sr:status", &status.status);
    out.leaf_opt("sr:statusTime", status.status_time.map(|t| t.to_string()).as_deref());
    out.leaf_opt("sr:completeBefore", status.complete_before.map(|d| d.to_string()).as_deref());
    for (code, label) in &status.missing {
        out.open("sr:missing", &[]);
        out.leaf("sr:code", code);
        out.leaf_opt("sr:label", label.as_deref());
        out.close();
    }
    if let Some(opinion) = &status.opinion {
        out.open("sr:opinion", &[]);
        out.leaf("sr:outcome", &opinion.outcome);
        out.leaf_opt("sr:issuedOn", opinion.issued_on.map(|d| d.to_string()).as_deref());
        out.leaf_opt("sr:reason", opinion.reason.as_deref());
        opinion.conditions.iter().for_each(|condition| out.leaf("sr:condition", condition));
        for connection in &opinion.connections {
            out.open("sr:connection", &[]);
            out.leaf("sr:network", &connection.network);
            out.leaf_opt("sr:feasible", connection.feasible.as_deref());
            out.leaf_opt("sr:distanceMetres", connection.distance_m.as_deref());
            out.leaf_opt("sr:reinforcement", connection.reinforcement.as_deref());
            out.close();
        }
        out.leaf_opt("sr:signatory", opinion.signatory.as_deref());
        out.close();
    }
    out.close();
}

fn one_of(all: &'static [&'static str]) -> impl Strategy<Value = String> {
    proptest::sample::select(all).prop_map(str::to_owned)
}

fn opinion() -> impl Strategy<Value = Opinion> {
    let flag = || proptest::option::of(one_of(&["true", "false"]));
    let connection = (
        one_of(&["electricity", "drinking-water", "sanitation"]),
        one_of(&["true", "false"]),
        "[0-9]{1,5}\\.[0-9]{2}",
        flag(),
    )
        .prop_map(|(network, feasible, distance, reinforcement)| Connection {
            network,
            feasible: Some(feasible),
            distance_m: Some(distance),
            reinforcement,
        });
    (
        one_of(&["favourable", "favourable-with-conditions", "unfavourable", "none"]),
        proptest::option::of(label(2000)),
        proptest::collection::vec(label(2000), 0..3),
        proptest::collection::vec(connection, 0..3),
        proptest::option::of(label(256)),
    )
        .prop_map(|(outcome, reason, conditions, connections, signatory)| Opinion {
            outcome,
            issued_on: Some(jiff::civil::date(2026, 10, 13)),
            reason,
            conditions,
            connections,
            signatory,
        })
}

prop_compose! {
    pub(super) fn drawn_status()(
        reference in "[A-Za-z0-9-]{1,64}", number in label(64), second in 0i64..4_000_000_000,
        status in one_of(&["received", "incomplete", "in-study", "answered", "cancelled"]), by in any::<bool>(),
        missing in proptest::collection::vec(("[A-Za-z0-9._-]{1,64}", proptest::option::of(label(2000))), 0..3),
        opinion in proptest::option::of(opinion()),
    ) -> Status {
        Status {
            reference, number: Some(number), status, missing, opinion,
            status_time: Some(jiff::Timestamp::from_second(second).unwrap()),
            complete_before: by.then(|| jiff::civil::date(2026, 10, 20)),
        }
    }
}

fn element(write: impl FnOnce(&mut XmlOut)) -> Element {
    let mut out = XmlOut::default();
    write(&mut out);
    parse(&out.finish(), XmlLimits::default()).unwrap()
}

proptest! {
    #[test]
    fn a_request_is_read_back_as_it_was_written(drawn in drawn_request()) {
        prop_assert_eq!(read_request(&element(|out| drawn.write(out))), drawn);
    }

    #[test]
    fn a_status_is_read_back_as_it_was_written(drawn in drawn_status()) {
        let payload = element(|out| {
            out.open("msg:Payload", &[("xmlns:msg", MSG)]);
            write_status(out, &drawn);
        });
        prop_assert_eq!(Status::read(&payload).unwrap().unwrap(), drawn);
    }
}

/// Another value of the same kind, as far as the canonical types allow one.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(flag) => vec![json!(!flag)],
        Value::Number(n) if n.is_i64() || n.is_u64() => vec![json!(n.as_i64().unwrap() + 1)],
        Value::Number(n) => vec![json!(n.as_f64().unwrap() + 1e-4)],
        Value::String(text) => {
            let kinds =
                ["commercial", "subdivision", "small", "surveyor", "near-watercourse", "new-connection"];
            let digit = text.rfind(|c: char| c.is_ascii_digit()).map(|at| {
                let other = if &text[at..=at] == "1" { "2" } else { "1" };
                format!("{}{other}{}", &text[..at], &text[at + 1..])
            });
            let longer = format!("{text}a");
            digit.into_iter().chain([longer]).map(Value::from).chain(kinds.map(Value::from)).collect()
        }
        _ => Vec::new(),
    }
}

fn leaves(value: &Value, path: String, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, v)| leaves(v, format!("{path}/{name}"), out)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, v)| leaves(v, format!("{path}/{index}"), out));
        }
        _ => out.push(path),
    }
}

/// `permit_file.parcels.geometry` of `/permit_file/parcels/0/geometry/coordinates/…`.
fn covers(drop: &str, pointer: &str) -> bool {
    let name = drop.split(' ').next().unwrap();
    let steps = pointer.split('/').filter(|step| !step.is_empty() && step.parse::<usize>().is_err());
    let dotted: Vec<&str> = steps.collect();
    dotted.join(".").starts_with(name)
}

/// Every leaf of a request whose change leaves the message as it is, with all the values tried.
fn without_effect(request: &AgencyRequest) -> Vec<String> {
    let onee = adapter("http://127.0.0.1:1/onee");
    let said = |request: &AgencyRequest| onee.preview(request).map(|preview| preview.body).ok();
    let (whole, before) = (serde_json::to_value(request).unwrap(), said(request).unwrap());
    let mut paths = Vec::new();
    leaves(
        &json!({"permit_file": whole["permit_file"], "supplement": whole["supplement"]}),
        String::new(),
        &mut paths,
    );
    // What the commune says twice goes out once, from the request itself.
    paths.retain(|path| {
        path != "/permit_file/commune" && path != "/supplement" && path != "/supplement/consultation"
    });
    paths.retain(|path| {
        let old = whole.pointer(path).unwrap();
        let changed = others(old).into_iter().filter(|new| new != old).filter_map(|new| {
            let mut whole = whole.clone();
            *whole.pointer_mut(path).unwrap() = new;
            let request = serde_json::from_value::<AgencyRequest>(whole).ok()?;
            said(&request)
        });
        let all: Vec<_> = changed.collect();
        // The receipt's time is the preview's own clock.
        let same = |body: &Vec<u8>| *body == before || path == "/permit_file/receipt/issued_at";
        assert!(!all.is_empty() || !path.starts_with("/permit_file/project"), "{path} was not tried");
        !all.is_empty() && all.iter().all(same)
    });
    paths
}

#[test]
fn what_the_message_does_not_carry_is_declared_and_what_is_declared_is_not_carried() {
    let mut request = supplement("onee", "onee-rabat", "load-study");
    request.supplement.as_mut().unwrap().note = Some("note".to_owned());
    let mut value = serde_json::to_value(&request).unwrap();
    value["permit_file"]["professional"] = json!({"profession": "architect", "order_number": "A-1",
        "name": {"fr": "a", "ar": "b"}});
    value["permit_file"]["project"]["cost_centimes"] = json!(100);
    let person: AgencyRequest = serde_json::from_value(value.clone()).unwrap();
    value["permit_file"]["applicant"] = json!({"kind": "company", "ice": "001525713000000",
        "name": {"fr": "a", "ar": "b"}, "public_body": false});
    let company: AgencyRequest = serde_json::from_value(value).unwrap();
    let first = ask(RequestKind::Consult);
    let silent: Vec<String> = [person, company, first].iter().flat_map(without_effect).collect();
    // A document is the same wherever it stands.
    let silent: Vec<String> = silent
        .into_iter()
        .map(|path| path.replace("/supplement/documents/", "/permit_file/documents/"))
        .collect();
    // A supplement sends only the documents that it brings; the first request sends those of the file.
    let silent: Vec<&String> = silent
        .iter()
        .filter(|path| !path.starts_with("/permit_file/documents/") || path.ends_with("/main"))
        .collect();
    for path in &silent {
        assert!(map::DROPS.iter().any(|drop| covers(drop, path)), "{path} is dropped and not declared");
    }
    for drop in map::DROPS.iter().filter(|drop| !drop.contains('(')) {
        assert!(silent.iter().any(|path| covers(drop, path)), "{drop} is declared, but it is carried");
    }
}
