//! The form that the bank posts after an attempt of the payer. It depends on the order and the
//! number of the attempt alone: posted again, also after a restart, it is the same form.

use sha2::{Digest, Sha256};

use super::super::secrets::BankSecrets;
use super::hash::version_3;
use super::iso::amount;
use super::order::Order;

/// The bank's id of an attempt: the duplicate key.
pub(super) fn transaction(order: &Order, attempt: u32) -> String {
    format!("T{}", &hex(order, attempt, "transaction")[..15])
}

fn hex(order: &Order, attempt: u32, purpose: &str) -> String {
    let hash = Sha256::digest(format!("{}/{attempt}/{purpose}", order.id));
    hash.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The fields of the callback, HASH and encoding last.
pub(super) fn fields(
    secrets: &BankSecrets,
    order: &Order,
    attempt: u32,
    code: &str,
) -> Vec<(String, String)> {
    let approved = code == "00";
    let digits: String =
        hex(order, attempt, "host").bytes().map(|byte| char::from(b'0' + byte % 10)).collect();
    let host_reference = if approved { &digits[..12] } else { "" };
    let random = hex(order, attempt, "rnd");
    let authorisation = format!("P{}", &digits[12..17]);
    let error = match code {
        "00" => "",
        "54" => "Expired card",
        _ => "Insufficient funds",
    };
    let pairs = [
        ("clientid", secrets.merchant_number.as_str()),
        ("oid", &order.id),
        ("amount", &amount(order)),
        ("currency", "504"),
        ("storetype", "3D_PAY_HOSTING"),
        ("TranType", "PreAuth"),
        ("lang", "fr"),
        ("hashAlgorithm", "ver3"),
        ("rnd", &random[..20]),
        // The characters that the hash must escape, and the names that natural order must sort.
        ("BillToStreet12", "Appt 4"),
        ("BillToStreet2", "Rue A|B \\ 7"),
        ("mdStatus", "1"),
        ("Response", if approved { "Approved" } else { "Declined" }),
        ("ProcReturnCode", code),
        ("TransId", &transaction(order, attempt)),
        ("AuthCode", if approved { &authorisation } else { "" }),
        ("HostRefNum", host_reference),
        ("ErrMsg", error),
        ("maskedCreditCard", "4111 11** **** 1111"),
    ];
    let mut fields: Vec<_> =
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let hash = version_3(&fields, &secrets.store_key);
    fields.push(("encoding".to_owned(), "UTF-8".to_owned()));
    fields.push(("HASH".to_owned(), hash));
    fields
}

/// The fields as a form body.
pub(super) fn body(fields: &[(String, String)]) -> Vec<u8> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    form.finish().into_bytes()
}
