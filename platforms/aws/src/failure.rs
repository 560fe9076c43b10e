//! Failed calls, by what is to be done about them.

use aws_sdk_dynamodb::{
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
    operation::{
        delete_item::DeleteItemError, transact_write_items::TransactWriteItemsError,
        update_item::UpdateItemError,
    },
    types::{AttributeValue, CancellationReason},
};
use openclaw_core::{HttpError, StoreError};
use std::{collections::HashMap, error::Error};

type Attributes = HashMap<String, AttributeValue>;

/// Why a call failed, by what is to be done about it.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Conditions were not met, of these items (by their place in the call), which are as shown.
    Conditions(Vec<(usize, Option<Attributes>)>),
    /// It was certainly not done, and may be repeated: too much at once, or another transaction.
    Busy(String),
    /// It may have been done.
    Unknown(String),
    /// It cannot be done.
    Hopeless(StoreError),
}

/// Refusals that are certain, and pass.
const BUSY: [&str; 8] = [
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingError",
    "ThrottlingException",
    "TransactionConflict",
    "TransactionConflictException",
    "TransactionInProgressException",
];

/// The conditions of an operation that were not met.
pub(crate) trait Unmet {
    fn unmet(&self) -> Option<Failure>;
}

impl Unmet for UpdateItemError {
    fn unmet(&self) -> Option<Failure> {
        match self {
            Self::ConditionalCheckFailedException(failed) => {
                Some(Failure::Conditions(vec![(0, failed.item.clone())]))
            }
            _ => None,
        }
    }
}

impl Unmet for DeleteItemError {
    fn unmet(&self) -> Option<Failure> {
        match self {
            Self::ConditionalCheckFailedException(failed) => {
                Some(Failure::Conditions(vec![(0, failed.item.clone())]))
            }
            _ => None,
        }
    }
}

impl Unmet for TransactWriteItemsError {
    fn unmet(&self) -> Option<Failure> {
        match self {
            Self::TransactionCanceledException(cancelled) => {
                Some(cancelled_because(cancelled.cancellation_reasons()))
            }
            _ => None,
        }
    }
}

/// These are sent without conditions.
macro_rules! no_conditions {
    ($($error:ty),*) => {
        $(impl Unmet for $error {
            fn unmet(&self) -> Option<Failure> {
                None
            }
        })*
    };
}
no_conditions!(
    aws_sdk_dynamodb::operation::get_item::GetItemError,
    aws_sdk_dynamodb::operation::put_item::PutItemError,
    aws_sdk_dynamodb::operation::query::QueryError
);

fn cancelled_because(reasons: &[CancellationReason]) -> Failure {
    let code = |reason: &CancellationReason| reason.code().unwrap_or("None").to_owned();
    let unmet: Vec<_> = reasons
        .iter()
        .enumerate()
        .filter(|(_, reason)| reason.code() == Some("ConditionalCheckFailed"))
        .map(|(at, reason)| (at, reason.item.clone()))
        .collect();
    if !unmet.is_empty() {
        return Failure::Conditions(unmet);
    }
    let others = reasons.iter().map(code).filter(|code| code != "None");
    let others: Vec<_> = others.collect();
    let text = format!("DynamoDB cancelled a transaction: {}", others.join(", "));
    match others.iter().all(|code| BUSY.contains(&code.as_str())) {
        true => Failure::Busy(text),
        false => {
            let detail = reasons.iter().find_map(|reason| reason.message());
            Failure::Hopeless(refused(
                "ValidationException",
                format!("{text}: {}", detail.unwrap_or_default()),
            ))
        }
    }
}

/// Sorts the error of a call.
pub(crate) fn classify<E>(error: SdkError<E>) -> Failure
where
    E: Unmet + ProvideErrorMetadata + Error + 'static,
{
    if let Some(unmet) = error.as_service_error().and_then(Unmet::unmet) {
        return unmet;
    }
    let text = format!("DynamoDB: {}", DisplayErrorContext(&error));
    match &error {
        SdkError::ServiceError(service) => match service.err().code() {
            Some(code) if BUSY.contains(&code) => Failure::Busy(text),
            _ if service.raw().status().is_server_error() => Failure::Unknown(text),
            code => Failure::Hopeless(refused(code.unwrap_or_default(), text)),
        },
        SdkError::DispatchFailure(failure) => {
            let source = failure.as_connector_error().and_then(Error::source);
            let cause = source.and_then(|source| source.downcast_ref::<HttpError>());
            match cause {
                Some(HttpError::Connect(_) | HttpError::Special(_)) => Failure::Busy(text),
                _ => Failure::Unknown(text),
            }
        }
        SdkError::ConstructionFailure(_) => Failure::Hopeless(StoreError::Fault(text)),
        _ => Failure::Unknown(text),
    }
}

/// An item that would be too large gets smaller again: what makes it large is reservations.
fn refused(code: &str, text: String) -> StoreError {
    let too_large = code == "ValidationException" && text.contains("size");
    match too_large {
        true => StoreError::Unavailable(text),
        false => StoreError::Fault(text),
    }
}
