//! One item's part of a transaction, as DynamoDB's expressions.

use super::layout::{
    Attributes, PARTS, Snapshot, TTL, VERSION, bytes, counter_name, document_name, expiry,
    expiry_name, number, primary_key, ttl,
};
use aws_sdk_dynamodb::{
    Client,
    error::BuildError,
    operation::{
        delete_item::builders::DeleteItemFluentBuilder,
        update_item::builders::UpdateItemFluentBuilder,
    },
    types::{
        AttributeValue, ConditionCheck, Delete, ReturnValue, ReturnValuesOnConditionCheckFailure,
        TransactWriteItem, Update,
    },
};
use bytes::Bytes;
use openclaw_core::{
    Timestamp,
    ledger::{Delta, Item, Step, Value, When},
};
use std::collections::HashMap;

/// A step with its place in the transaction and the part of the item that it touches.
#[derive(Clone, Debug)]
pub(super) struct IndexedStep<'a> {
    pub(super) at: usize,
    pub(super) part: &'a str,
    pub(super) step: &'a Step,
}

/// An expired part that a write to its item removes.
pub(super) struct ExpiredPart {
    /// All of its attributes.
    pub(super) names: Vec<String>,
    pub(super) expiry_name: String,
    /// Its expiry as it was seen: a part that was written since stays.
    pub(super) expires: AttributeValue,
}

/// A conditional update of one item, or its removal.
#[derive(Clone, Debug, Default)]
pub(super) struct Write {
    account: String,
    base: String,
    removes_item: bool,
    only_checks: bool,
    sets: Vec<String>,
    adds: Vec<String>,
    removes: Vec<String>,
    conditions: Vec<String>,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
    has_parts: bool,
}

impl Write {
    fn new(account: &str, base: &str) -> Self {
        Self {
            account: account.to_owned(),
            base: base.to_owned(),
            ..Self::default()
        }
    }

    /// The conditions and changes of `steps`, without a read of the item. The conditions are too strict
    /// for an item that has expired, or for counters where a document is put: then
    /// [`versioned`](Self::versioned) follows. `start` is the version of an item that is made.
    pub(super) fn optimistic(
        (account, base): (&str, &str),
        steps: &[IndexedStep<'_>],
        now: Timestamp,
        start: i64,
        expired_parts: Vec<ExpiredPart>,
    ) -> Self {
        let mut write = Self::new(account, base);
        if let [IndexedStep { part: "", step, .. }] = steps
            && let Step::Delete { when, .. } = step
            && *when != When::Absent
        {
            let parts = write.name(PARTS.into());
            write.add_condition(format!("attribute_not_exists({parts})"));
            write.document(when, "", now);
            write.removes_item = true;
            return write;
        }
        for IndexedStep { part, step, .. } in steps {
            write.step(part, step, now);
        }
        write.only_checks = steps
            .iter()
            .all(|indexed| matches!(indexed.step, Step::Check { .. }));
        if write.only_checks {
            return write;
        }
        for expired in expired_parts {
            let name = write.name(expired.expiry_name);
            let seen = write.value(expired.expires);
            write.add_condition(format!("attribute_not_exists({name}) OR {name} = {seen}"));
            let names = expired.names.into_iter();
            names.for_each(|name| write.remove(name));
        }
        write.mark(start);
        write
    }

    /// These parts as they are to be, on an item that must still be as `snapshot` shows it.
    pub(super) fn versioned(
        account: &str,
        snapshot: &Snapshot,
        parts: &[(&str, Option<Item>)],
        start: i64,
    ) -> Self {
        let mut write = Self::new(account, &snapshot.base);
        let version = write.name(VERSION.into());
        match &snapshot.version {
            None => write.add_condition(format!("attribute_not_exists({version})")),
            Some(seen) => {
                let seen = write.value(seen.clone());
                write.add_condition(format!("{version} = {seen}"));
            }
        }
        if parts.is_empty() {
            write.only_checks = true;
            return write;
        }
        if let [("", None)] = parts
            && !snapshot.has_parts
        {
            write.removes_item = true;
            return write;
        }
        for (part, item) in parts {
            let set = item.as_ref().map(|item| write.item(part, item));
            let set = set.unwrap_or_default();
            let old = snapshot.names(part).into_iter();
            let old = old.filter(|name| !set.contains(name));
            old.for_each(|name| write.remove(name));
        }
        write.mark(start);
        write
    }

    /// The same, for a second attempt after one whose outcome is not known: it fails where the
    /// first was applied, because then one of the documents is there.
    pub(super) fn unless_applied(&self, steps: &[IndexedStep<'_>]) -> Self {
        let mut again = self.clone();
        for (part, document) in documents(steps) {
            let name = again.name(document_name(part));
            let value = again.value(bytes(document));
            again.add_condition(format!("attribute_not_exists({name}) OR {name} <> {value}"));
        }
        again
    }

    fn step(&mut self, part: &str, step: &Step, now: Timestamp) {
        match step {
            Step::Put {
                document,
                when,
                expires,
                ..
            } => {
                self.document(when, part, now);
                let value = self.value(bytes(document));
                self.set(document_name(part), value);
                self.expire(part, *expires);
            }
            Step::Delete {
                when: When::Absent, ..
            } => self.check(&When::Absent, part, now),
            Step::Delete { when, .. } => {
                self.document(when, part, now);
                self.remove(document_name(part));
                self.remove(expiry_name(part));
            }
            Step::Add {
                deltas, expires, ..
            } => self.add(part, deltas, *expires, now),
            Step::Check { when, .. } => self.check(when, part, now),
        }
    }

    /// Adds the condition for what `when` says, of a part that stays as it is.
    fn check(&mut self, when: &When, part: &str, now: Timestamp) {
        let (expires, now) = self.expires(part, now);
        let condition = match when {
            When::Equals(document) => self.equals((expires, now), part, document),
            When::Present => format!("{expires} > {now}"),
            When::Always => return,
            When::Absent => format!("attribute_not_exists({expires}) OR {expires} <= {now}"),
        };
        self.add_condition(condition);
    }

    /// Adds the condition for a document, or for nothing, as `when` has it.
    fn document(&mut self, when: &When, part: &str, now: Timestamp) {
        let document = self.name(document_name(part));
        if *when == When::Always {
            let expires = self.name(expiry_name(part));
            return self.add_condition(format!(
                "attribute_not_exists({expires}) OR attribute_exists({document})"
            ));
        }
        let (expires, now) = self.expires(part, now);
        let condition = match when {
            When::Equals(document) => self.equals((expires, now), part, document),
            When::Present => format!("{expires} > {now} AND attribute_exists({document})"),
            _ => format!(
                "attribute_not_exists({expires}) OR ({expires} <= {now} AND attribute_exists({document}))"
            ),
        };
        self.add_condition(condition);
    }

    /// That a part is there and is this document.
    fn equals(&mut self, (expires, now): (String, String), part: &str, document: &Bytes) -> String {
        let (name, value) = (self.name(document_name(part)), self.value(bytes(document)));
        format!("{expires} > {now} AND {name} = {value}")
    }

    fn add(&mut self, part: &str, deltas: &[Delta], expires: Option<Timestamp>, now: Timestamp) {
        let document = self.name(document_name(part));
        let (there, now) = self.expires(part, now);
        self.add_condition(format!(
            "attribute_not_exists({there}) OR ({there} > {now} AND attribute_not_exists({document}))"
        ));
        let at = self.value(expiry(expires));
        self.sets
            .push(format!("{there} = if_not_exists({there}, {at})"));
        if part.is_empty() {
            let (name, at) = (self.name(TTL.into()), self.value(ttl(expires)));
            self.sets
                .push(format!("{name} = if_not_exists({name}, {at})"));
        }
        self.has_parts |= !part.is_empty();
        for Delta { field, by, at_most } in deltas {
            let name = self.name(counter_name(part, field));
            if let Some(bound) = at_most.filter(|_| *by > 0) {
                let highest = self.value(number(bound.saturating_sub(*by)));
                let low = format!("{name} <= {highest}");
                self.add_condition(match *by <= bound {
                    true => format!("attribute_not_exists({name}) OR {low}"),
                    false => low,
                });
            }
            let by = self.value(number(*by));
            self.adds.push(format!("{name} {by}"));
        }
    }

    /// Sets all attributes of a part; their names.
    fn item(&mut self, part: &str, item: &Item) -> Vec<String> {
        let mut names = vec![expiry_name(part)];
        match &item.value {
            Value::Document(document) => {
                let value = self.value(bytes(document));
                self.set(document_name(part), value);
                names.push(document_name(part));
            }
            Value::Counters(counters) => {
                for (field, count) in counters {
                    let value = self.value(number(*count));
                    self.set(counter_name(part, field), value);
                    names.push(counter_name(part, field));
                }
            }
        }
        self.expire(part, item.expires);
        names
    }

    fn expire(&mut self, part: &str, at: Option<Timestamp>) {
        let value = self.value(expiry(at));
        self.set(expiry_name(part), value);
        if part.is_empty() {
            let (name, parts) = (self.name(TTL.into()), self.name(PARTS.into()));
            let at = self.value(ttl(at));
            self.sets
                .push(format!("{name} = if_not_exists({parts}, {at})"));
        }
        self.has_parts |= !part.is_empty();
    }

    /// Another version; and where parts were written, that the item has some.
    fn mark(&mut self, start: i64) {
        let (version, start, one) = (
            self.name(VERSION.into()),
            self.value(number(start)),
            self.value(number(1)),
        );
        self.sets.push(format!(
            "{version} = if_not_exists({version}, {start}) + {one}"
        ));
        if self.has_parts {
            let name = self.name(TTL.into());
            self.sets
                .retain(|set| !set.starts_with(&format!("{name} = ")));
            let (no, yes) = (AttributeValue::Bool(false), AttributeValue::Bool(true));
            let (no, yes) = (self.value(no), self.value(yes));
            self.set(TTL.into(), no);
            self.set(PARTS.into(), yes);
        }
    }

    fn set(&mut self, name: String, value: String) {
        let name = self.name(name);
        self.sets.push(format!("{name} = {value}"));
    }

    fn remove(&mut self, name: String) {
        let name = self.name(name);
        self.removes.push(name);
    }

    fn add_condition(&mut self, condition: String) {
        self.conditions.push(format!("({condition})"));
    }

    /// Placeholders for a part's expiry and for `now`.
    fn expires(&mut self, part: &str, now: Timestamp) -> (String, String) {
        let now = self.value(number(now.as_microsecond()));
        (self.name(expiry_name(part)), now)
    }

    /// A placeholder: names may be reserved words, or any text.
    fn name(&mut self, name: String) -> String {
        let known = self.names.iter().find(|(_, known)| **known == name);
        if let Some((placeholder, _)) = known {
            return placeholder.clone();
        }
        let placeholder = format!("#{}", self.names.len());
        self.names.insert(placeholder.clone(), name);
        placeholder
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let placeholder = format!(":{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    pub(super) fn account(&self) -> &str {
        &self.account
    }

    pub(super) const fn removes_item(&self) -> bool {
        self.removes_item
    }

    /// Whether it changes nothing.
    pub(super) const fn only_checks(&self) -> bool {
        self.only_checks
    }

    /// Where an item is removed, or sets of `ttl` were taken back, some placeholders have no use;
    /// DynamoDB takes only those that have one.
    fn used<T: Clone>(&self, all: &HashMap<String, T>) -> Option<HashMap<String, T>> {
        let text = format!("{} {}", self.update(), self.condition());
        let words = text.split(|c: char| !(c.is_ascii_digit() || c == ':' || c == '#'));
        let used = words.filter_map(|word| Some((word.to_owned(), all.get(word)?.clone())));
        let used: HashMap<_, _> = used.collect();
        (!used.is_empty()).then_some(used)
    }

    fn condition(&self) -> String {
        self.conditions.join(" AND ")
    }

    fn update(&self) -> String {
        let clause = |verb, parts: &[String]| match parts {
            [] => String::new(),
            parts => format!("{verb} {} ", parts.join(", ")),
        };
        match self.removes_item {
            true => String::new(),
            false => [
                clause("SET", &self.sets),
                clause("REMOVE", &self.removes),
                clause("ADD", &self.adds),
            ]
            .concat(),
        }
    }

    fn key(&self) -> Attributes {
        primary_key(&self.account, &self.base)
    }

    /// On its own: an update that gives back the item after it.
    pub(super) fn as_update(&self, client: &Client, table: &str) -> UpdateItemFluentBuilder {
        let conditions = self.condition();
        client
            .update_item()
            .table_name(table)
            .set_key(Some(self.key()))
            .update_expression(self.update())
            .set_condition_expression((!conditions.is_empty()).then_some(conditions))
            .set_expression_attribute_names(self.used(&self.names))
            .set_expression_attribute_values(self.used(&self.values))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// On its own: a removal.
    pub(super) fn as_delete(&self, client: &Client, table: &str) -> DeleteItemFluentBuilder {
        client
            .delete_item()
            .table_name(table)
            .set_key(Some(self.key()))
            .condition_expression(self.condition())
            .set_expression_attribute_names(self.used(&self.names))
            .set_expression_attribute_values(self.used(&self.values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }

    /// Together with others.
    pub(super) fn as_part(&self, table: &str) -> Result<TransactWriteItem, BuildError> {
        let returned = ReturnValuesOnConditionCheckFailure::AllOld;
        let item = TransactWriteItem::builder();
        if self.only_checks {
            let conditions = self.condition();
            let check = ConditionCheck::builder()
                .table_name(table)
                .set_key(Some(self.key()))
                .condition_expression(conditions)
                .set_expression_attribute_names(self.used(&self.names))
                .set_expression_attribute_values(self.used(&self.values))
                .return_values_on_condition_check_failure(returned);
            return Ok(item.condition_check(check.build()?).build());
        }
        if self.removes_item {
            let delete = Delete::builder()
                .table_name(table)
                .set_key(Some(self.key()))
                .condition_expression(self.condition())
                .set_expression_attribute_names(self.used(&self.names))
                .set_expression_attribute_values(self.used(&self.values))
                .return_values_on_condition_check_failure(returned);
            return Ok(item.delete(delete.build()?).build());
        }
        let conditions = self.condition();
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(self.key()))
            .update_expression(self.update())
            .set_condition_expression((!conditions.is_empty()).then_some(conditions))
            .set_expression_attribute_names(self.used(&self.names))
            .set_expression_attribute_values(self.used(&self.values))
            .return_values_on_condition_check_failure(returned);
        Ok(item.update(update.build()?).build())
    }
}

/// The documents that steps put.
pub(super) fn documents<'a>(
    steps: &'a [IndexedStep<'a>],
) -> impl Iterator<Item = (&'a str, &'a Bytes)> {
    steps.iter().filter_map(|indexed| match indexed.step {
        Step::Put { document, .. } => Some((indexed.part, document)),
        _ => None,
    })
}
