//! The five lists.

use uuid::Uuid;

use super::*;

const ASKED: i64 = 625_000;

fn id(n: u128) -> ConsultationId {
    ConsultationId(Uuid::from_u128(n))
}

fn credit_of(order: Option<u128>, amount: i64, transaction: &str) -> Line {
    let transaction = (!transaction.is_empty()).then(|| transaction.to_owned());
    Line {
        order: order.map(id),
        transaction,
        amount: Centimes(amount),
        direction: Direction::Credit,
        back: false,
    }
}

fn debit_of(order: u128, amount: i64) -> Line {
    Line { direction: Direction::Debit, back: true, ..credit_of(Some(order), amount, "R1") }
}

fn orders(paid: Option<&str>, refunded: bool) -> BTreeMap<ConsultationId, Order> {
    let paid = paid.map(|transaction| (Centimes(ASKED), transaction.to_owned()));
    BTreeMap::from([(id(1), Order { asked: Centimes(ASKED), paid, refunded })])
}

fn one(line: Line, orders: &BTreeMap<ConsultationId, Order>) -> Verdict {
    reconcile(&[line], orders)[0]
}

#[test]
fn the_four_lists_of_a_credit() {
    let paid = orders(Some("T1"), false);
    assert_eq!(one(credit_of(Some(1), ASKED, "T1"), &paid), Verdict::Matched);
    assert_eq!(one(credit_of(Some(1), ASKED, ""), &paid), Verdict::Matched);
    assert_eq!(one(credit_of(None, ASKED, "T1"), &paid), Verdict::Unknown);
    assert_eq!(one(credit_of(Some(2), ASKED, "T1"), &paid), Verdict::Unknown);
    let different = Verdict::Different;
    assert_eq!(one(credit_of(Some(1), ASKED - 1, "T1"), &paid), different(Difference::Partial));
    assert_eq!(one(credit_of(Some(1), ASKED + 1, "T1"), &paid), different(Difference::Over));
    assert_eq!(one(credit_of(Some(1), ASKED, "T2"), &paid), different(Difference::OtherTransaction));
    assert_eq!(one(credit_of(Some(1), ASKED, "T1"), &orders(None, false)), different(Difference::NotBooked));
    let back = Line { back: true, ..credit_of(Some(1), ASKED, "T1") };
    assert_eq!(one(back, &paid), different(Difference::Returned));
}

#[test]
fn the_transaction_that_is_booked_here_is_the_money_and_every_other_line_is_twice() {
    let lines = [
        credit_of(Some(1), ASKED, "T0"),
        credit_of(Some(1), ASKED, "T1"),
        credit_of(Some(1), ASKED, "T1"),
        credit_of(Some(1), 1, "T2"),
    ];
    let verdicts = reconcile(&lines, &orders(Some("T1"), false));
    assert_eq!(verdicts, [Verdict::Twice, Verdict::Matched, Verdict::Twice, Verdict::Twice]);
}

#[test]
fn a_refund_is_compared_with_what_was_paid() {
    let different = Verdict::Different;
    assert_eq!(one(debit_of(1, ASKED), &orders(Some("T1"), true)), Verdict::Matched);
    assert_eq!(one(debit_of(1, ASKED), &orders(Some("T1"), false)), different(Difference::NotRefunded));
    assert_eq!(one(debit_of(1, 1), &orders(Some("T1"), true)), different(Difference::RefundAmount));
    let lines = [credit_of(Some(1), ASKED, "T1"), debit_of(1, ASKED), debit_of(1, ASKED)];
    let verdicts = reconcile(&lines, &orders(Some("T1"), true));
    assert_eq!(verdicts, [Verdict::Matched, Verdict::Matched, Verdict::Twice]);
}

#[test]
fn what_is_paid_here_and_told_by_no_statement_is_missing() {
    let paid = BTreeSet::from([id(1), id(2)]);
    let refund_only = [debit_of(1, ASKED), credit_of(Some(2), ASKED, "T")];
    assert_eq!(missing(&refund_only, &paid), BTreeSet::from([id(1)]));
}

/// Numbers that look drawn and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn line(&mut self) -> Line {
        let order = self.below(5);
        let direction = if self.below(2) == 0 { Direction::Credit } else { Direction::Debit };
        Line {
            order: (order < 4).then(|| id(order.into())),
            transaction: Some(format!("T{}", self.below(4))),
            amount: Centimes(i64::try_from(1 + self.below(3)).unwrap()),
            direction,
            back: self.below(2) == 0,
        }
    }
}

/// However often the bank repeats itself, an order's money counts once each way, and never in another amount.
#[test]
fn an_orders_money_counts_once() {
    let mut numbers = Numbers(7);
    let mut matched_in_all = 0;
    for round in 0..5_000 {
        let count = numbers.below(20);
        let lines: Vec<Line> = (0..count).map(|_| numbers.line()).collect();
        let paid = Some((Centimes(2), format!("T{}", round % 4)));
        let order = Order { asked: Centimes(2), paid, refunded: round % 2 == 0 };
        let known: BTreeMap<_, _> = (1..4).map(|n| (id(n), order.clone())).collect();
        let verdicts = reconcile(&lines, &known);
        assert_eq!(verdicts.len(), lines.len());
        let mut counted: BTreeMap<(Option<ConsultationId>, &str), usize> = BTreeMap::new();
        for (line, verdict) in lines.iter().zip(&verdicts) {
            let ours = line.order.is_some_and(|order| known.contains_key(&order));
            assert_eq!(*verdict == Verdict::Unknown, !ours);
            if *verdict == Verdict::Matched {
                assert_eq!(line.amount, Centimes(2));
                *counted.entry((line.order, line.direction.as_str())).or_default() += 1;
            }
        }
        assert!(counted.values().all(|times| *times == 1), "{lines:?}");
        matched_in_all += counted.len();
    }
    assert!(matched_in_all > 1_000, "the draws reach what they are meant for: {matched_in_all}");
}
