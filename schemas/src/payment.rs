//! Fees and payments.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::{ConsultationId, Rib};
use crate::money::Centimes;

/// Who receives a fee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beneficiary {
    /// Commune, agency, State …
    pub name: String,
    /// Account.
    pub rib: Rib,
}

/// A payment order: one fee of one file. Its id is a [`ConsultationId`] of the bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentOrder {
    /// Our reference, the `oid` of the card scheme and the `EndToEndId` of ISO 20022 (without hyphens).
    pub order: ConsultationId,
    /// What is asked.
    pub amount_centimes: Centimes,
    /// What for, shown to the payer.
    pub label: String,
    /// Who receives it.
    pub beneficiary: Beneficiary,
    /// Local day, by the legal clock, on which it was assessed; unknown for orders that are older than this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_on: Option<Date>,
    /// Last local day, by the legal clock, on which it can be paid.
    pub payable_until: Date,
}

/// How a fee was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaymentMeans {
    /// Card on the hosted page.
    Card,
    /// Counter or cash machine, by reference.
    Counter,
    /// Bank transfer.
    Transfer,
}

/// A payment as the bank reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentReceipt {
    /// The bank's own transaction number.
    pub transaction: String,
    /// What was paid.
    pub amount_centimes: Centimes,
    /// How.
    pub means: PaymentMeans,
    /// When, in the bank's words.
    pub paid_at: Option<Timestamp>,
}
