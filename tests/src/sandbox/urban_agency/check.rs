//! Compares a body with its table; all faults at once, each with a JSON Pointer.

use serde_json::{Map, Value, json};

use super::shapes::{Field, Kind};

/// A fault of the body: code of the contract, pointer, message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: &'static str,
    pub(super) path: String,
    pub(super) message: &'static str,
}

impl Fault {
    pub(super) fn new(code: &'static str, path: &str, message: &'static str) -> Self {
        Self { code, path: path.to_owned(), message }
    }

    pub(super) fn json(&self) -> Value {
        json!({"cdErreur": self.code, "txChemin": self.path, "txMessage": self.message})
    }
}

/// All faults of a body.
pub(super) fn body(value: &Value, fields: &[Field]) -> Vec<Fault> {
    let mut faults = Vec::new();
    object(value, fields, "", &mut faults);
    faults
}

fn object(value: &Value, fields: &[Field], path: &str, faults: &mut Vec<Fault>) {
    let Some(map) = value.as_object() else {
        faults.push(Fault::new("CHAMP-INVALIDE", path, "Objet attendu"));
        return;
    };
    unknown(map, fields, path, faults);
    for field in fields {
        let here = format!("{path}/{}", field.name);
        match map.get(field.name) {
            None | Some(Value::Null) if field.required => {
                faults.push(Fault::new("CHAMP-OBLIGATOIRE", &here, "Champ obligatoire"));
            }
            None | Some(Value::Null) => {}
            Some(value) => one(value, &field.kind, &here, faults),
        }
    }
}

fn unknown(map: &Map<String, Value>, fields: &[Field], path: &str, faults: &mut Vec<Fault>) {
    for name in map.keys().filter(|name| fields.iter().all(|field| field.name != name.as_str())) {
        faults.push(Fault::new("CHAMP-INCONNU", &format!("{path}/{name}"), "Champ inconnu"));
    }
}

fn one(value: &Value, kind: &Kind, path: &str, faults: &mut Vec<Fault>) {
    match kind {
        Kind::Object(fields) => object(value, fields, path, faults),
        Kind::List(fields, min, max) => {
            let Some(items) = value.as_array().filter(|items| (*min..=*max).contains(&items.len())) else {
                faults.push(Fault::new("CHAMP-INVALIDE", path, "Liste absente, trop courte ou trop longue"));
                return;
            };
            for (index, item) in items.iter().enumerate() {
                object(item, fields, &format!("{path}/{index}"), faults);
            }
        }
        Kind::Nomenclatures(values) => {
            let items = value.as_array();
            let known = |item: &Value| item.as_i64().is_some_and(|number| values.contains(&number));
            if !items.is_some_and(|items| items.iter().all(known)) {
                faults.push(Fault::new("NOMENCLATURE-INCONNUE", path, "Valeur inconnue de la nomenclature"));
            }
        }
        Kind::Nomenclature(values) => {
            if !value.as_i64().is_some_and(|number| values.contains(&number)) {
                faults.push(Fault::new("NOMENCLATURE-INCONNUE", path, "Valeur inconnue de la nomenclature"));
            }
        }
        _ if simple(value, kind) => {}
        _ => faults.push(Fault::new("CHAMP-INVALIDE", path, "Valeur invalide")),
    }
}

fn simple(value: &Value, kind: &Kind) -> bool {
    let text = value.as_str();
    match kind {
        Kind::Text(max) => text.is_some_and(|text| (1..=*max).contains(&text.chars().count())),
        Kind::Digits(count) => text.is_some_and(|text| text.len() == *count && all_digits(text)),
        Kind::Sha256 => text.is_some_and(|text| {
            text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        }),
        Kind::Date => text.is_some_and(|text| text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()),
        Kind::DateTime => {
            text.is_some_and(|text| text.contains('T') && text.parse::<jiff::Timestamp>().is_ok())
        }
        Kind::Bool => value.is_boolean(),
        Kind::Integer(min) => value.as_i64().is_some_and(|number| number >= *min),
        Kind::Decimal => text.is_some_and(|text| decimal(text, 6)),
        Kind::Money => {
            text.is_some_and(|text| decimal(text, 2) && text.rfind('.') == text.len().checked_sub(3))
        }
        Kind::GeoJson => geo_json(value),
        Kind::Lambert => lambert(value),
        Kind::Nomenclature(_) | Kind::Nomenclatures(_) | Kind::Object(_) | Kind::List(..) => false,
    }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn decimal(text: &str, places: usize) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    all_digits(whole) && all_digits(fraction) && fraction.len() <= places
}

/// Polygon, MultiPolygon or Point with positions in Morocco's part of the world: a swapped
/// longitude and latitude shows.
fn geo_json(value: &Value) -> bool {
    let known = matches!(value["type"].as_str(), Some("Polygon" | "MultiPolygon" | "Point"));
    known && !value["coordinates"].is_null() && positions(&value["coordinates"])
}

fn positions(value: &Value) -> bool {
    let Some(items) = value.as_array() else { return false };
    if let (Some(longitude), Some(latitude)) =
        (items.first().and_then(Value::as_f64), items.get(1).and_then(Value::as_f64))
    {
        return (-18.0..=0.0).contains(&longitude) && (20.0..=37.0).contains(&latitude);
    }
    !items.is_empty() && items.iter().all(positions)
}

fn lambert(value: &Value) -> bool {
    let zone = matches!(value["cdSrid"].as_i64(), Some(26191 | 26192 | 26194 | 26195));
    let Some(rings) = value["anneaux"].as_array() else { return false };
    let position = |point: &Value| {
        let number = |index: usize| point[index].as_str().is_some_and(|text| text.parse::<f64>().is_ok());
        point.as_array().is_some_and(|pair| pair.len() == 2) && number(0) && number(1)
    };
    let closed =
        |ring: &Vec<Value>| ring.len() >= 4 && ring.first() == ring.last() && ring.iter().all(position);
    zone && !rings.is_empty() && rings.iter().all(|ring| ring.as_array().is_some_and(closed))
}

#[cfg(test)]
mod tests {
    use super::super::shapes::{CANCEL, CREATE, SUPPLEMENT};
    use super::*;

    fn sample(name: &str) -> Value {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/samples/agencies/urban-agency/");
        serde_json::from_str(&std::fs::read_to_string(format!("{folder}{name}")).unwrap()).unwrap()
    }

    #[test]
    fn the_samples_of_the_contract_are_valid() {
        assert_eq!(body(&sample("consultation-request.json"), &CREATE), []);
        assert_eq!(body(&sample("supplement-request.json"), &SUPPLEMENT), []);
        assert_eq!(body(&sample("cancel-request.json"), &CANCEL), []);
    }

    #[test]
    fn all_faults_are_reported_at_once() {
        let mut request = sample("consultation-request.json");
        request["dossier"].as_object_mut().unwrap().remove("cdCommune");
        request["dossier"]["nomTypeDossier"] = json!(77);
        request["dossier"]["couleur"] = json!("vert");
        request["dossier"]["pieces"][0]["cdEmpreinteSha256"] = json!("ABC");
        request["dossier"]["terrains"][0]["geometrie"]["coordinates"] = json!([[[35.77, -5.78]]]);
        let found: Vec<_> =
            body(&request, &CREATE).into_iter().map(|fault| (fault.code, fault.path)).collect();
        for expected in [
            ("CHAMP-OBLIGATOIRE", "/dossier/cdCommune"),
            ("NOMENCLATURE-INCONNUE", "/dossier/nomTypeDossier"),
            ("CHAMP-INCONNU", "/dossier/couleur"),
            ("CHAMP-INVALIDE", "/dossier/pieces/0/cdEmpreinteSha256"),
            ("CHAMP-INVALIDE", "/dossier/terrains/0/geometrie"),
        ] {
            assert!(found.contains(&(expected.0, expected.1.to_owned())), "{expected:?} in {found:?}");
        }
        assert_eq!(found.len(), 5);
    }
}
