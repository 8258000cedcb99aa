//! The parcel as the cadastre draws it: WFS 2.0 `GetFeature` (OGC 09-025r2) of INSPIRE `cp:CadastralParcel` 4.0.
//!
//! `ask` the query and its identity headers · `answer` a feature collection or an exception report · `srs` the
//! spellings of `srsName` · `gml` surfaces · `facts` what they say about the parcel of a file. All pure.

pub(super) mod answer;
pub(super) mod ask;
pub(super) mod facts;
mod gml;
mod srs;

#[cfg(test)]
mod tests;

/// GML 3.2.
const GML: &str = "http://www.opengis.net/gml/3.2";
