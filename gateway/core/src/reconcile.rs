//! Reconciliation: what the bank says was booked on the account, against what is booked here. Pure.
//!
//! Every booked line falls into one of four lists; orders that are paid here and stand in no statement make the
//! fifth. Nothing is booked by it: it is a second look at the money, by another way than the first.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wasl_schemas::id::ConsultationId;
use wasl_schemas::money::Centimes;
use wasl_schemas::statement::Direction;

#[cfg(test)]
mod tests;

/// One booked line of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Our order, if a reference of the line is one.
    pub order: Option<ConsultationId>,
    /// The bank's number.
    pub transaction: Option<String>,
    /// How much, never below zero.
    pub amount: Centimes,
    /// Which way.
    pub direction: Direction,
    /// It undoes or sends back something.
    pub back: bool,
}

/// What is booked here for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What was asked.
    pub asked: Centimes,
    /// What was paid, and by which transaction.
    pub paid: Option<(Centimes, String)>,
    /// It was given back.
    pub refunded: bool,
}

/// The list that a line stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Booked here just so.
    Matched,
    /// No order of ours.
    Unknown,
    /// An order of ours, but not as it is booked here.
    Different(Difference),
    /// The order's money stands in another line already.
    Twice,
}

impl Verdict {
    /// The key of the list.
    #[must_use]
    pub const fn list(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Unknown => "unknown",
            Self::Different(_) => "different",
            Self::Twice => "twice",
        }
    }
}

/// In what a line differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Difference {
    /// Less than was asked.
    Partial,
    /// More than was asked.
    Over,
    /// The whole amount, and not booked here.
    NotBooked,
    /// The whole amount, booked here by another transaction that no statement shows.
    OtherTransaction,
    /// Given back by the bank, and not here.
    NotRefunded,
    /// Given back, but another amount than was paid.
    RefundAmount,
    /// A refund that came back.
    Returned,
}

impl Difference {
    /// The key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Partial => "partial",
            Self::Over => "over",
            Self::NotBooked => "not-booked",
            Self::OtherTransaction => "other-transaction",
            Self::NotRefunded => "not-refunded",
            Self::RefundAmount => "refund-amount",
            Self::Returned => "returned",
        }
    }
}

/// The verdict on each line, in their order. `lines` are all booked lines of the orders concerned, from every
/// statement, oldest first; `orders` are those that exist here.
#[must_use]
pub fn reconcile(lines: &[Line], orders: &BTreeMap<ConsultationId, Order>) -> Vec<Verdict> {
    let first = first_lines(lines, orders);
    let verdict = |(index, line): (usize, &Line)| {
        let Some((id, order)) = line.order.and_then(|id| Some((id, orders.get(&id)?))) else {
            return Verdict::Unknown;
        };
        if line.direction == Direction::Credit && line.back {
            return Verdict::Different(Difference::Returned);
        }
        if first.get(&(id, line.direction.as_str())) != Some(&index) {
            return Verdict::Twice;
        }
        match line.direction {
            Direction::Credit => credit(line, order),
            Direction::Debit => debit(line, order),
        }
    };
    lines.iter().enumerate().map(verdict).collect()
}

/// Orders that are paid here and stand in no credit line.
#[must_use]
pub fn missing(lines: &[Line], paid_here: &BTreeSet<ConsultationId>) -> BTreeSet<ConsultationId> {
    let credits = lines.iter().filter(|line| line.direction == Direction::Credit && !line.back);
    let seen: BTreeSet<ConsultationId> = credits.filter_map(|line| line.order).collect();
    paid_here.difference(&seen).copied().collect()
}

/// Which line is an order's money (or its refund), for each way: the transaction that is booked here, else the first
/// of the whole amount, else the first.
fn first_lines(
    lines: &[Line],
    orders: &BTreeMap<ConsultationId, Order>,
) -> BTreeMap<(ConsultationId, &'static str), usize> {
    let mut best: BTreeMap<(ConsultationId, &'static str), (u8, usize)> = BTreeMap::new();
    for (index, line) in lines.iter().enumerate() {
        let Some((id, order)) = line.order.and_then(|id| Some((id, orders.get(&id)?))) else { continue };
        if line.direction == Direction::Credit && line.back {
            continue;
        }
        let booked = order.paid.as_ref().map(|(_, transaction)| transaction.as_str());
        let rank = match line.direction {
            Direction::Credit if booked.is_some() && line.transaction.as_deref() == booked => 0,
            _ if line.amount == order.asked => 1,
            _ => 2,
        };
        let known = best.entry((id, line.direction.as_str())).or_insert((rank, index));
        if rank < known.0 {
            *known = (rank, index);
        }
    }
    best.into_iter().map(|(key, (_, index))| (key, index)).collect()
}

fn credit(line: &Line, order: &Order) -> Verdict {
    let different = |difference| Verdict::Different(difference);
    if line.amount < order.asked {
        return different(Difference::Partial);
    }
    if line.amount > order.asked {
        return different(Difference::Over);
    }
    match (&order.paid, &line.transaction) {
        (None, _) => different(Difference::NotBooked),
        (Some((_, booked)), Some(told)) if booked != told => different(Difference::OtherTransaction),
        (Some((amount, _)), _) if *amount != line.amount => different(Difference::NotBooked),
        (Some(_), _) => Verdict::Matched,
    }
}

fn debit(line: &Line, order: &Order) -> Verdict {
    let paid = order.paid.as_ref().map_or(order.asked, |(amount, _)| *amount);
    if line.amount != paid {
        return Verdict::Different(Difference::RefundAmount);
    }
    if order.refunded { Verdict::Matched } else { Verdict::Different(Difference::NotRefunded) }
}
