//! An event source mapping: a table's stream is read, what its filters let through goes to the function, batch by
//! batch in order, and again from where that failed.
//!
//! It begins with the oldest change that there is, also when it is started anew; the platform goes on where it
//! was. Of patterns it knows texts and prefixes, and refuses others.

use super::{
    copies::Fleet,
    template::{EventSource, function_of},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, io, sync::Arc, time::Duration};
use tokio::time::sleep;

/// How often a stream is read in which there is nothing, as Lambda does.
const PAUSE: Duration = Duration::from_millis(250);
/// How often it is looked for new shards.
const LOOK: u32 = 40;
/// The pause after a failure, which doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Records that one call gives, at most.
const PAGE: usize = 1000;

/// A stream on its way to a function.
pub(super) struct Mapping {
    fleet: Arc<Fleet>,
    source: EventSource,
    function: String,
    filters: Vec<Value>,
    database: Database,
    /// Where each shard is read next; `None` where it has been read to its end.
    shards: BTreeMap<String, Option<String>>,
}

/// DynamoDB, whose tables are kept apart by region and key.
pub(super) struct Database {
    pub(super) url: String,
    pub(super) table: String,
    pub(super) region: String,
    pub(super) key: String,
    pub(super) client: reqwest::Client,
}

impl Mapping {
    pub(super) fn new(
        fleet: Arc<Fleet>,
        source: EventSource,
        database: Database,
    ) -> io::Result<Self> {
        let patterns = source.filter_criteria.filters.iter();
        let patterns = patterns.map(|filter| serde_json::from_str(&filter.pattern));
        let filters = patterns.collect::<Result<Vec<Value>, _>>()?;
        filters.iter().try_for_each(check)?;
        if source.event_source_arn != "LedgerTable.StreamArn" {
            return Err(io::Error::other(
                "an event source that is not the ledger's stream",
            ));
        }
        let function = function_of(&source.function_name)
            .ok_or_else(|| io::Error::other("an event source without a function"))?;
        Ok(Self {
            function: function.to_owned(),
            fleet,
            source,
            filters,
            database,
            shards: BTreeMap::new(),
        })
    }

    /// Reads until the task is dropped.
    pub(super) async fn run(mut self) {
        loop {
            if let Err(error) = self.read().await {
                eprintln!("the stream of {}: {error}", self.database.table);
                sleep(FIRST_PAUSE).await;
            }
        }
    }

    async fn read(&mut self) -> io::Result<()> {
        self.find_shards().await?;
        for _ in 0..LOOK {
            let mut seen = false;
            for shard in Vec::from_iter(self.shards.keys().cloned()) {
                seen |= self.read_shard(&shard).await?;
            }
            if !seen {
                sleep(PAUSE).await;
            }
        }
        Ok(())
    }

    /// Notes the shards that are new.
    async fn find_shards(&mut self) -> io::Result<()> {
        let table = json!({"TableName": self.database.table});
        let streams = self.database.call("ListStreams", &table).await?;
        let stream = streams["Streams"][0]["StreamArn"].clone();
        let described = json!({"StreamArn": stream});
        let described = self.database.call("DescribeStream", &described).await?;
        let shards = described["StreamDescription"]["Shards"].as_array();
        for shard in shards.into_iter().flatten() {
            let id = shard["ShardId"].as_str().unwrap_or_default().to_owned();
            if self.shards.contains_key(&id) {
                continue;
            }
            let from =
                json!({"StreamArn": stream, "ShardId": id, "ShardIteratorType": "TRIM_HORIZON"});
            let at = self.database.call("GetShardIterator", &from).await?;
            let at = at["ShardIterator"].as_str().map(str::to_owned);
            self.shards.insert(id, at);
        }
        Ok(())
    }

    /// Hands on what a shard has; whether there was something.
    async fn read_shard(&mut self, shard: &str) -> io::Result<bool> {
        let Some(at) = self.shards.get(shard).cloned().flatten() else {
            return Ok(false);
        };
        let page = json!({"ShardIterator": at, "Limit": PAGE});
        let page = self.database.call("GetRecords", &page).await;
        let mut page = page.inspect_err(|_| {
            // It may have expired: the shard is read anew.
            self.shards.remove(shard);
        })?;
        let records = page["Records"].take();
        let records = records.as_array().cloned().unwrap_or_default();
        let is_empty = records.is_empty();
        let passes = |record: &Value| self.filters.iter().any(|filter| matches(filter, record));
        let records = Vec::from_iter(records.into_iter().filter(passes));
        for batch in records.chunks(self.source.batch_size) {
            self.hand_on(batch).await;
        }
        let next = page["NextShardIterator"].as_str().map(str::to_owned);
        self.shards.insert(shard.to_owned(), next);
        Ok(!is_empty)
    }

    /// Invokes the function with a batch until it has taken all of it.
    async fn hand_on(&self, batch: &[Value]) {
        let (mut left, mut pause) = (batch, FIRST_PAUSE);
        loop {
            let event = json!({ "Records": left }).to_string();
            let failed = match self.fleet.invoke(&self.function, event).await {
                Some(answer) => first_failed(answer.whole().await, left),
                None => Some(0),
            };
            match failed {
                None => return,
                Some(at) => left = &left[at..],
            }
            sleep(pause).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }
}

/// The first record of a batch that the function's answer says was not taken; an answer that cannot be read
/// says it of all.
fn first_failed(answer: io::Result<Vec<u8>>, batch: &[Value]) -> Option<usize> {
    let answer: Option<Value> = answer
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok());
    let Some(answer) = answer else {
        return Some(0);
    };
    let failures = answer["batchItemFailures"].as_array().cloned();
    let failures = failures.unwrap_or_default();
    let place = |failure: &Value| {
        let number = &failure["itemIdentifier"];
        let is_it = |record: &Value| record["dynamodb"]["SequenceNumber"] == *number;
        // One that is not of the batch is the whole batch's failure.
        batch.iter().position(is_it).unwrap_or(0)
    };
    failures.iter().map(place).min()
}

/// Whether all of a pattern is known here.
fn check(pattern: &Value) -> io::Result<()> {
    match pattern {
        Value::Object(fields) => fields.values().try_for_each(check),
        Value::Array(rules) => rules.iter().try_for_each(|rule| match rule {
            Value::String(_) => Ok(()),
            Value::Object(one) if one.len() == 1 && one.contains_key("prefix") => Ok(()),
            other => Err(io::Error::other(format!("a filter's rule: {other}"))),
        }),
        other => Err(io::Error::other(format!("a filter: {other}"))),
    }
}

/// Whether a pattern lets a record through.
fn matches(pattern: &Value, record: &Value) -> bool {
    match pattern {
        Value::Object(fields) => {
            let mut fields = fields.iter();
            fields.all(|(name, pattern)| matches(pattern, &record[name]))
        }
        Value::Array(rules) => rules.iter().any(|rule| match rule {
            Value::String(_) => rule == record,
            rule => {
                let (text, prefix) = (record.as_str(), rule["prefix"].as_str());
                let both = text.zip(prefix);
                both.is_some_and(|(text, prefix)| text.starts_with(prefix))
            }
        }),
        _ => false,
    }
}

impl Database {
    async fn call(&self, operation: &str, body: &Value) -> io::Result<Value> {
        let scope = format!(
            "{}/20260101/{}/dynamodb/aws4_request",
            self.key, self.region
        );
        let answer = self
            .client
            .post(&self.url)
            .header(
                "x-amz-target",
                format!("DynamoDBStreams_20120810.{operation}"),
            )
            .header("content-type", "application/x-amz-json-1.0")
            // Nobody looks at the signature.
            .header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
            )
            .body(body.to_string())
            .send()
            .await
            .map_err(io::Error::other)?;
        let status = answer.status();
        let text = answer.text().await.map_err(io::Error::other)?;
        if !status.is_success() {
            return Err(io::Error::other(format!("{operation}: {status} {text}")));
        }
        Ok(serde_json::from_str(&text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(event: &str, key: &str, number: u32) -> Value {
        json!({"eventName": event, "dynamodb": {
            "Keys": {"k": {"S": key}}, "SequenceNumber": number.to_string(),
        }})
    }

    #[test]
    fn a_pattern_lets_through_what_matches_all_of_it() {
        let pattern = json!({
            "eventName": ["INSERT", "MODIFY"],
            "dynamodb": {"Keys": {"k": {"S": [{"prefix": "-job/"}]}}},
        });
        check(&pattern).unwrap();
        assert!(matches(&pattern, &record("INSERT", "-job/a/1", 1)));
        assert!(!matches(&pattern, &record("REMOVE", "-job/a/1", 1)));
        assert!(!matches(&pattern, &record("INSERT", "-row/1", 1)));
        assert!(check(&json!({"eventName": [{"suffix": "T"}]})).is_err());
    }

    #[test]
    fn what_was_not_taken_is_named_by_its_number() {
        let batch = [record("INSERT", "a", 7), record("INSERT", "b", 8)];
        let said = |text: &str| first_failed(Ok(text.into()), &batch);
        assert_eq!(said(r#"{"batchItemFailures":[]}"#), None);
        assert_eq!(
            said(r#"{"batchItemFailures":[{"itemIdentifier":"8"}]}"#),
            Some(1)
        );
        assert_eq!(
            said(r#"{"batchItemFailures":[{"itemIdentifier":"x"}]}"#),
            Some(0)
        );
        assert_eq!(said("null"), None);
        assert_eq!(said("{"), Some(0));
    }
}
