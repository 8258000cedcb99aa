//! Which part of the country a caller may see. `None` means "no limit of this kind".

/// Every field that is set must match. The default sees everything, so it is never built from a request:
/// only from a caller whose role says so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// Region, two digits.
    pub region: Option<String>,
    /// Prefecture or province, five digits.
    pub province: Option<String>,
    /// Commune, nine digits.
    pub commune: Option<String>,
    /// Kind of agency: only its consultations, and the files that have one.
    pub agency: Option<String>,
    /// One agency of that kind.
    pub agency_id: Option<String>,
}
