//! Accounting: every admitted request leaves exactly one usage row, whatever happens to it.
//!
//! 1. [`Reservation`]: written with the admission, before the provider is called. It holds back
//!    the most the request can cost where there is a budget.
//! 2. [`Settlement`]: follows the request and, at its one exit, replaces the reservation by the usage
//!    row and the hour's sums in one transaction. Dropping it is an exit too: the client left.
//! 3. The reservation has a lease. A request that takes long renews it and notes how far the answer
//!    is; [`settle_orphans`] settles as interrupted, with what was noted, whom a crash cut off.
//!
//! The reservation is deleted by the settlement that finds it, so nothing settles twice. A request
//! that finds it gone was only taken for dead (its client did not read for longer than the lease):
//! it corrects the row and the sums by the difference.
//! [`report`] sums the hours, [`requests`] lists the rows. [`Upkeep`] adds up hours that have ended, and
//! moves rows out of the ledger.

mod archive;
mod attempt;
mod booking;
mod budget;
mod counts;
mod latency;
mod log;
mod orphans;
mod progress;
mod report;
mod reservation;
mod retention;
mod rollups;
mod row;
mod settlement;
mod sums;
mod threshold;
mod totals;
mod upkeep;

pub use archive::{HOT_DAYS, archived};
pub use attempt::Attempt;
pub use budget::{Spending, budget_exceeded, ensure_budget_left};
pub use log::{request, requests};
pub use orphans::{Swept, has_overdue, settle_orphans};
pub use report::report;
pub use reservation::{LEASE, RENEW, RESERVATIONS, Renewal, Reservation, Spender, refused};
pub use retention::Retention;
pub use row::{Endpoint, Status, UsageRow};
pub use settlement::{Labels, Settlement, Waited};
pub use totals::{Observer, Totals};
pub use upkeep::Upkeep;
