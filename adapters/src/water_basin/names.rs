//! Names of files (README, section 2). The name says all that makes two files the same one.

use uuid::Uuid;
use wasl_schemas::id::ConsultationId;

use super::wire::TypeDemande;

/// The name of a file to the agency.
pub(super) fn outgoing(kind: TypeDemande, consultation: ConsultationId, version: u32, rank: i64) -> String {
    let prefix = match kind {
        TypeDemande::Initiale => "DEM",
        TypeDemande::Complement => "COM",
        TypeDemande::Annulation => "ANN",
    };
    format!("{prefix}_{consultation}_V{version}-{rank}.xml")
}

/// What a file from the agency claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IncomingKind {
    /// `ACQ_…`
    Acquittement,
    /// `RES_…`
    Resultat,
}

/// The name of a file from the agency, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IncomingName {
    /// By its prefix.
    pub(super) kind: IncomingKind,
    /// Our reference.
    pub(super) consultation: ConsultationId,
}

/// Reads a name in `in/`.
pub(super) fn incoming(name: &str) -> Option<IncomingName> {
    let stem = name.strip_suffix(".xml")?;
    let mut parts = stem.split('_');
    let (prefix, consultation, serial) = (parts.next()?, parts.next()?, parts.next()?);
    let kind = match prefix {
        "ACQ" => IncomingKind::Acquittement,
        "RES" => IncomingKind::Resultat,
        _ => return None,
    };
    let serial_is_fine =
        (1..=20).contains(&serial.len()) && serial.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if parts.next().is_some() || !serial_is_fine {
        return None;
    }
    Uuid::parse_str(consultation).ok().map(|id| IncomingName { kind, consultation: ConsultationId(id) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0199c1a2-7b3c-7d4e-8f50-1a2b3c4d5e6f";

    #[test]
    fn a_name_is_taken_apart_or_refused() {
        let name = incoming(&format!("RES_{ID}_000907.xml")).unwrap();
        assert_eq!((name.kind, name.consultation.to_string().as_str()), (IncomingKind::Resultat, ID));
        for bad in [
            "RES",
            "RES_x_1.xml",
            &format!("res_{ID}_1.xml"),
            &format!("ACQ_{ID}_1.XML"),
            &format!("ACQ_{ID}_.xml"),
            &format!("ACQ_{ID}_1_2.xml"),
            &format!("ACQ_{ID}_{}.xml", "1".repeat(21)),
        ] {
            assert_eq!(incoming(bad), None, "{bad}");
        }
    }
}
