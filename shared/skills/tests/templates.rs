//! Templates and schemas: what they give, and that nothing makes them run or grow without end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is a test")]

use openclaw_core::Fault;
use openclaw_skills::{
    schema::Schema,
    template::{MAX_OUTPUT, MAX_SOURCE, Renderer, Scope, check},
};
use serde_json::{Value, json};

fn scope() -> Scope {
    let mut scope = Scope::new();
    let parameters = json!({
        "n": 7, "text": "a/b&c d", "list": [1, {"x": null}], "long": "x".repeat(4000), "none": null,
    });
    scope.set("parameters", &parameters);
    scope.set("steps", &json!({}));
    scope.set_in("steps", "one", &json!({"body": 1}));
    scope.set_in("steps", "two", &json!({"body": "2"}));
    scope
}

fn value(template: &str) -> Result<Value, Fault> {
    Renderer::default().value(&json!(template), &scope())
}

#[test]
fn a_string_that_is_one_expression_keeps_its_type() {
    for (template, expected) in [
        ("{{ parameters.n }}", json!(7)),
        ("{{parameters.list}}", json!([1, {"x": null}])),
        ("{{- parameters.list[1].x -}}", Value::Null),
        ("{{ parameters.n > 6 }}", json!(true)),
        ("{{ steps.one.body + 1 }}", json!(2)),
        ("{{ {'a': steps.two.body} }}", json!({"a": "2"})),
        (" {{ parameters.n }}", json!(" 7")),
        ("{{ parameters.n }}{{ parameters.n }}", json!("77")),
        ("{{ '}}{{' }}", json!("}}{{")),
        ("{{ parameters.missing | default('d') }}", json!("d")),
        ("{% if parameters.n == 7 %}yes{% endif %}", json!("yes")),
        ("{# nothing #}", json!("")),
        ("no { template }", json!("no { template }")),
    ] {
        assert_eq!(value(template).unwrap(), expected, "{template}");
    }
}

#[test]
fn values_are_rendered_whole_and_names_stay() {
    let template = json!({"{{ a }}": ["{{ parameters.n }}", {"b": true}], "c": 1.5});
    let rendered = Renderer::default().value(&template, &scope()).unwrap();
    assert_eq!(rendered, json!({"{{ a }}": [7, {"b": true}], "c": 1.5}));
    let template = json!({"a": [0, {"b": "{{ nothing }}"}]});
    let fault = Renderer::default().value(&template, &scope()).unwrap_err();
    assert_eq!(fault.field, "a[1].b");
}

#[test]
fn in_urls_expressions_are_encoded_unless_they_are_safe() {
    let mut renderer = Renderer::default();
    let mut url = |source: &str| renderer.url(source, &scope()).unwrap();
    let encoded = url("https://x/{{ parameters.text }}?q={{ parameters.n }}");
    assert_eq!(encoded, "https://x/a%2Fb%26c%20d?q=7");
    assert_eq!(
        url("https://x/{{ parameters.text | safe }}"),
        "https://x/a/b&c d"
    );
    assert_eq!(url("https://x/a b"), "https://x/a b");
}

#[test]
fn what_is_not_there_is_an_error_that_shows_no_value() {
    for template in [
        "{{ parameters.missing }}",
        "{{ missing.deeper }}",
        "a {{ parameters.missing }}",
        "{{ parameters.n.x.y }}",
        "{{ parameters.text + 1 }}",
        "{{ parameters.n() }}",
        "{% include 'x' %}",
        "{{ namespace() }}",
    ] {
        let fault = value(template).unwrap_err();
        assert!(
            !fault.issue.contains("a/b&c"),
            "{template}: {}",
            fault.issue
        );
    }
}

#[test]
fn templates_that_loop_or_explode_end_soon() {
    let doubling = "{% set x = x ~ x %}".repeat(60);
    let nested = "{% for a in range(9999) %}".repeat(10) + &"{% endfor %}".repeat(10);
    for template in [
        format!("{{% set x = 'xxxxxxxx' %}}{doubling}{{{{ x }}}}"),
        nested,
        "{{ 'x' * 1000000000 }}".into(),
        "{{ range(1000000000) | list }}".into(),
        "{{ [parameters.long] * 100000 }}".into(),
        "{{ [[[[[parameters.long] * 9] * 9] * 9] * 9] * 9 }}".into(),
        "{{ parameters.long | replace('x', parameters.long) }}".into(),
        "{{ '%1000000000s' | format('x') }}".into(),
        format!("{{{{ {}1{} }}}}", "(".repeat(8000), ")".repeat(8000)),
        "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}".into(),
    ] {
        let short = &template[..template.len().min(60)];
        assert!(value(&template).is_err(), "{short}");
    }
}

/// A module of WebAssembly has a stack of 1 MiB, of which other things take a part.
#[test]
fn deep_values_do_not_use_up_the_stack() {
    // The deepest that are taken, and deeper ones, which are refused before they are read.
    for times in [1, 20, 60, 99, 190, 380, 4000] {
        for template in [
            format!("{{{{ [1]{} }}}}", "|batch(1)".repeat(times)),
            format!("{{{{ 'x'{} }}}}x", "|e".repeat(times)),
            format!(
                "{{% set x = [1] %}}{}{{{{ x }}}}",
                "{%set x=[x]%}".repeat(times)
            ),
            format!("{{{{ {}1{} }}}}", "[".repeat(times), "]".repeat(times)),
            format!("{{{{ x{} }}}}", ".a".repeat(times)),
            format!("{{{{ {}1 }}}}", "-".repeat(times)),
            format!("{{{{ {}1 }}}}", "1 if 1 else ".repeat(times)),
            format!("{}1{}", "{%if 1%}".repeat(times), "{%endif%}".repeat(times)),
            format!("{{%if 0%}}{}{{%endif%}}", "{%elif 0%}".repeat(times)),
        ] {
            let rendering = std::thread::Builder::new()
                .stack_size(512 * 1024)
                .spawn(move || value(&template).map(drop));
            // Whatever comes of it: the thread is there to say so.
            let _ = rendering.unwrap().join().unwrap();
        }
    }
}

#[test]
fn all_templates_of_an_execution_are_bounded_together() {
    let mut renderer = Renderer::default();
    let kilobytes = json!("{{ parameters.long }}");
    let times = (0..).take_while(|_| renderer.value(&kilobytes, &scope()).is_ok());
    let times = times.count();
    assert!(
        (MAX_OUTPUT / 4096..=MAX_OUTPUT / 4000).contains(&times),
        "{times}"
    );
}

fn faults(template: Value) -> Vec<String> {
    let (mut count, mut faults) = (0, vec![]);
    check(&template, "t", &["parameters"], &mut count, &mut faults);
    faults.into_iter().map(|fault| fault.field).collect()
}

#[test]
fn templates_are_checked_before_anything_is_rendered() {
    let good = json!({"a": "{{ parameters.x | upper }}", "b": ["{{ range(3) }}", "{% set y = 1 %}{{ y }}"]});
    assert_eq!(faults(good), [""; 0]);
    let bad =
        json!({"a": "{{ secrets.x }}", "b": ["{{ 1 + }}", "{% if %}", "{{ x"], "c": "x{{ y }}"});
    assert_eq!(faults(bad), ["t.a", "t.b[0]", "t.b[1]", "t.b[2]", "t.c"]);
    let long = format!("{{{{ parameters.x }}}}{}", "x".repeat(MAX_SOURCE));
    assert_eq!(faults(json!(long)), ["t"]);
}

fn schema_faults(schema: Value) -> Vec<String> {
    let faults = Schema::new(&schema, "s").err().unwrap_or_default();
    faults.into_iter().map(|fault| fault.field).collect()
}

#[test]
fn schemas_are_refused_where_they_lead_out_or_cost_without_end() {
    let mut exploding =
        json!({"properties": {"default": {"$ref": "#/$defs/a20"}}, "$defs": {"a0": {}}});
    for n in 1..=20 {
        let of = format!("#/$defs/a{}", n - 1);
        exploding["$defs"][format!("a{n}")] = json!({"anyOf": [{"$ref": of}, {"$ref": of}]});
    }
    let patterns = (0..30).map(|n| (format!("p{n}"), json!({"pattern": "\\w{50}"})));
    let patterns = json!({"properties": Value::Object(patterns.collect())});
    for (schema, field) in [
        (exploding, "s"),
        (patterns, "s"),
        (json!({"properties": {"x": {"$ref": "#"}}}), "s"),
        (
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"not": {"$ref": "#/$defs/a"}}}}),
            "s",
        ),
        (json!({"$ref": "#/nowhere"}), "s"),
        (
            json!({"items": [{"$ref": "https://example.com/"}]}),
            "s.items[0].$ref",
        ),
        (json!({"$ref": "file:///etc/passwd"}), "s.$ref"),
        (json!({"$id": "https://example.com/s"}), "s.$id"),
        (json!({"$ref": "#anchor"}), "s.$ref"),
        (json!({"type": "strin"}), "s.type"),
        (json!({"minimum": "1"}), "s.minimum"),
        (json!([]), "s"),
    ] {
        let shown = schema.to_string();
        assert!(
            schema_faults(schema).iter().any(|one| one == field),
            "{shown}"
        );
    }
    let good = json!({"$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/a%20b",
        "definitions": {"a b": {"type": "object"}}});
    assert_eq!(schema_faults(good), [""; 0]);
}

#[test]
fn what_is_wrong_with_a_value_is_named_by_its_path() {
    let schema = json!({
        "type": "object",
        "properties": {
            "a": {"type": "string", "maxLength": 2},
            "b": {"items": {"type": ["integer", "null"]}},
            "c": {"enum": ["x", "y"]},
            "d": {"pattern": "^a+$"},
            "e": true,
        },
        "required": ["e"],
        "additionalProperties": false,
    });
    let schema = Schema::new(&schema, "p").unwrap();
    let value = json!({"a": "hush-hush", "b": [1, "hush"], "c": "hush", "d": "hush", "f": "hush"});
    let faults = schema.faults(&value, "p");
    let mut fields = Vec::from_iter(faults.iter().map(|fault| &*fault.field));
    fields.sort_unstable();
    assert_eq!(fields, ["p.a", "p.b[1]", "p.c", "p.d", "p.e", "p.f"]);
    assert!(
        faults.iter().all(|fault| !fault.issue.contains("hush")),
        "{faults:?}"
    );
    assert_eq!(schema.faults(&json!({"e": 1, "d": "aaa"}), "p"), []);
    let issue = |field: &str| {
        faults
            .iter()
            .find(|one| one.field == field)
            .unwrap()
            .issue
            .clone()
    };
    assert_eq!(issue("p.e"), "is required");
    assert_eq!(issue("p.f"), "is not expected");
    assert_eq!(issue("p.b[1]"), "must be of type null, integer");
}

/// As deep as JSON may nest here.
#[test]
fn deep_schemas_and_values_do_not_use_up_the_stack() {
    let mut schema = json!({"type": "string"});
    let mut value = json!("x");
    for _ in 0..60 {
        schema = json!({"properties": {"a": schema}});
        value = json!({"a": value});
    }
    let mut negated = json!({"type": "string"});
    for _ in 0..120 {
        negated = json!({"not": negated});
    }
    let validating = std::thread::Builder::new()
        .stack_size(1024 * 1024)
        .spawn(move || {
            assert_eq!(Schema::new(&schema, "s").unwrap().faults(&value, "p"), []);
            let negated = Schema::new(&negated, "s").unwrap();
            assert_eq!(negated.faults(&json!("x"), "p"), []);
        });
    validating.unwrap().join().unwrap();
}
