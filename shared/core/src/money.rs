//! Money: integer nano-dollars inside, a decimal number of dollars on the wire.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::value::RawValue;
use std::{fmt, iter::Sum, ops::AddAssign};

const NANO: i64 = 1_000_000_000;

/// An amount in nano-dollars (10⁻⁹ dollars): sums are exact, up to nine thousand million dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From nano-dollars.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// In nano-dollars.
    pub const fn nanos(self) -> i64 {
        self.0
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, |mut total, amount| {
            total += amount;
            total
        })
    }
}

/// Dollars with as many decimals as there are, at most nine: `15.5`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (
            self.0.unsigned_abs() / NANO.unsigned_abs(),
            self.0.unsigned_abs() % NANO.unsigned_abs(),
        );
        let decimals = format!("{fraction:09}");
        let decimals = decimals.trim_end_matches('0');
        let decimals = if decimals.is_empty() { "0" } else { decimals };
        write!(f, "{sign}{whole}.{decimals}")
    }
}

/// A JSON number with the exact decimals, never rounded through a float.
impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error;
        RawValue::from_string(self.to_string())
            .map_err(S::Error::custom)?
            .serialize(serializer)
    }
}

/// A number of dollars, at least 0 and at most a million million.
impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let dollars = f64::deserialize(deserializer)?;
        nanos(dollars)
            .map(Self)
            .ok_or_else(|| D::Error::custom("must be a number of dollars from 0 to 1000000000"))
    }
}

/// The price of tokens, held as nano-dollars per 1,000 tokens; configured and shown as dollars
/// per 1,000 tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Price(Money);

impl Price {
    /// The cost of `tokens`, rounded up to a nano-dollar.
    pub const fn of(self, tokens: u64) -> Money {
        let nanos = (self.0.0 as u128 * tokens as u128).div_ceil(1000);
        Money(if nanos > i64::MAX as u128 {
            i64::MAX
        } else {
            nanos as i64
        })
    }
}

fn nanos(dollars: f64) -> Option<i64> {
    (0.0..=1e9)
        .contains(&dollars)
        .then(|| (dollars * NANO as f64).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn price(dollars: &str) -> Price {
        serde_json::from_str(dollars).unwrap()
    }

    #[test]
    fn dollars_are_shown_with_the_decimals_they_have() {
        let shown = |nanos| serde_json::to_string(&Money::from_nanos(nanos)).unwrap();
        assert_eq!(shown(15_500_000_000), "15.5");
        assert_eq!(shown(1), "0.000000001");
        assert_eq!(shown(0), "0.0");
        assert_eq!(shown(-2_000_000_000), "-2.0");
    }

    #[test]
    fn a_token_costs_its_part_of_a_thousand_rounded_up() {
        assert_eq!(price("0.03").of(1000).nanos(), 30_000_000);
        assert_eq!(price("0.0000375").of(1).nanos(), 38);
        assert_eq!(price("0").of(u64::MAX), Money::ZERO);
        assert_eq!(price("1000").of(u64::MAX).nanos(), i64::MAX);
    }

    #[test]
    fn a_negative_or_endless_amount_is_refused() {
        for bad in ["-0.1", "1e300", "\"1\"", "null"] {
            assert!(serde_json::from_str::<Money>(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn sums_are_exact(amounts in prop::collection::vec(0..1_000_000_000_000i64, 0..200)) {
            let total: Money = amounts.iter().copied().map(Money::from_nanos).sum();
            let exact: i128 = amounts.iter().map(|amount| i128::from(*amount)).sum();
            prop_assert_eq!(i128::from(total.nanos()), exact);
        }

        #[test]
        fn what_is_shown_reads_back(nanos in 0..9_000_000_000_000_000i64) {
            let shown = serde_json::to_string(&Money::from_nanos(nanos)).unwrap();
            let (whole, decimals) = shown.split_once('.').unwrap();
            let read: i64 = format!("{whole}{decimals:0<9}").parse().unwrap();
            prop_assert_eq!(read, nanos);
        }
    }
}
