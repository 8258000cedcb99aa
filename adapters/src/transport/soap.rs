//! SOAP envelopes and faults, versions 1.1 (W3C note of 2000) and 1.2 (W3C recommendation of 2007).

use super::wsse::{WSSE, WSU};
use super::xml::{Element, XmlError, XmlLimits, parse};
use super::xml_out::XmlOut;
use super::xmldsig::Covered;

/// Namespace of a 1.1 envelope.
pub const SOAP_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// Namespace of a 1.2 envelope.
pub const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";
/// `wsu:Id` of the bodies that we sign.
const BODY_ID: &str = "BODY-1";

/// The version of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// SOAP 1.1
    V11,
    /// SOAP 1.2
    V12,
}

impl Version {
    /// The envelope's namespace.
    #[must_use]
    pub const fn namespace(self) -> &'static str {
        match self {
            Self::V11 => SOAP_11,
            Self::V12 => SOAP_12,
        }
    }

    /// The prefix that we write; it has no meaning.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::V11 => "soap",
            Self::V12 => "env",
        }
    }

    /// Media type of an answer.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::V11 => "text/xml; charset=utf-8",
            Self::V12 => "application/soap+xml; charset=utf-8",
        }
    }

    /// `true` as `mustUnderstand` writes it in this version.
    #[must_use]
    pub const fn yes(self) -> &'static str {
        match self {
            Self::V11 => "1",
            Self::V12 => "true",
        }
    }
}

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The message is wrong: sending the same again cannot help.
    Sender,
    /// The other side failed: it may go later.
    Receiver,
}

/// A SOAP fault of either version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whose fault it is.
    pub blame: Blame,
    /// The most precise code: local name of the last subcode, else of the code; in 1.1 the faultcode without
    /// its prefix, dots and all.
    pub code: String,
    /// The text, in the language that comes first.
    pub reason: String,
}

/// What an envelope holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Its version.
    pub version: Version,
    /// Header blocks.
    pub headers: Vec<Element>,
    /// The one element of the body, or the fault in its place.
    pub body: Result<Element, Fault>,
}

/// Why bytes are not an envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SoapError {
    /// Not XML that we read.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// The root is not an envelope of 1.1 or 1.2.
    #[error("the document is not a SOAP 1.1 or 1.2 envelope")]
    NotAnEnvelope,
    /// The body is absent or does not hold exactly one element.
    #[error("the SOAP body must hold exactly one element")]
    Body,
}

impl Envelope {
    /// Reads an envelope.
    ///
    /// # Errors
    /// [`SoapError`] says why the bytes are none.
    pub fn read(bytes: &[u8], limits: XmlLimits) -> Result<Self, SoapError> {
        let mut root = parse(bytes, limits)?;
        let version = match (&*root.namespace, root.name.as_str()) {
            (SOAP_11, "Envelope") => Version::V11,
            (SOAP_12, "Envelope") => Version::V12,
            _ => return Err(SoapError::NotAnEnvelope),
        };
        let ns = version.namespace();
        let mut headers = Vec::new();
        let mut body = None;
        for part in root.children.drain(..) {
            if part.is(ns, "Header") {
                headers = part.children;
            } else if part.is(ns, "Body") && body.replace(part).is_some() {
                return Err(SoapError::Body);
            }
        }
        let body = content(body.ok_or(SoapError::Body)?, version)?;
        Ok(Self { version, headers, body })
    }

    /// The same envelope with what was sent replaced by what was signed: body and timestamp are read again out of
    /// the very bytes that the signature covers.
    ///
    /// # Errors
    /// [`SoapError`] when these are no body with one element, or there is no security header.
    pub fn only_signed(mut self, covered: &Covered, limits: XmlLimits) -> Result<Self, SoapError> {
        let body = parse(&covered.body, limits)?;
        if !body.is(self.version.namespace(), "Body") {
            return Err(SoapError::Body);
        }
        self.body = content(body, self.version)?;
        let timestamp = parse(&covered.timestamp, limits)?;
        let security = self.headers.iter_mut().find(|h| h.is(WSSE, "Security")).ok_or(SoapError::Body)?;
        security.children.retain(|child| !child.is(WSU, "Timestamp"));
        security.children.push(timestamp);
        Ok(self)
    }

    /// The header block with this name, when there is exactly one.
    #[must_use]
    pub fn header(&self, namespace: &str, name: &str) -> Option<&Element> {
        let mut found = self.headers.iter().filter(|h| h.is(namespace, name));
        found.next().filter(|_| found.next().is_none())
    }
}

/// The one element of a body, or the fault in its place.
fn content(mut body: Element, version: Version) -> Result<Result<Element, Fault>, SoapError> {
    let (Some(only), true) = (body.children.pop(), body.children.is_empty()) else {
        return Err(SoapError::Body);
    };
    Ok(if only.is(version.namespace(), "Fault") { Err(fault_of(&only, version)) } else { Ok(only) })
}

fn fault_of(fault: &Element, version: Version) -> Fault {
    match version {
        Version::V11 => {
            let code = local(fault.child_text("", "faultcode").unwrap_or("Server")).to_owned();
            let reason = fault.child_text("", "faultstring").unwrap_or_default().to_owned();
            // Dots refine a code in 1.1 (section 4.4.1): `Server.ServerProxy.NetworkError`.
            let blame = match code.split('.').next() {
                Some("Client" | "MustUnderstand" | "VersionMismatch") => Blame::Sender,
                Some("Server") => Blame::Receiver,
                // A code of another standard, e.g. wsse:FailedAuthentication: about what we sent.
                _ => Blame::Sender,
            };
            Fault { blame, code, reason }
        }
        Version::V12 => {
            let code = fault.child(SOAP_12, "Code");
            let value = |e: &Element| e.child_text(SOAP_12, "Value").map(|v| local(v).to_owned());
            let main = code.and_then(value).unwrap_or_else(|| "Receiver".to_owned());
            let mut finest = main.clone();
            let mut sub = code.and_then(|c| c.child(SOAP_12, "Subcode"));
            while let Some(element) = sub {
                finest = value(element).unwrap_or(finest);
                sub = element.child(SOAP_12, "Subcode");
            }
            let text = fault.child(SOAP_12, "Reason").and_then(|r| r.child_text(SOAP_12, "Text"));
            let blame = if main == "Receiver" { Blame::Receiver } else { Blame::Sender };
            Fault { blame, code: finest, reason: text.unwrap_or_default().to_owned() }
        }
    }
}

/// A QName in content without its prefix.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Writes an envelope around a header and a body.
#[must_use]
pub fn write(version: Version, header: impl FnOnce(&mut XmlOut), body: impl FnOnce(&mut XmlOut)) -> Vec<u8> {
    envelope(version, &[], header, body)
}

/// Writes an envelope that is going to be signed: its body has an id.
#[must_use]
pub fn write_to_sign(
    version: Version,
    header: impl FnOnce(&mut XmlOut),
    body: impl FnOnce(&mut XmlOut),
) -> Vec<u8> {
    envelope(version, &[("xmlns:wsu", WSU), ("wsu:Id", BODY_ID)], header, body)
}

fn envelope(
    version: Version,
    of_body: &[(&str, &str)],
    header: impl FnOnce(&mut XmlOut),
    body: impl FnOnce(&mut XmlOut),
) -> Vec<u8> {
    let (p, mut out) = (version.prefix(), XmlOut::default());
    out.open(&format!("{p}:Envelope"), &[(&format!("xmlns:{p}"), version.namespace())]);
    out.open(&format!("{p}:Header"), &[]);
    header(&mut out);
    out.close();
    out.open(&format!("{p}:Body"), of_body);
    body(&mut out);
    out.finish()
}

/// Writes a fault as an answer to a partner. `subcode` is a namespace and a local name.
#[must_use]
pub fn write_fault(version: Version, blame: Blame, subcode: (&str, &str), reason: &str) -> Vec<u8> {
    write(
        version,
        |_| {},
        |out| match version {
            Version::V11 => {
                out.open("soap:Fault", &[]);
                let code = match blame {
                    Blame::Sender => "soap:Client",
                    Blame::Receiver => "soap:Server",
                };
                out.leaf("faultcode", code);
                out.leaf_with("faultstring", &[("xml:lang", "fr")], reason);
                out.close();
            }
            Version::V12 => {
                out.open("env:Fault", &[]);
                out.open("env:Code", &[]);
                out.leaf("env:Value", if blame == Blame::Sender { "env:Sender" } else { "env:Receiver" });
                out.open("env:Subcode", &[]);
                out.leaf_with("env:Value", &[("xmlns:f", subcode.0)], &format!("f:{}", subcode.1));
                out.close();
                out.close();
                out.open("env:Reason", &[]);
                out.leaf_with("env:Text", &[("xml:lang", "fr")], reason);
                out.close();
                out.close();
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str) -> Envelope {
        let path = format!("{}/../schemas/samples/agencies/{name}", env!("CARGO_MANIFEST_DIR"));
        Envelope::read(&std::fs::read(path).unwrap(), XmlLimits::default()).unwrap()
    }

    #[test]
    fn faults_of_both_versions_name_whose_fault_it_is() {
        let fault = |blame, code: &str, reason: &str| {
            Err(Fault { blame, code: code.to_owned(), reason: reason.to_owned() })
        };
        let read = |name| sample(name).body;
        let expected = fault(Blame::Sender, "FailedAuthentication", "Jeton de sécurité refusé");
        assert_eq!(read("onee/fault-sender-authentication.xml"), expected);
        let expected = fault(Blame::Receiver, "Unavailable", "Base des demandes indisponible");
        assert_eq!(read("onee/fault-receiver.xml"), expected);
        assert_eq!(read("onee/fault-11-client.xml"), fault(Blame::Sender, "Client", "Message illisible"));
        let expected = fault(Blame::Receiver, "Server", "Service provider did not answer");
        assert_eq!(read("land-registry/fault-server.xml"), expected);
    }

    #[test]
    fn a_fault_that_we_write_is_read_back() {
        for version in [Version::V11, Version::V12] {
            let bytes = write_fault(version, Blame::Sender, ("urn:x", "Bad"), "non");
            let code = if version == Version::V11 { "Client" } else { "Bad" };
            let expected = Fault { blame: Blame::Sender, code: code.to_owned(), reason: "non".to_owned() };
            let read = Envelope::read(&bytes, XmlLimits::default()).unwrap();
            assert_eq!((read.version, read.body), (version, Err(expected)));
        }
    }

    #[test]
    fn what_is_not_an_envelope_with_one_body_element_is_refused() {
        let read = |text: &str| Envelope::read(text.as_bytes(), XmlLimits::default());
        assert_eq!(read("<html/>"), Err(SoapError::NotAnEnvelope));
        assert_eq!(read(&format!("<e:Envelope xmlns:e='{SOAP_12}'/>")), Err(SoapError::Body));
        for inside in ["<e:Body><a/><b/></e:Body>", "<e:Body><a/></e:Body><e:Body><b/></e:Body>"] {
            let two = format!("<e:Envelope xmlns:e='{SOAP_11}'>{inside}</e:Envelope>");
            assert_eq!(read(&two), Err(SoapError::Body), "{inside}");
        }
    }
}
