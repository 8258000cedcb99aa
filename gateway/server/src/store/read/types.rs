//! Dates and instants of the database as jiff's, so that no other library of time comes in.
//!
//! PostgreSQL counts both from 2000-01-01: days in 32 bits, microseconds in 64 bits.

use std::fmt;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};

/// 2000-01-01T00:00:00Z in microseconds since 1970.
const EPOCH_US: i64 = 946_684_800_000_000;
const EPOCH_DATE: Date = Date::constant(2000, 1, 1);

/// A `timestamptz`; RFC 3339 in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Instant(pub Timestamp);

/// A `date`: a local day of Africa/Casablanca; `2026-11-02` in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Day(pub Date);

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Type<Postgres> for Instant {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1184))
    }
}

impl PgHasArrayType for Instant {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1185))
    }
}

impl Type<Postgres> for Day {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1082))
    }
}

impl Encode<'_, Postgres> for Instant {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode(self.0.as_microsecond() - EPOCH_US, buf)
    }
}

impl Encode<'_, Postgres> for Day {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let days = EPOCH_DATE.until((jiff::Unit::Day, self.0))?.get_days();
        Encode::<Postgres>::encode(days, buf)
    }
}

impl Decode<'_, Postgres> for Instant {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        binary(&value)?;
        let micros = <i64 as Decode<Postgres>>::decode(value)?;
        Ok(Self(Timestamp::from_microsecond(micros.saturating_add(EPOCH_US))?))
    }
}

impl Decode<'_, Postgres> for Day {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        binary(&value)?;
        let days = <i32 as Decode<Postgres>>::decode(value)?;
        Ok(Self(EPOCH_DATE.checked_add(days.days())?))
    }
}

/// Prepared statements, the only ones used here, always answer in binary.
fn binary(value: &PgValueRef<'_>) -> Result<(), BoxDynError> {
    match value.format() {
        PgValueFormat::Binary => Ok(()),
        PgValueFormat::Text => Err("a date or an instant came as text".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<T: for<'q> Encode<'q, Postgres>>(value: &T) -> Vec<u8> {
        let mut buf = PgArgumentBuffer::default();
        let _ = value.encode_by_ref(&mut buf).unwrap();
        buf.to_vec()
    }

    #[test]
    fn both_count_from_the_year_2000() {
        assert_eq!(bytes(&Instant("2000-01-01T00:00:01Z".parse().unwrap())), 1_000_000_i64.to_be_bytes());
        assert_eq!(bytes(&Day("2000-03-01".parse().unwrap())), 60_i32.to_be_bytes());
        assert_eq!(bytes(&Day("1999-12-31".parse().unwrap())), (-1_i32).to_be_bytes());
    }
}
