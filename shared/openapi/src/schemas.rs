//! Schemas of wire types: those that are read and those that are written.

use crate::operation::Shape;
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

const PATH: &str = "#/components/schemas/";

/// Collects the schemas that operations refer to.
pub(crate) struct Schemas {
    read: SchemaGenerator,
    written: SchemaGenerator,
}

impl Schemas {
    pub(crate) fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self {
            read: settings().for_deserialize().into_generator(),
            written: settings().for_serialize().into_generator(),
        }
    }

    pub(crate) fn request(&mut self, shape: &Shape) -> Value {
        schema(&mut self.read, shape)
    }

    pub(crate) fn answer(&mut self, shape: &Shape) -> Value {
        schema(&mut self.written, shape)
    }

    /// The query parameters that are `of`'s fields.
    pub(crate) fn parameters(&mut self, of: fn(&mut SchemaGenerator) -> Schema) -> Vec<Value> {
        let mut object = of(&mut self.read).to_value();
        tidy(&mut object);
        let required = object["required"].as_array().cloned().unwrap_or_default();
        let fields = object["properties"].as_object().cloned();
        let parameter = |(name, mut schema): (String, Value)| {
            let about = schema
                .as_object_mut()
                .and_then(|it| it.remove("description"));
            without_null(&mut schema);
            json!({
                "name": name, "in": "query", "required": required.contains(&json!(name)),
                "description": about, "schema": schema,
            })
        };
        fields
            .unwrap_or_default()
            .into_iter()
            .map(parameter)
            .collect()
    }

    /// All that were referred to. One that is read otherwise than it is written is there twice, and the
    /// references of `requests` to it are changed.
    pub(crate) fn components(mut self, requests: &mut Value) -> Map<String, Value> {
        let mut all = self.written.take_definitions(true);
        let mut read = self.read.take_definitions(true);
        all.values_mut().for_each(without_defaults);
        for schema in all.values_mut().chain(read.values_mut()) {
            tidy(schema);
        }
        let mut renamed: Vec<String> = vec![];
        loop {
            let differs = |(name, schema): (&String, &Value)| {
                let is_new = !renamed.contains(name);
                let written = all.get(name);
                (is_new && written.is_some_and(|written| written != schema)).then(|| name.clone())
            };
            let Some(name) = read.iter().find_map(differs) else {
                break;
            };
            let (from, to) = (format!("{PATH}{name}"), format!("{PATH}{name}Input"));
            for schema in read.values_mut() {
                redirect(schema, &from, &to);
            }
            redirect(requests, &from, &to);
            renamed.push(name);
        }
        for (name, schema) in read {
            let name = match renamed.contains(&name) {
                true => format!("{name}Input"),
                false => name,
            };
            all.insert(name, schema);
        }
        all
    }
}

fn schema(generator: &mut SchemaGenerator, shape: &Shape) -> Value {
    match shape {
        Shape::Of(of) => {
            let mut schema = of(generator).to_value();
            tidy(&mut schema);
            schema
        }
        Shape::Literal(schema) => schema.clone(),
    }
}

fn redirect(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => *text = to.into(),
        Value::Array(list) => list.iter_mut().for_each(|item| redirect(item, from, to)),
        Value::Object(object) => object
            .values_mut()
            .for_each(|item| redirect(item, from, to)),
        _ => {}
    }
}

/// What is written is always there: how it would be read without does not matter.
fn without_defaults(value: &mut Value) {
    let Some(object) = value.as_object_mut() else {
        return;
    };
    for (name, inner) in object.iter_mut() {
        if let (true, Some(properties)) = (name == "properties", inner.as_object_mut()) {
            for property in properties.values_mut() {
                property.as_object_mut().and_then(|it| it.remove("default"));
            }
        }
    }
}

/// A query parameter is absent, never `null`.
fn without_null(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    if let Some(Value::Array(kinds)) = object.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [one] = kinds.as_slice() {
            let one = one.clone();
            object.insert("type".into(), one);
        }
    }
    if let Some(Value::Array(options)) = object.get_mut("anyOf") {
        options.retain(|option| option["type"] != "null");
        if let [one] = options.as_mut_slice() {
            *schema = one.take();
        }
    }
}

/// What generators of clients understand best, and no marks of rustdoc.
fn tidy(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(tidy),
        Value::Object(object) => {
            object.values_mut().for_each(tidy);
            let properties = object.get_mut("properties").and_then(Value::as_object_mut);
            for property in properties.into_iter().flat_map(Map::values_mut) {
                if *property == true {
                    *property = json!({});
                }
            }
            join_constants(object);
            let format = match object.get("format").and_then(Value::as_str) {
                Some("uint64" | "uint") => Some("int64"),
                Some("uint8" | "uint16" | "uint32") => Some("int32"),
                _ => None,
            };
            if let Some(format) = format {
                object.insert("format".into(), format.into());
            }
            if let Some(Value::String(text)) = object.get_mut("description") {
                *text = text.replace("[`", "`").replace("`]", "`");
                let constant = text.strip_prefix("Always `");
                let constant = constant.and_then(|rest| rest.split_once('`'));
                if let Some((constant, _)) = constant {
                    let constant = constant.to_owned();
                    object.insert("const".into(), constant.into());
                }
            }
        }
        _ => {}
    }
}

/// `oneOf` constants, each with its description, as one `enum`.
fn join_constants(object: &mut Map<String, Value>) {
    let Some(Value::Array(options)) = object.get("oneOf") else {
        return;
    };
    let constants = options.iter().map(|option| option["const"].as_str());
    let Some(constants) = constants.collect::<Option<Vec<_>>>() else {
        return;
    };
    let lines = options.iter().zip(&constants).map(|(option, constant)| {
        let about = option["description"].as_str().unwrap_or_default();
        format!("\n- `{constant}`: {about}")
    });
    let mut about = object["description"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    about.push('\n');
    about.extend(lines);
    let constants = json!(constants);
    object.remove("oneOf");
    object.insert("type".into(), "string".into());
    object.insert("enum".into(), constants);
    object.insert("description".into(), about.into());
}
