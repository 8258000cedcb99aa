//! The list of codes. Adding a line here without its page in `config/problems/` does not compile.

use std::fmt;
use std::sync::LazyLock;

use super::page::Page;

macro_rules! catalogue {
    ($($variant:ident => $text:literal,)+) => {
        /// A fault code. Its meaning stands on its page, `config/problems/<code>.md`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = concat!("`", $text, "`")] $variant,)+
        }

        impl Code {
            /// Every code, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The code as it stands on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        /// The pages in the order of [`Code::ALL`], which is also the order of the variants.
        static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| {
            vec![$(Page::read($text, include_str!(
                concat!(env!("CARGO_MANIFEST_DIR"), "/../config/problems/", $text, ".md")
            )),)+]
        });
    };
}

catalogue! {
    EnvelopeMalformed => "envelope.malformed",
    EnvelopeAttributeMissing => "envelope.attribute-missing",
    EnvelopeAttributeInvalid => "envelope.attribute-invalid",
    EnvelopeTypeUnknown => "envelope.type-unknown",
    EnvelopeContentType => "envelope.content-type",
    EnvelopeSourceMismatch => "envelope.source-mismatch",
    EnvelopeUserIdMissing => "envelope.user-id-missing",
    EnvelopeUserIdForged => "envelope.user-id-forged",
    EnvelopeTooLarge => "envelope.too-large",
    EnvelopeEncoding => "envelope.encoding",
    EnvelopeDatarefForeign => "envelope.dataref-foreign",
    MessageIdReused => "message.id-reused",
    MessageSchema => "message.schema",
    SchemaRequired => "schema.required",
    SchemaType => "schema.type",
    SchemaPattern => "schema.pattern",
    SchemaFormat => "schema.format",
    SchemaEnum => "schema.enum",
    SchemaAdditional => "schema.additional",
    SchemaLength => "schema.length",
    SchemaRange => "schema.range",
    SchemaDuplicateKey => "schema.duplicate-key",
    CommuneUnknown => "commune.unknown",
    CommuneNotJoinedYet => "commune.not-joined-yet",
    CommuneNotYours => "commune.not-yours",
    ProvinceUnknown => "province.unknown",
    ProvinceNotYours => "province.not-yours",
    FileUnknown => "file.unknown",
    FileReferenceTaken => "file.reference-taken",
    FileReferenceDiffers => "file.reference-differs",
    FileVersionStale => "file.version-stale",
    FileVersionGap => "file.version-gap",
    FileStateForbids => "file.state-forbids",
    FileReceiptInFuture => "file.receipt.in-future",
    FileReceiptOld => "file.receipt.old",
    FileClassDiffers => "file.class-differs",
    FileRuleMissing => "file.rule-missing",
    FileAgencyMissing => "file.agency-missing",
    FileParcelTitleInvalid => "file.parcel.title-invalid",
    FileParcelZoneDeprecated => "file.parcel.zone-deprecated",
    FileParcelZoneUnknown => "file.parcel.zone-unknown",
    FileParcelRingOpen => "file.parcel.ring-open",
    FileParcelOutOfCountry => "file.parcel.out-of-country",
    FileDocumentMainMissing => "file.document.main-missing",
    FileDocumentDuplicate => "file.document.duplicate",
    FileDocumentUnknown => "file.document.unknown",
    FileIdIceInvalid => "file.id.ice-invalid",
    FileIdCinInvalid => "file.id.cin-invalid",
    FileIdRibInvalid => "file.id.rib-invalid",
    ConsultationUnknown => "consultation.unknown",
    ConsultationNotIncomplete => "consultation.not-incomplete",
    ClockAlreadySuspended => "clock.already-suspended",
    ClockNotSuspended => "clock.not-suspended",
    ClockResumedBeforeSuspension => "clock.resumed-before-suspension",
    ClockSecondExtension => "clock.second-extension",
    ClockExtensionTooLong => "clock.extension-too-long",
    OpinionReasonMissing => "opinion.reason-missing",
    OpinionConditionsMissing => "opinion.conditions-missing",
    FeeCurrency => "fee.currency",
    FeeAmount => "fee.amount",
    FeeDuplicate => "fee.duplicate",
    RefundFeeUnknown => "refund.fee-unknown",
    RefundNotPaid => "refund.not-paid",
    DecisionReasonMissing => "decision.reason-missing",
    DecisionInFuture => "decision.in-future",
    DecisionReportedLate => "decision.reported-late",
    DecisionBindingOpinionMissing => "decision.binding-opinion-missing",
    DecisionBindingOpinionUnfavourable => "decision.binding-opinion-unfavourable",
    DecisionAlreadyTaken => "decision.already-taken",
    DecisionAfterRightAcquired => "decision.after-right-acquired",
    SilenceNotApproval => "silence.not-approval",
    SilenceNotAcquired => "silence.not-acquired",
    SilenceNotInvoked => "silence.not-invoked",
    SilenceAlreadyAttested => "silence.already-attested",
    TimeInFuture => "time.in-future",
    AgencyAnswerUnreadable => "agency.answer-unreadable",
    AgencyUnmatched => "agency.unmatched",
    AgencyNotAuthentic => "agency.not-authentic",
    AgencyReplayed => "agency.replayed",
    AgencySignatureInvalid => "agency.signature-invalid",
    AgencyTlsAuthorityUnknown => "agency.tls-authority-unknown",
    AgencyTlsCertificateExpired => "agency.tls-certificate-expired",
    AgencyTlsNameDiffers => "agency.tls-name-differs",
    AgencyTlsClientRefused => "agency.tls-client-refused",
    PaymentOrderUnknown => "payment.order-unknown",
    PaymentAmountDiffers => "payment.amount-differs",
    PaymentCurrencyDiffers => "payment.currency-differs",
    PaymentHashWrong => "payment.hash-wrong",
    PaymentSecondCapture => "payment.second-capture",
    PaymentCallbackUnreadable => "payment.callback-unreadable",
    PaymentCallbackMerchantWrong => "payment.callback-merchant-wrong",
    PaymentCallbackTransactionMissing => "payment.callback-transaction-missing",
    PaymentCallbackCodeMissing => "payment.callback-code-missing",
    PaymentCallbackContradictsItself => "payment.callback-contradicts-itself",
    PaymentAmountNotMad => "payment.amount-not-mad",
    PaymentAmountInvalid => "payment.amount-invalid",
    PaymentPartial => "payment.partial",
    PaymentOver => "payment.over",
    PaymentTwice => "payment.twice",
    PaymentRefundDiffers => "payment.refund-differs",
    PaymentRefundReturned => "payment.refund-returned",
    PaymentStatementUnreadable => "payment.statement-unreadable",
    PaymentStatementUnbalanced => "payment.statement-unbalanced",
    PaymentStatementBalanceMissing => "payment.statement-balance-missing",
    PaymentStatementGap => "payment.statement-gap",
    PaymentStatementConflict => "payment.statement-conflict",
    RequestNotOffered => "request.not-offered",
    RequestOrderMissing => "request.order-missing",
    RequestXml => "request.xml",
    WaterBasinFileUnreadable => "water-basin.file.unreadable",
    WaterBasinFileHalfWritten => "water-basin.file.half-written",
    WaterBasinFileEncoding => "water-basin.file.encoding",
    WaterBasinFileDtd => "water-basin.file.dtd",
    WaterBasinFileTooBig => "water-basin.file.too-big",
    WaterBasinFileName => "water-basin.file.name",
    WaterBasinFileReferenceMismatch => "water-basin.file.reference-mismatch",
    WaterBasinFileScenario => "water-basin.file.scenario",
    WaterBasinFileAddressee => "water-basin.file.addressee",
    WaterBasinFileInvalid => "water-basin.file.invalid",
    WaterBasinFileDuplicate => "water-basin.file.duplicate",
    WaterBasinFileLate => "water-basin.file.late",
    WaterBasinRequestGeometry => "water-basin.request.geometry",
    WaterBasinRequestTooMany => "water-basin.request.too-many",
    WaterBasinRequestSupplementMissing => "water-basin.request.supplement-missing",
    WaterBasinRequestKind => "water-basin.request.kind",
    LandRegistryRequestParcelMissing => "land-registry.request.parcel-missing",
    LandRegistryRequestTooMany => "land-registry.request.too-many",
    LandRegistryRequestKind => "land-registry.request.kind",
    LandRegistryAnswerUnreadable => "land-registry.answer.unreadable",
    LandRegistryAnswerFault => "land-registry.answer.fault",
    LandRegistryParcelRingOpen => "land-registry.parcel.ring-open",
    LandRegistryParcelAxesSwapped => "land-registry.parcel.axes-swapped",
    LandRegistryParcelSrs => "land-registry.parcel.srs",
    LandRegistryParcelOutside => "land-registry.parcel.outside",
    LandRegistryParcelGeometry => "land-registry.parcel.geometry",
    LandRegistryParcelOtherTitle => "land-registry.parcel.other-title",
    LandRegistryParcelException => "land-registry.parcel.exception",
    LandRegistryParcelUnavailable => "land-registry.parcel.unavailable",
    FeedItemUnreadable => "feed.item-unreadable",
    FeedDetailRefused => "feed.detail-refused",
    AuthMissing => "auth.missing",
    AuthInvalid => "auth.invalid",
    NotFound => "not-found",
    MethodNotAllowed => "method-not-allowed",
    BodyTooLarge => "body-too-large",
    DocumentHashDiffers => "document.hash-differs",
    DocumentTypeRefused => "document.type-refused",
    QueryInvalid => "query.invalid",
    RateLimited => "rate-limited",
    Unavailable => "unavailable",
    Internal => "internal",
    ParkedUndeliverable => "parked.undeliverable",
    ParkedDeadLetter => "parked.dead-letter",
    OperatorSamePerson => "operator.same-person",
    OperatorActOver => "operator.act-over",
    OperatorNotPossible => "operator.not-possible",
    OperatorGivenUp => "operator.given-up",
}

/// What a page would be if it were not there; the list makes that impossible.
static NO_PAGE: LazyLock<Page> = LazyLock::new(|| Page::read("internal", ""));

impl Code {
    /// The code's page.
    #[must_use]
    pub fn page(self) -> &'static Page {
        PAGES.get(self as usize).unwrap_or_else(|| &NO_PAGE)
    }

    /// Reads a code.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::problem::Phrase;

    fn has_arabic(text: &str) -> bool {
        text.chars().any(|c| ('\u{0600}'..='\u{06FF}').contains(&c))
    }

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
    }

    fn complete(what: &str, phrase: &Phrase) {
        assert!(!phrase.fr.is_empty() && !phrase.ar.is_empty() && !phrase.en.is_empty(), "{what}");
        assert!(has_arabic(phrase.ar), "{what}: the Arabic text is not Arabic");
        assert!(!has_arabic(phrase.fr) && !has_arabic(phrase.en), "{what}");
        assert_eq!(places(phrase.fr), places(phrase.ar), "{what}");
        assert_eq!(places(phrase.fr), places(phrase.en), "{what}");
    }

    #[test]
    fn every_page_is_complete_in_three_languages() {
        for code in Code::ALL {
            let page = code.page();
            assert_eq!(page.code, code.as_str(), "the page names another code");
            complete(code.as_str(), &page.title);
            complete(code.as_str(), &page.text);
            assert!(page.retry_stated, "{code}: `retry` must be true or false");
            assert!(page.body.contains(code.as_str()), "{code}: the body has no heading");
            assert!(page.status.is_none_or(|s| (400..600).contains(&s)), "{code}");
        }
    }

    #[test]
    fn no_page_stands_without_a_code() -> std::io::Result<()> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/problems");
        let mut found = BTreeSet::new();
        for entry in std::fs::read_dir(folder)? {
            found.insert(entry?.file_name().to_string_lossy().into_owned());
        }
        let listed: BTreeSet<String> = Code::ALL.iter().map(|code| format!("{code}.md")).collect();
        assert_eq!(found, listed);
        assert_eq!(listed.len(), Code::ALL.len(), "a code is listed twice");
        Ok(())
    }

    #[test]
    fn codes_are_read_back() {
        for code in Code::ALL {
            assert_eq!(Code::from_text(code.as_str()), Some(*code));
        }
        assert_eq!(Code::from_text("no.such"), None);
    }
}
