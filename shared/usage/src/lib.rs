//! Accounting: every admitted request leaves exactly one usage row, whatever happens to it.
//!
//! 1. [`Reservation`]: written with the admission, before the provider is called. It holds back
//!    the most the request can cost where there is a budget.
//! 2. [`Ticket`]: follows the request and, at its one exit, replaces the reservation by the usage
//!    row and the hour's sums in one transaction. Dropping it is an exit too: the client left.
//! 3. [`settle_orphans`]: what a crash left behind is settled as interrupted.
//!
//! The reservation is deleted by the settlement that finds it, so nothing settles twice.
//! [`report`] sums the hours.

mod orphans;
mod report;
mod reservation;
mod row;
mod ticket;
mod totals;

pub use orphans::{RESERVATIONS, settle_orphans};
pub use report::report;
pub use reservation::{Reservation, Spender};
pub use row::{Status, UsageRow};
pub use ticket::Ticket;
pub use totals::Totals;
