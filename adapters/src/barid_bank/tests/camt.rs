//! camt.053 and camt.054 over the samples, over what a bank may break, and read back from a writer.

mod writer;

use proptest::prelude::*;
use wasl_schemas::agency::Outcome;
use wasl_schemas::id::ConsultationId;
use wasl_schemas::money::Centimes;
use wasl_schemas::payment::PaymentMeans;
use wasl_schemas::statement::{Balance, Direction, EntryStatus, Statement, StatementEntry, StatementKind};

use super::super::camt::{self, CamtError, Reading};
use super::super::feed::items;
use super::{order, sample};

pub(super) fn read(bytes: &[u8]) -> Statement {
    let mut all = camt::read(bytes, &Reading::default()).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn changed(name: &str, from: &str, to: &str) -> Statement {
    let text = String::from_utf8(sample(name)).unwrap();
    assert!(text.contains(from), "{name} has no {from}");
    read(text.replacen(from, to, 1).as_bytes())
}

fn codes(statement: &Statement) -> Vec<(&str, &str)> {
    statement.faults.iter().map(|fault| (fault.code.as_str(), fault.at.as_str())).collect()
}

#[test]
fn both_versions_of_a_day_say_the_same() {
    let (two, eight) = (read(&sample("camt053-day-v02.xml")), read(&sample("camt053-day-v08.xml")));
    assert_eq!((two.version.as_str(), eight.version.as_str()), ("camt.053.001.02", "camt.053.001.08"));
    assert_eq!(Statement { version: eight.version.clone(), ..two }, eight);
    assert_eq!(eight.faults, []);
    assert_eq!((eight.sequence, eight.account.as_str()), (Some(48), "011780000012345678901296"));
    assert_eq!((eight.opening(), eight.closing()), (Some(Centimes(10_000_000)), Some(Centimes(10_551_550))));
    assert_eq!(eight.from.unwrap().to_string(), "2026-12-03");
    assert_eq!(eight.is_balanced(), Some(true));
}

#[test]
fn references_ways_and_statuses_of_entries() {
    let day = read(&sample("camt053-day-v08.xml"));
    let card = &day.entries[0];
    assert_eq!((card.order, card.means), (Some(order()), PaymentMeans::Card));
    assert_eq!(card.transaction.as_deref(), Some("26336JfYC11204"));
    assert_eq!(card.booked_at.unwrap().to_string(), "2026-12-03T09:12:40Z");
    let counter = &day.entries[1];
    assert_eq!((counter.end_to_end.as_deref(), counter.means), (None, PaymentMeans::Counter));
    assert_eq!(counter.creditor_reference.as_deref(), Some("0193A5C27E4B7A319C553F1D0B6E8A11"));
    assert!(counter.order.is_some(), "in capitals, in the structured reference");
    let back = &day.entries[2];
    assert_eq!(
        (back.direction, back.reversal, back.returned.as_deref()),
        (Direction::Debit, true, Some("CUST"))
    );
    assert_eq!(day.entries[3].order, None);
    assert_eq!(day.entries[3].code.as_deref(), Some("PMNT/NTAV/CHRG"));
    assert_eq!(day.entries[4].status, EntryStatus::Pending);
}

#[test]
fn a_statement_that_does_not_add_up_is_a_named_fault() {
    let unbalanced = read(&sample("camt053-unbalanced.xml"));
    assert_eq!(codes(&unbalanced), [("payment.statement-unbalanced", "/Stmt[1]/Bal")]);
    assert_eq!(unbalanced.faults[0].reason, "100000.00 + 6250.00 - 0.00 is not 106250.01");
    let lost = changed("camt053-day-v08.xml", "<NbOfNtries>5<", "<NbOfNtries>6<");
    assert_eq!(codes(&lost), [("payment.statement-unbalanced", "/Stmt[1]/TxsSummry/TtlNtries")]);
    let open = changed("camt053-day-v08.xml", "<Cd>CLBD</Cd>", "<Cd>ITBD</Cd>");
    assert_eq!(codes(&open), [("payment.statement-balance-missing", "/Stmt[1]/Bal")]);
    let previous = changed("camt053-day-v08.xml", "<Cd>OPBD</Cd>", "<Cd>PRCD</Cd>");
    assert_eq!(codes(&previous), []);
}

#[test]
fn transactions_of_an_entry_add_up_to_it() {
    let text = String::from_utf8(sample("camt054-counter-v08.xml")).unwrap();
    let (begin, end) = (text.find("<TxDtls>").unwrap(), text.find("</TxDtls>").unwrap() + "</TxDtls>".len());
    let one = &text[begin..end];
    let part = |amount: &str, id: &str| one.replace("6250.00", amount).replace("G26337000118", id);
    let split = |a: &str, b: &str| read(text.replace(one, &(part(a, "A") + &part(b, "B"))).as_bytes());
    let good = split("6000.00", "250.00");
    assert_eq!((good.entries.len(), good.entries[1].detail, codes(&good)), (2, 2, vec![]));
    assert_eq!(codes(&split("6000.00", "250.01")), [("payment.statement-unbalanced", "/Ntfctn[1]/Ntry[1]")]);
}

#[test]
fn money_that_is_not_dirhams_with_two_decimals_is_left_out_by_name_and_its_neighbours_stay() {
    let read = read(&sample("camt054-not-mad.xml"));
    let at = |n| format!("/Ntfctn[1]/Ntry[{n}]/Amt");
    let (first, second) = (at(1), at(2));
    assert_eq!(
        codes(&read),
        [("payment.amount-not-mad", first.as_str()), ("payment.amount-not-mad", second.as_str())]
    );
    assert_eq!(read.entries.len(), 1);
    let made = items(&read);
    assert_eq!((made.items.len(), made.items[0].outcome.key()), (1, "paid"));
    let foreign = changed("camt053-day-v02.xml", "<Ccy>MAD</Ccy>", "<Ccy>EUR</Ccy>");
    assert_eq!(codes(&foreign), [("payment.amount-not-mad", "/Stmt[1]/Acct/Ccy")]);
}

#[test]
fn what_is_no_statement_is_refused() {
    let refused = |bytes: &[u8]| camt::read(bytes, &Reading::default()).unwrap_err();
    let text = String::from_utf8(sample("camt053-day-v08.xml")).unwrap();
    let other = text.replace("camt.053.001.08", "camt.053.001.04");
    assert!(matches!(refused(other.as_bytes()), CamtError::Message(name) if name == "camt.053.001.04"));
    assert!(matches!(refused(b"<Document/>"), CamtError::Message(_)));
    let dtd =
        text.replacen("<Document", "<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><Document", 1);
    assert!(matches!(refused(dtd.as_bytes()), CamtError::Xml(_)));
    let deep = format!("{}{}", "<a>".repeat(40), "</a>".repeat(40));
    assert!(matches!(refused(deep.as_bytes()), CamtError::Xml(_)));
    let none = text.replace("<Stmt>", "<Other>").replace("</Stmt>", "</Other>");
    assert_eq!(refused(none.as_bytes()), CamtError::Count { found: 0 });
    assert!(matches!(refused(&vec![b' '; (16 << 20) + 1]), CamtError::Xml(_)));
}

#[test]
fn a_counter_payment_is_paid_and_a_reversal_gives_back() {
    for name in ["camt054-counter-v02.xml", "camt054-counter-v08.xml"] {
        let made = items(&read(&sample(name)));
        let Outcome::Paid { receipt } = &made.items[0].outcome else { panic!("{name}") };
        assert_eq!((made.items[0].consultation, receipt.amount_centimes), (order(), Centimes(625_000)));
        assert_eq!((receipt.transaction.as_str(), receipt.means), ("G26337000118", PaymentMeans::Counter));
    }
    // A statement books no payment; what was given back it tells.
    let made = items(&read(&sample("camt053-day-v08.xml")));
    assert_eq!(made.items.len(), 1);
    let Outcome::Refunded { amount_centimes, transaction } = &made.items[0].outcome else { panic!() };
    assert_eq!((*amount_centimes, transaction.as_str()), (Centimes(120_000), "V26337000007"));
    assert_eq!(items(&read(&sample("camt053-unbalanced.xml"))).items, []);
}

#[test]
fn what_is_no_payment_of_an_order_is_set_aside_by_name_or_waits() {
    let name = "camt054-counter-v08.xml";
    let code = |statement: &Statement| items(statement).rejected.first().map(|item| item.code.clone());
    let stranger = changed(name, "<EndToEndId>0193a5c2", "<EndToEndId>X");
    assert_eq!(code(&stranger).as_deref(), Some("payment.order-unknown"));
    let bounced =
        changed(name, "<CdtDbtInd>CRDT</CdtDbtInd>", "<CdtDbtInd>CRDT</CdtDbtInd><RvslInd>true</RvslInd>");
    assert_eq!(code(&bounced).as_deref(), Some("payment.refund-returned"));
    for status in ["PDNG", "INFO", "FUTR", "NEW"] {
        let waiting = items(&changed(name, "<Cd>BOOK</Cd>", &format!("<Cd>{status}</Cd>")));
        assert!(waiting.items.is_empty() && waiting.rejected.is_empty(), "{status}");
    }
    let card = items(&changed(name, "<Cd>CNTR</Cd>", "<Cd>MCRD</Cd>"));
    assert!(card.items.is_empty() && card.rejected.is_empty(), "the callback books cards");
}

#[test]
fn the_same_transaction_is_the_same_event_in_both_messages() {
    let told = items(&read(&sample("camt054-counter-v02.xml"))).items.remove(0);
    let again = items(&read(&sample("camt054-counter-v08.xml"))).items.remove(0);
    assert_eq!(told, again);
}

#[test]
fn a_prefix_of_the_bank_is_configuration() {
    let text = String::from_utf8(sample("camt054-counter-v08.xml")).unwrap();
    let text = text.replace("<EndToEndId>", "<EndToEndId>WASL-");
    let of = |prefix: &str| {
        camt::read(text.as_bytes(), &Reading { order_prefix: prefix.to_owned() }).unwrap()[0].entries[0].order
    };
    assert_eq!((of(""), of("WASL-")), (None, Some(order())));
}

#[test]
fn the_samples_hold_nothing_that_nothing_reads() {
    for name in
        ["camt053-day-v02.xml", "camt053-day-v08.xml", "camt054-counter-v02.xml", "camt054-counter-v08.xml"]
    {
        let root = camt::parse(&sample(name)).unwrap();
        let kind = read(&sample(name)).kind;
        let news: Vec<_> =
            camt::shape_of(kind).of_xml(&root).into_iter().filter(|note| !note.known).collect();
        assert_eq!(news, [], "{name}");
    }
    let text = String::from_utf8(sample("camt053-day-v08.xml")).unwrap();
    let text = text.replacen("</Ntry>", "<Chrgs><Rcrd/></Chrgs></Ntry>", 1);
    let notes = camt::shape_of(StatementKind::Statement).of_xml(&camt::parse(text.as_bytes()).unwrap());
    let paths: Vec<_> = notes.iter().filter(|note| !note.known).map(|note| note.path.as_str()).collect();
    assert_eq!(paths, ["/Document/BkToCstmrStmt/Stmt/Ntry/Chrgs"]);
}

fn entries() -> impl Strategy<Value = Vec<StatementEntry>> {
    let one = (
        (0_i64..1_000_000_000, any::<bool>(), 0_u8..4, any::<bool>()),
        (
            proptest::option::of("[A-Za-z0-9/<&]{1,35}"),
            proptest::option::of("[A-Z]{4}"),
            any::<u128>(),
            0_u8..3,
        ),
        (0_i64..2_000_000_000, 0_i32..20_000, any::<bool>()),
    );
    let made = one.prop_map(
        |((amount, credit, status, reversal), (transaction, returned, id, means), (at, day, ours))| {
            let id = uuid::Uuid::from_u128(id);
            let booked_at = jiff::Timestamp::from_second(at).unwrap();
            let (means, code) = match means {
                0 => (PaymentMeans::Card, "PMNT/MCRD/POSP"),
                1 => (PaymentMeans::Transfer, "PMNT/RCDT/ESCT"),
                _ => (PaymentMeans::Counter, "PMNT/CNTR/CDPT"),
            };
            let statuses =
                [EntryStatus::Booked, EntryStatus::Pending, EntryStatus::Information, EntryStatus::Other];
            StatementEntry {
                entry: 0,
                detail: 1,
                transaction,
                amount_centimes: Centimes(amount),
                direction: if credit { Direction::Credit } else { Direction::Debit },
                status: statuses[usize::from(status)],
                reversal,
                returned,
                booked_on: Some(booked_at.to_zoned(writer::zone()).date()),
                booked_at: Some(booked_at),
                valued_on: Some(
                    jiff::civil::date(1990, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap(),
                ),
                code: Some(code.to_owned()),
                means,
                end_to_end: ours.then(|| id.simple().to_string()),
                creditor_reference: (!ours).then(|| format!("RF18{}", &id.simple().to_string()[..8])),
                order: ours.then_some(ConsultationId(id)),
            }
        },
    );
    proptest::collection::vec(made, 0..12).prop_map(|mut all| {
        for (index, entry) in all.iter_mut().enumerate() {
            entry.entry = u32::try_from(index + 1).unwrap();
        }
        all
    })
}

proptest! {
    /// What is written in either version is read back. Lost by declaration: names, free texts, accounts of others.
    #[test]
    fn read_of_write_is_the_same(entries in entries(), opening in -1_000_000_i64..1_000_000, notification in any::<bool>(), old in any::<bool>()) {
        let kind = if notification { StatementKind::Notification } else { StatementKind::Statement };
        let name = if notification { "camt.054.001" } else { "camt.053.001" };
        let day = jiff::civil::date(2026, 12, 3);
        let mut statement = Statement {
            kind,
            version: format!("{name}.{}", if old { "02" } else { "08" }),
            message_id: "M-1".to_owned(),
            id: "S<1>".to_owned(),
            sequence: Some(7),
            account: "011780000012345678901296".to_owned(),
            from: Some(day),
            to: Some(day),
            balances: Vec::new(),
            entries,
            faults: Vec::new(),
        };
        if !notification {
            let sum = |way| statement.sum(way).unwrap().0;
            let closing = opening + sum(Direction::Credit) - sum(Direction::Debit);
            let balance = |code: &str, amount| Balance { code: code.to_owned(), amount_centimes: Centimes(amount), on: Some(day) };
            statement.balances = vec![balance("OPBD", opening), balance("CLBD", closing)];
        }
        prop_assert_eq!(read(&writer::write(&statement)), statement);
    }
}
