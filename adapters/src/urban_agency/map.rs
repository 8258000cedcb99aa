//! Between the canonical request and the agency's format: pure, both ways. `out` writes, `back` reads.

pub(super) mod back;
pub(super) mod out;

/// What the agency's format cannot carry (README §2), declared.
pub(super) const DROPS: &[&str] = &[
    // The agency knows its own communes by code; names of commune, province and region stay here.
    "/commune/name",
    "/commune/province",
    "/commune/region",
    // Which agency of the kind is the address we call.
    "/agency_id",
    // Lambert coordinates are written to the millimetre.
    "/permit_file/parcels/*/geometry/coordinates (Lambert, below a millimetre)",
];
