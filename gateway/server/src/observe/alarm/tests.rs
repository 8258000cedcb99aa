//! The state machine of alarms, by example and by property.

use proptest::prelude::*;

use super::{Board, Limit, Name, Reading, Terms, Turn};

const TERMS: Terms = Terms { begin_ms: 10_000, end_ms: 60_000 };

fn reading(value: f64) -> Reading {
    Reading { name: Name::OutboxOld, subject: String::new(), value, limit: Limit::age_s(60) }
}

fn turn(board: &mut Board, value: f64, at_s: u64) -> Option<Turn> {
    board.look(&[reading(value)], at_s * 1000).into_iter().find_map(|change| change.turn)
}

#[test]
fn it_begins_when_it_was_wrong_for_a_while_and_ends_when_it_was_right_for_a_while() {
    let mut board = Board::new(TERMS, []);
    assert_eq!(turn(&mut board, 60.0, 0), None, "at its limit, but only now");
    assert_eq!(turn(&mut board, 59.0, 9), None, "right again, and all is forgotten");
    assert_eq!(turn(&mut board, 61.0, 10), None);
    assert_eq!(turn(&mut board, 70.0, 20), Some(Turn::Begins));
    assert_eq!(turn(&mut board, 90.0, 40), None, "told once");
    assert_eq!(turn(&mut board, 40.0, 50), None, "better, and not good: it goes on");
    assert_eq!(turn(&mut board, 29.0, 60), None);
    assert_eq!(turn(&mut board, 31.0, 119), None, "not good: waits anew");
    assert_eq!(turn(&mut board, 0.0, 120), None);
    assert_eq!(turn(&mut board, 0.0, 180), Some(Turn::Ends));
    assert_eq!(turn(&mut board, 0.0, 400), None);
}

#[test]
fn what_is_left_of_days_is_wrong_below_its_limit() {
    let at = |value| Reading {
        name: Name::CertificateEnds,
        subject: "onee/client".to_owned(),
        value,
        limit: Limit::days_left(30),
    };
    let mut board = Board::new(Terms { begin_ms: 0, end_ms: 0 }, []);
    let mut turn = |value| board.look(&[at(value)], 0).into_iter().find_map(|change| change.turn);
    assert_eq!(turn(30.0), None);
    assert_eq!(turn(29.9), Some(Turn::Begins));
    assert_eq!(turn(-4.0), None, "it has ended");
    assert_eq!(turn(30.5), None, "a day more is asked for");
    assert_eq!(turn(365.0), Some(Turn::Ends));
}

#[test]
fn a_core_that_takes_over_tells_nothing_twice_and_ends_what_is_gone() {
    let key = (Name::AgencySilent, "onee".to_owned());
    let mut board = Board::new(TERMS, [key.clone()]);
    let silent = Reading { name: key.0, subject: key.1.clone(), value: 9e9, limit: Limit::age_s(60) };
    let changes = board.look(std::slice::from_ref(&silent), 0);
    assert_eq!((changes.len(), changes[0].turn), (1, None), "it goes on");
    assert_eq!(board.look(&[], 1_000)[0].turn, None);
    let ended = board.look(&[], 61_000);
    assert_eq!((&ended[0].key, ended[0].turn), (&key, Some(Turn::Ends)));
    assert!(board.look(&[], 62_000).is_empty(), "nothing is kept of what is quiet");
}

#[test]
fn every_name_is_found_by_its_text() {
    for name in Name::ALL {
        assert_eq!(Name::parse(name.as_str()), Some(name));
    }
    assert_eq!(Name::parse("flood"), None);
}

proptest! {
    /// Whatever is seen: begin and end alternate, and between two begins lie both patiences. So in an hour an alarm
    /// tells at most once per begin_ms + end_ms: no flood.
    #[test]
    fn no_flood_of_flapping(
        values in prop::collection::vec((0.0..200.0_f64, 1_u64..30_000), 1..400),
        begin_ms in 0_u64..20_000,
        end_ms in 0_u64..90_000,
    ) {
        let mut board = Board::new(Terms { begin_ms, end_ms }, []);
        let (mut now, mut last) = (0, None::<(u64, Turn)>);
        for (value, step) in values {
            now += step;
            let turns: Vec<Turn> = board.look(&[reading(value)], now).into_iter().filter_map(|c| c.turn).collect();
            prop_assert!(turns.len() <= 1);
            let Some(turn) = turns.first().copied() else { continue };
            match (last, turn) {
                (None, Turn::Begins) => {}
                (Some((at, Turn::Begins)), Turn::Ends) => prop_assert!(now - at >= end_ms),
                (Some((at, Turn::Ends)), Turn::Begins) => prop_assert!(now - at >= begin_ms),
                other => prop_assert!(false, "out of turn: {other:?}"),
            }
            last = Some((now, turn));
        }
    }

    /// What stands wrong for its terms is told however it is looked at, and what stands right is told to be over.
    #[test]
    fn what_lasts_is_told(steps in prop::collection::vec(1_u64..20_000, 20..60)) {
        let mut board = Board::new(TERMS, []);
        let (mut now, mut told) = (0, Vec::new());
        for step in &steps {
            now += step;
            told.extend(board.look(&[reading(60.0)], now).into_iter().filter_map(|c| c.turn));
        }
        prop_assert_eq!(now - steps[0] >= TERMS.begin_ms, told == [Turn::Begins]);
        let begin = now;
        while now - begin <= 2 * TERMS.end_ms + 40_000 {
            now += 20_000;
            told.extend(board.look(&[reading(0.0)], now).into_iter().filter_map(|c| c.turn));
        }
        if told.first() == Some(&Turn::Begins) {
            prop_assert_eq!(told, [Turn::Begins, Turn::Ends]);
        }
    }
}
