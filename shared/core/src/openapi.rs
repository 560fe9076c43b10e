//! Schemas of what serde derives do not describe.

use crate::{Code, Money, Price, Timestamp, error::ErrorBody};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

macro_rules! inline {
    ($($type:ty: $schema:tt),* $(,)?) => {
        $(impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        })*
    };
}

inline! {
    Timestamp: {"type": "string", "format": "date-time"},
    // Its decimals are exact, at most nine.
    Money: {"type": "number"},
    Price: {"type": "number", "minimum": 0},
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        "ErrorCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let codes = Self::ALL.map(Self::as_str);
        json_schema!({"type": "string", "enum": codes})
    }
}

/// What every error is answered with.
#[derive(JsonSchema)]
pub struct ErrorResponse {
    #[expect(dead_code, reason = "only its schema is used")]
    error: ErrorBody<'static>,
}
