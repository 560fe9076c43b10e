//! What a function says of its endpoints.

use openclaw_core::Code;
use openclaw_web::Access;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

/// The endpoints of one resource: what an SDK has as `client.RESOURCE`.
#[derive(Debug)]
pub struct Group {
    pub(crate) resource: &'static str,
    pub(crate) about: &'static str,
    pub(crate) access: Option<Access>,
    pub(crate) operations: Vec<Operation>,
}

impl Group {
    /// The resource `resource`, such as `chat.completions`. `access` is that of its router's layer, `None`
    /// where anybody may call.
    pub const fn new(resource: &'static str, about: &'static str, access: Option<Access>) -> Self {
        Self {
            resource,
            about,
            access,
            operations: vec![],
        }
    }

    /// Adds an endpoint.
    #[must_use]
    pub fn with(mut self, operation: Operation) -> Self {
        self.operations.push(operation);
        self
    }
}

/// Where a schema comes from.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// A type's.
    Of(fn(&mut SchemaGenerator) -> Schema),
    /// As it stands.
    Literal(Value),
}

impl Shape {
    fn of<T: JsonSchema>() -> Self {
        Self::Of(|generator| generator.subschema_for::<T>())
    }
}

/// A body in one media type.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) media: &'static str,
    pub(crate) shape: Shape,
}

/// An endpoint: one method of one path.
#[derive(Debug)]
pub struct Operation {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) about: Option<&'static str>,
    pub(crate) query: Vec<fn(&mut SchemaGenerator) -> Schema>,
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    pub(crate) takes: Vec<Body>,
    pub(crate) is_body_optional: bool,
    pub(crate) gives: Vec<(u16, Vec<Body>)>,
    pub(crate) fails: Vec<Code>,
    pub(crate) error: Option<Value>,
    pub(crate) example: Option<Value>,
    pub(crate) answer_example: Option<Value>,
}

/// `GET` of a router's path. `name` is the SDK's method, `summary` one line without a full stop.
#[must_use]
pub fn get(path: &'static str, name: &'static str, summary: &'static str) -> Operation {
    Operation::new("get", path, name, summary)
}

/// `POST`, as in [`get`].
#[must_use]
pub fn post(path: &'static str, name: &'static str, summary: &'static str) -> Operation {
    Operation::new("post", path, name, summary)
}

/// `PUT`, as in [`get`].
#[must_use]
pub fn put(path: &'static str, name: &'static str, summary: &'static str) -> Operation {
    Operation::new("put", path, name, summary)
}

/// `PATCH`, as in [`get`].
#[must_use]
pub fn patch(path: &'static str, name: &'static str, summary: &'static str) -> Operation {
    Operation::new("patch", path, name, summary)
}

/// `DELETE`, as in [`get`].
#[must_use]
pub fn delete(path: &'static str, name: &'static str, summary: &'static str) -> Operation {
    Operation::new("delete", path, name, summary)
}

impl Operation {
    const fn new(
        method: &'static str,
        path: &'static str,
        name: &'static str,
        summary: &'static str,
    ) -> Self {
        Self {
            method,
            path,
            name,
            summary,
            about: None,
            query: vec![],
            headers: vec![],
            takes: vec![],
            is_body_optional: false,
            gives: vec![],
            fails: vec![],
            error: None,
            example: None,
            answer_example: None,
        }
    }

    /// More than the summary says.
    #[must_use]
    pub const fn about(mut self, about: &'static str) -> Self {
        self.about = Some(about);
        self
    }

    /// The fields of `T` are query parameters.
    #[must_use]
    pub fn query<T: JsonSchema>(mut self) -> Self {
        self.query.push(|generator| T::json_schema(generator));
        self
    }

    /// A request header, and what it does.
    #[must_use]
    pub fn header(mut self, name: &'static str, about: &'static str) -> Self {
        self.headers.push((name, about));
        self
    }

    /// The body is a `T` in JSON.
    #[must_use]
    pub fn takes<T: JsonSchema>(mut self) -> Self {
        self.takes.push(Body {
            media: "application/json",
            shape: Shape::of::<T>(),
        });
        self
    }

    /// The body may be of this media type.
    #[must_use]
    pub fn takes_as(mut self, media: &'static str, schema: Value) -> Self {
        self.takes.push(Body {
            media,
            shape: Shape::Literal(schema),
        });
        self
    }

    /// The body may be left out.
    #[must_use]
    pub const fn optional(mut self) -> Self {
        self.is_body_optional = true;
        self
    }

    /// It answers a `T` in JSON with this status.
    #[must_use]
    pub fn gives<T: JsonSchema>(self, status: u16) -> Self {
        self.answer(status, "application/json", Some(Shape::of::<T>()))
    }

    /// It answers server-sent events whose `data` are each a `T`.
    #[must_use]
    pub fn streams<T: JsonSchema>(self) -> Self {
        self.answer(200, "text/event-stream", Some(Shape::of::<T>()))
    }

    /// It answers this media type.
    #[must_use]
    pub fn gives_as(self, status: u16, media: &'static str, schema: Value) -> Self {
        self.answer(status, media, Some(Shape::Literal(schema)))
    }

    /// It answers this status and no body.
    #[must_use]
    pub fn gives_nothing(self, status: u16) -> Self {
        self.answer(status, "", None)
    }

    fn answer(mut self, status: u16, media: &'static str, shape: Option<Shape>) -> Self {
        let body = shape.map(|shape| Body { media, shape });
        match self.gives.iter_mut().find(|(given, _)| *given == status) {
            Some((_, bodies)) => bodies.extend(body),
            None => self.gives.push((status, Vec::from_iter(body))),
        }
        self
    }

    /// Errors beside those that its path, body, query and access bring with them.
    #[must_use]
    pub fn fails(mut self, codes: &[Code]) -> Self {
        self.fails.extend(codes);
        self
    }

    /// The schema of its errors' bodies, in place of the usual one.
    #[must_use]
    pub fn fails_as(mut self, schema: Value) -> Self {
        self.error = Some(schema);
        self
    }

    /// A JSON body that it takes.
    #[must_use]
    pub fn example(mut self, body: Value) -> Self {
        self.example = Some(body);
        self
    }

    /// What the first of its JSON answers may look like.
    #[must_use]
    pub fn answer_example(mut self, body: Value) -> Self {
        self.answer_example = Some(body);
        self
    }
}
