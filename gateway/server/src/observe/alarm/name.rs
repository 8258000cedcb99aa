//! The alarms, by name. Each has a page in `deploy/runbooks/` and an alert in `deploy/prometheus/`.

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// A queue that the core reads holds something that old; the value is its age in seconds.
    CoreQueueOld,
    /// The queue of an agency's adapter has not been empty for so many seconds.
    AgencyQueueOld,
    /// The queue of a commune, a province or a region has not been empty for so many seconds.
    PartnerQueueOld,
    /// The oldest message that is to be published waits for so many seconds.
    OutboxOld,
    /// So many messages are set aside, and nobody was told about them.
    ParkedWaiting,
    /// The circuit breaker of an agency has been open for so many seconds.
    AgencyUnreachable,
    /// Nothing came from an agency for so many seconds while it owes answers.
    AgencySilent,
    /// A certificate ends in so many days.
    CertificateEnds,
    /// Every holiday is confirmed for so many days only.
    CalendarHorizon,
    /// The guard's marker has been on its way for so many seconds: limits that have passed are not told.
    MarkerOverdue,
    /// A right by silence has been held back for so many seconds.
    RightHeld,
    /// So many requests may or may not have arrived, and only an operator can settle them.
    OperatorNeeded,
}

impl Name {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::CoreQueueOld,
        Self::AgencyQueueOld,
        Self::PartnerQueueOld,
        Self::OutboxOld,
        Self::ParkedWaiting,
        Self::AgencyUnreachable,
        Self::AgencySilent,
        Self::CertificateEnds,
        Self::CalendarHorizon,
        Self::MarkerOverdue,
        Self::RightHeld,
        Self::OperatorNeeded,
    ];

    /// As it stands in the database, in metrics and as the name of its page.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CoreQueueOld => "core-queue-old",
            Self::AgencyQueueOld => "agency-queue-old",
            Self::PartnerQueueOld => "partner-queue-old",
            Self::OutboxOld => "outbox-old",
            Self::ParkedWaiting => "parked-waiting",
            Self::AgencyUnreachable => "agency-unreachable",
            Self::AgencySilent => "agency-silent",
            Self::CertificateEnds => "certificate-ends",
            Self::CalendarHorizon => "calendar-horizon",
            Self::MarkerOverdue => "marker-overdue",
            Self::RightHeld => "right-held",
            Self::OperatorNeeded => "operator-needed",
        }
    }

    /// The alarm of this name; none for one that a later version knows.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }

    /// What its value counts.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::ParkedWaiting | Self::OperatorNeeded => "count",
            Self::CertificateEnds | Self::CalendarHorizon => "days",
            _ => "seconds",
        }
    }
}
