//! Money is booked once, given back at most once, only when it was asked for, and never kept for an order that was
//! closed because its file had ended.

use std::collections::BTreeMap;

use wasl_core::file::Event;

use crate::life::Life;

#[derive(Default)]
struct Order {
    booked: u32,
    asked_back: u32,
    given_back: u32,
    cancelled: bool,
}

pub(super) fn judge(life: &Life) -> Result<(), String> {
    let mut orders: BTreeMap<_, Order> = BTreeMap::new();
    for event in &life.events {
        let Some(order) = event.consultation().map(|id| orders.entry(id).or_default()) else { continue };
        match event {
            Event::PaymentCancelled { .. } => order.cancelled = true,
            Event::PaymentConfirmed { .. } => order.booked += 1,
            Event::RefundRequested { .. } => order.asked_back += 1,
            Event::PaymentRefunded { .. } => order.given_back += 1,
            _ => {}
        }
        if order.booked > 1 || order.given_back > order.booked {
            return Err(format!(
                "money booked {} times, given back {} times",
                order.booked, order.given_back
            ));
        }
        if order.given_back > order.asked_back {
            return Err("money given back that nobody asked for".into());
        }
    }
    let kept = orders.values().any(|order| order.cancelled && order.booked > 0 && order.asked_back == 0);
    if kept { Err("money kept for an order that was closed".into()) } else { Ok(()) }
}
