//! Authority, certificates and keys of one run, as PEM files in a folder:
//!
//! - `authority.pem`: who issued them all (`roots_file` of the gateway);
//! - `gateway-client.pem`, `gateway-signing.pem`: certificate and key of the gateway;
//! - `onee-server.pem`, `onee-signing.pem`: certificate and key of ONEE;
//! - `onee-signing-certificate.pem`: what the gateway is to believe of ONEE's signatures.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Signer;

/// Names in the certificates: the loopback address, where the sandbox listens, and three that are looked at by nobody.
const SERVER_NAMES: [&str; 2] = ["127.0.0.1", "localhost"];

/// What ONEE holds in its hand.
#[derive(Debug)]
pub(crate) struct Keys {
    /// Who may have issued the client's certificate.
    pub(super) authority: CertificateDer<'static>,
    /// Certificate and key of the server.
    pub(super) server: (CertificateDer<'static>, PrivateKeyDer<'static>),
    /// The one certificate with which the gateway signs.
    pub(in super::super) gateway: CertificateDer<'static>,
    /// ONEE's own signing certificate and key.
    pub(in super::super) signing: Signer,
}

impl Keys {
    /// Reads the folder; makes it when there is no authority in it yet.
    ///
    /// # Errors
    /// A file cannot be read, is not PEM, or cannot be written.
    pub(crate) fn load_or_make(folder: &Path) -> anyhow::Result<Self> {
        if !folder.join("authority.pem").exists() {
            make(folder)?;
        }
        let name = "onee-signing.pem";
        let signing = std::fs::read(folder.join(name)).with_context(|| name.to_owned())?;
        Ok(Self {
            authority: certificate(folder, "authority.pem")?,
            server: pair(folder, "onee-server.pem")?,
            gateway: certificate(folder, "gateway-signing.pem")?,
            signing: Signer::from_pem(&signing).context(name)?,
        })
    }
}

fn certificate(folder: &Path, name: &str) -> anyhow::Result<CertificateDer<'static>> {
    CertificateDer::from_pem_file(folder.join(name)).with_context(|| name.to_owned())
}

fn pair(folder: &Path, name: &str) -> anyhow::Result<(CertificateDer<'static>, PrivateKeyDer<'static>)> {
    let key = PrivateKeyDer::from_pem_file(folder.join(name)).with_context(|| name.to_owned())?;
    Ok((certificate(folder, name)?, key))
}

fn make(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "wasl-sandbox");
    let authority = CertifiedIssuer::self_signed(params, key()?)?;
    let issue = |names: &[&str]| -> anyhow::Result<(String, String)> {
        let key = key()?;
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = CertificateParams::new(names)?.signed_by(&key, &authority)?.pem();
        Ok((format!("{certificate}{}", key.serialize_pem()), certificate))
    };
    let put = |name: &str, text: &str| -> anyhow::Result<()> {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(folder.join(name))?;
        Ok(file.write_all(text.as_bytes())?)
    };
    put("onee-server.pem", &issue(&SERVER_NAMES)?.0)?;
    put("gateway-client.pem", &issue(&["client.wasl.example"])?.0)?;
    put("gateway-signing.pem", &issue(&["signature.wasl.example"])?.0)?;
    let (both, certificate) = issue(&["signature.onee.example"])?;
    put("onee-signing.pem", &both)?;
    put("onee-signing-certificate.pem", &certificate)?;
    // Last: its presence says that the folder is whole.
    put("authority.pem", &authority.pem())
}

fn key() -> anyhow::Result<KeyPair> {
    Ok(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?)
}
