//! Accounting: every admitted request leaves exactly one usage row, whatever happens to it.
//!
//! 1. [`Reservation`]: written with the admission, before the provider is called. It holds back
//!    the most the request can cost where there is a budget.
//! 2. [`Ticket`]: follows the request and, at its one exit, replaces the reservation by the usage
//!    row and the hour's sums in one transaction. Dropping it is an exit too: the client left.
//! 3. The reservation has a lease. A ticket that takes long renews it and notes how far the answer
//!    is; [`settle_orphans`] settles as interrupted, with what was noted, whom a crash cut off.
//!
//! The reservation is deleted by the settlement that finds it, so nothing settles twice. A ticket
//! that finds it gone was only taken for dead (its client did not read for longer than the lease):
//! it corrects the row and the sums by the difference.
//! [`report`] sums the hours.

mod orphans;
mod progress;
mod report;
mod reservation;
mod row;
mod settlement;
mod ticket;
mod totals;

pub use orphans::{RESERVATIONS, Swept, has_overdue, settle_orphans};
pub use report::report;
pub use reservation::{LEASE, RENEW, Renewal, Reservation, Spender};
pub use row::{Status, UsageRow};
pub use ticket::Ticket;
pub use totals::Totals;
