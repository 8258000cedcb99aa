//! Question and answer of `TitleState` (`schemas/xsd/land-registry/title-state-1.xsd`).

use jiff::Timestamp;

use crate::transport::xml::Element;
use crate::transport::xml_out::XmlOut;

/// Namespace of the operation.
pub(super) const LR: &str = "urn:ma:wasl:land-registry:title-state:1";

/// `TitleState`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    pub(super) reference: String,
    pub(super) deposit_version: u32,
    pub(super) permit_reference: String,
    pub(super) company: bool,
    pub(super) identifier: String,
    /// `seq` is the place in this list, from 1.
    pub(super) parcels: Vec<Parcel>,
}

/// `parcel`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Parcel {
    pub(super) land: Land,
    pub(super) declared_m2: Option<u32>,
    /// Longitude and latitude of its middle, as the commune drew it. Not sent.
    pub(super) centre: Option<[f64; 2]>,
}

/// How the applicant names the land.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Land {
    Title(String),
    Requisition(String),
    Untitled,
}

impl Question {
    /// Writes it in the schema's order.
    pub(super) fn write(&self, out: &mut XmlOut) {
        out.open("lr:TitleState", &[("xmlns:lr", LR)]);
        out.leaf("lr:consultationReference", &self.reference);
        out.leaf("lr:depositVersion", &self.deposit_version.to_string());
        out.leaf("lr:permitReference", &self.permit_reference);
        out.open("lr:applicant", &[]);
        let scheme = if self.company { "ICE" } else { "CIN" };
        out.leaf_with("lr:identifier", &[("scheme", scheme)], &self.identifier);
        out.close();
        for (index, parcel) in self.parcels.iter().enumerate() {
            out.open("lr:parcel", &[("seq", &(index + 1).to_string())]);
            match &parcel.land {
                Land::Title(title) => out.leaf("lr:title", title),
                Land::Requisition(number) => out.leaf("lr:requisition", number),
                Land::Untitled => out.leaf("lr:untitled", ""),
            }
            if let Some(area) = parcel.declared_m2 {
                out.leaf_with("lr:declaredArea", &[("uom", "m2")], &format!("{area}.00"));
            }
            out.close();
        }
        out.close();
    }
}

/// `TitleStateResponse`. Coded values stay text: unknown ones are the mapping's matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) reference: String,
    pub(super) extract_number: Option<String>,
    pub(super) extract_time: Option<Timestamp>,
    pub(super) states: Vec<State>,
    pub(super) errors: Vec<Error>,
}

/// `parcelState`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) seq: usize,
    pub(super) code: String,
    pub(super) title: Option<String>,
    /// As written, and in hundredths of a square metre.
    pub(super) registered: Option<(String, u64)>,
    pub(super) holds: Option<String>,
    pub(super) charges: Vec<Charge>,
}

/// `charge`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Charge {
    pub(super) kind: String,
    pub(super) inscribed_on: Option<String>,
    pub(super) label: Option<String>,
}

/// `lerr/err`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Error {
    /// The parcel that it is about.
    pub(super) seq: Option<usize>,
    pub(super) code: String,
    pub(super) text: String,
}

fn text(element: &Element, name: &str) -> Option<String> {
    element.child_text(LR, name).map(str::to_owned)
}

impl Answer {
    /// Reads the element of a SOAP body; the fault says what is wrong with it.
    pub(super) fn read(root: &Element) -> Result<Self, String> {
        if !root.is(LR, "TitleStateResponse") {
            return Err("the SOAP body holds no TitleStateResponse".to_owned());
        }
        let control = root.child(LR, "control").ok_or("control is missing")?;
        let count = |name: &str| -> Result<usize, String> {
            let text = control.child_text(LR, name).ok_or_else(|| format!("control/{name} is missing"))?;
            text.parse().map_err(|_| format!("control/{name} is not a number"))
        };
        let time = control.child_text(LR, "extractTime").map(str::parse).transpose();
        let states = root.all(LR, "parcelState").map(State::read).collect::<Result<Vec<_>, _>>()?;
        let errors: Vec<_> =
            root.child(LR, "lerr").map(|l| l.all(LR, "err").map(Error::read).collect()).unwrap_or_default();
        if (count("cuparc")?, count("cuerr")?) != (states.len(), errors.len()) {
            return Err("control/cuparc or control/cuerr is not what the answer holds".to_owned());
        }
        Ok(Self {
            reference: text(control, "consultationReference")
                .ok_or("control/consultationReference is missing")?,
            extract_number: text(control, "extractNumber"),
            extract_time: time.map_err(|_| "control/extractTime cannot be read")?,
            states,
            errors,
        })
    }
}

impl State {
    fn read(e: &Element) -> Result<Self, String> {
        let registered = text(e, "registeredArea")
            .map(|t| hundredths(&t).map(|h| (t, h)).ok_or("registeredArea cannot be read"))
            .transpose()?;
        let charge = |c: &Element| Charge {
            kind: text(c, "kind").unwrap_or_else(|| "unstated".to_owned()),
            inscribed_on: text(c, "inscribedOn"),
            label: text(c, "label"),
        };
        Ok(Self {
            seq: seq(e).ok_or("parcelState has no seq")?,
            code: text(e, "resultCode").ok_or("resultCode is missing")?,
            title: text(e, "title"),
            registered,
            holds: text(e, "applicantHolds"),
            charges: e.all(LR, "charge").map(charge).collect(),
        })
    }
}

impl Error {
    fn read(e: &Element) -> Self {
        Self {
            seq: seq(e),
            code: text(e, "cod").unwrap_or_else(|| "unstated".to_owned()),
            text: text(e, "des").unwrap_or_default(),
        }
    }
}

fn seq(e: &Element) -> Option<usize> {
    e.attribute("", "seq").and_then(|s| s.parse().ok())
}

/// A decimal number of square metres in whole hundredths; further digits are cut.
pub(super) fn hundredths(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = format!("{part:0<2}");
    whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(part.get(..2)?.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_read_in_whole_hundredths() {
        let read = ["409", "409.5", "409.50", "409.509", "0.01"].map(hundredths);
        assert_eq!(read, [Some(40_900), Some(40_950), Some(40_950), Some(40_950), Some(1)]);
        assert_eq!(["", "-1", "1,5", "1.x", "99999999999999999999"].map(hundredths), [None; 5]);
    }
}
