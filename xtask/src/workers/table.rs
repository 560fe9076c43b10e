//! The Workers there are, and what each is bound to: all that their wrangler.toml files say, which
//! `cargo xtask manifests` writes.

use crate::deploy::{ADMIN_TOKEN, JWT_SECRETS, KEY_PEPPER, MASTER_KEY};

/// One Worker of the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Worker {
    /// What the verbs call it; deployed as `openclaw-<name>`.
    pub name: &'static str,
    /// The comment at the top of its wrangler.toml.
    pub(super) about: &'static str,
    pub(super) package: &'static str,
    /// Its package's folder, from the top of the checkout.
    pub folder: &'static str,
    /// Cargo's features, none where the package is a Worker and nothing else.
    pub(super) features: &'static [&'static str],
    /// Bytes that its compressed wasm may have.
    pub(super) limit: u64,
    /// The classes of Durable Objects that it exports.
    pub(super) classes: &'static [&'static str],
    /// What it is bound to, beside other Workers.
    pub(super) bindings: &'static [Binding],
    /// The Workers that it calls, each by its name in capitals.
    pub(super) services: &'static [&'static str],
    /// The gateway's own secrets that it gets; it does not start without them.
    pub secrets: &'static [&'static str],
    /// Whether it gets the vendors' keys.
    pub vendor_keys: bool,
    /// When the platform calls it, each in five fields.
    pub(super) crons: &'static [&'static str],
}

impl Worker {
    /// Whether it works on jobs.
    pub(super) fn is_consumer(&self) -> bool {
        let mut tables = self.bindings.iter();
        tables.any(|(table, _)| *table == "queues.consumers")
    }

    /// Whether it works on the jobs of that queue.
    pub(super) fn consumes(&self, queue: &'static str) -> bool {
        let mut tables = self.bindings.iter();
        tables.any(|(table, fields)| {
            *table == "queues.consumers" && fields.contains(&("queue", queue))
        })
    }
}

/// An entry of an array of tables: the array, such as `kv_namespaces`, `r2_buckets`, `queues.producers` or
/// `queues.consumers`, and the entry's fields, in wrangler's words.
///
/// A value that begins with `openclaw-` names something that each environment has its own of, and gets the
/// environment's ending. One of digits only is a number.
pub(super) type Binding = (&'static str, &'static [(&'static str, &'static str)]);

/// Bytes for a Worker without schemas, templates or parsers. The platform takes 3 MB on its free plan.
const LIMIT: u64 = 1_000_000;

/// Bytes for one that has them: chat and workflows, which have all of them, weigh 2.1 MB.
const LIMIT_WITH_PARSERS: u64 = 2_200_000;

/// API keys and the configuration.
const KV: Binding = (
    "kv_namespaces",
    &[("binding", "KV"), ("preview_id", "openclaw")],
);
/// The accounts' Durable Objects.
const LEDGER: Binding = (
    "durable_objects.bindings",
    &[
        ("name", "LEDGER"),
        ("class_name", "AccountLedger"),
        ("script_name", "openclaw-ledger"),
    ],
);

/// The R2 bucket of the accounts' files.
pub const BUCKET: &str = "openclaw-files";

/// The queues of jobs, one for each Worker that works on some: its topics share it.
pub const QUEUES: [&str; 5] = [
    WEBHOOK_JOBS,
    FILE_JOBS,
    EXTRACT_JOBS,
    WORKFLOW_JOBS,
    RESPONSE_JOBS,
];
const WEBHOOK_JOBS: &str = "openclaw-webhook-jobs";
const FILE_JOBS: &str = "openclaw-file-jobs";
const EXTRACT_JOBS: &str = "openclaw-extract-jobs";
const WORKFLOW_JOBS: &str = "openclaw-workflow-jobs";
const RESPONSE_JOBS: &str = "openclaw-response-jobs";

/// The accounts' files.
const BLOBS: Binding = (
    "r2_buckets",
    &[("binding", "BLOBS"), ("bucket_name", BUCKET)],
);

/// A group of endpoints: its library is a Worker with one more feature.
const FUNCTION: Worker = Worker {
    name: "",
    about: "",
    package: "",
    folder: "",
    features: &["worker"],
    limit: LIMIT,
    classes: &[],
    bindings: &[KV, LEDGER],
    services: &[],
    secrets: &[JWT_SECRETS, KEY_PEPPER],
    vendor_keys: false,
    crons: &[],
};

/// What is deployed, in an order in which each finds what it is bound to; the gateway is the last.
pub const DEPLOYED: [Worker; 15] = [
    Worker {
        name: "ledger",
        about: "The Durable Objects of the accounts' ledgers. Deployed before the functions, which are bound to it.",
        package: "openclaw-cloudflare-ledger",
        folder: "platforms/cloudflare/ledger",
        features: &[],
        classes: &["AccountLedger"],
        bindings: &[
            (
                "durable_objects.bindings",
                &[("name", "LEDGER"), ("class_name", "AccountLedger")],
            ),
            (
                "queues.producers",
                &[("binding", "JOBS_EVENT"), ("queue", WEBHOOK_JOBS)],
            ),
            (
                "queues.producers",
                &[("binding", "JOBS_DELIVERY"), ("queue", WEBHOOK_JOBS)],
            ),
            (
                "queues.producers",
                &[("binding", "JOBS_FILE_CLEANUP"), ("queue", FILE_JOBS)],
            ),
            (
                "queues.producers",
                &[("binding", "JOBS_FILE_PROCESS"), ("queue", EXTRACT_JOBS)],
            ),
            (
                "queues.producers",
                &[("binding", "JOBS_RESPONSE"), ("queue", RESPONSE_JOBS)],
            ),
            // Old rows of the request log become files.
            (
                "queues.producers",
                &[("binding", "JOBS_USAGE_UPKEEP"), ("queue", FILE_JOBS)],
            ),
            (
                "queues.producers",
                &[("binding", "JOBS_WORKFLOW_RUN"), ("queue", WORKFLOW_JOBS)],
            ),
            (
                "queues.producers",
                &[
                    ("binding", "JOBS_WORKFLOW_SCHEDULE"),
                    ("queue", WORKFLOW_JOBS),
                ],
            ),
        ],
        secrets: &[],
        ..FUNCTION
    },
    Worker {
        name: "auth",
        about: "Tokens from API keys, and for the operator.",
        package: "openclaw-function-auth",
        folder: "functions/auth",
        secrets: &[ADMIN_TOKEN, JWT_SECRETS, KEY_PEPPER],
        ..FUNCTION
    },
    Worker {
        name: "chat",
        about: "The chat endpoints.",
        package: "openclaw-function-chat",
        folder: "functions/chat",
        limit: LIMIT_WITH_PARSERS,
        bindings: &[KV, LEDGER, BLOBS],
        secrets: &[JWT_SECRETS, KEY_PEPPER, MASTER_KEY],
        vendor_keys: true,
        ..FUNCTION
    },
    Worker {
        name: "skills",
        about: "Skills: installed, changed, executed. Those that ask a model call the chat endpoints.",
        package: "openclaw-function-skills",
        folder: "functions/skills",
        limit: LIMIT_WITH_PARSERS,
        services: &["chat"],
        secrets: &[JWT_SECRETS, KEY_PEPPER, MASTER_KEY],
        ..FUNCTION
    },
    Worker {
        name: "models",
        about: "The models that are there, those whose vendor has a key, and the configuration at run time.",
        package: "openclaw-function-models",
        folder: "functions/models",
        limit: LIMIT_WITH_PARSERS,
        secrets: &[ADMIN_TOKEN, JWT_SECRETS, KEY_PEPPER, MASTER_KEY],
        vendor_keys: true,
        ..FUNCTION
    },
    Worker {
        name: "inference",
        about: "Other dialects of the chat, and models that do something else. Jobs make responses in the background.",
        package: "openclaw-function-inference",
        folder: "functions/inference",
        limit: LIMIT_WITH_PARSERS,
        bindings: &[
            KV,
            LEDGER,
            (
                "queues.consumers",
                &[
                    ("queue", RESPONSE_JOBS),
                    // A model may think for minutes: no response waits for another one's end.
                    ("max_batch_size", "1"),
                    ("max_batch_timeout", "0"),
                    ("max_retries", "10"),
                ],
            ),
        ],
        secrets: &[JWT_SECRETS, KEY_PEPPER, MASTER_KEY],
        vendor_keys: true,
        ..FUNCTION
    },
    Worker {
        name: "analytics",
        about: "The usage of an account.",
        package: "openclaw-function-analytics",
        folder: "functions/analytics",
        bindings: &[KV, LEDGER, BLOBS],
        ..FUNCTION
    },
    Worker {
        name: "admin",
        about: "Accounts and API keys.",
        package: "openclaw-function-admin",
        folder: "functions/admin",
        bindings: &[KV, LEDGER, BLOBS],
        secrets: &[ADMIN_TOKEN, JWT_SECRETS, KEY_PEPPER],
        ..FUNCTION
    },
    Worker {
        name: "files",
        about: "Files, in R2.",
        package: "openclaw-function-files",
        folder: "functions/files",
        bindings: &[
            KV,
            LEDGER,
            BLOBS,
            (
                "queues.consumers",
                &[
                    ("queue", FILE_JOBS),
                    ("max_batch_size", "10"),
                    ("max_batch_timeout", "1"),
                    ("max_retries", "10"),
                ],
            ),
        ],
        ..FUNCTION
    },
    Worker {
        name: "extract",
        about: "Looks into uploaded files: no endpoints, only jobs. What breaks a parser costs nothing else.",
        package: "openclaw-function-extract",
        folder: "functions/extract",
        limit: LIMIT_WITH_PARSERS,
        bindings: &[
            KV,
            LEDGER,
            BLOBS,
            (
                "queues.consumers",
                &[
                    ("queue", EXTRACT_JOBS),
                    // A file may fill an isolate's memory: one at a time.
                    ("max_batch_size", "1"),
                    ("max_batch_timeout", "0"),
                    ("max_retries", "10"),
                ],
            ),
        ],
        secrets: &[],
        ..FUNCTION
    },
    Worker {
        name: "health",
        about: "The health endpoints: they say which vendors are configured.",
        package: "openclaw-function-health",
        folder: "functions/health",
        secrets: &[],
        vendor_keys: true,
        ..FUNCTION
    },
    Worker {
        name: "workflows",
        about: "Workflows: their endpoints, and the jobs that move runs on. Steps call chats and skills.",
        package: "openclaw-function-workflows",
        folder: "functions/workflows",
        limit: LIMIT_WITH_PARSERS,
        bindings: &[
            KV,
            LEDGER,
            BLOBS,
            (
                "queues.consumers",
                &[
                    ("queue", WORKFLOW_JOBS),
                    // A run may be worked on for minutes: none waits for another one's end.
                    ("max_batch_size", "1"),
                    ("max_batch_timeout", "0"),
                    ("max_retries", "10"),
                ],
            ),
        ],
        services: &["chat", "skills"],
        vendor_keys: true,
        ..FUNCTION
    },
    Worker {
        name: "realtime",
        about: "The WebSocket: a Durable Object for every session, which calls the functions that answer its requests.",
        package: "openclaw-function-realtime",
        folder: "functions/realtime",
        classes: &["RealtimeSession"],
        bindings: &[
            KV,
            LEDGER,
            (
                "durable_objects.bindings",
                &[("name", "SESSIONS"), ("class_name", "RealtimeSession")],
            ),
        ],
        services: &["chat", "skills", "workflows"],
        ..FUNCTION
    },
    Worker {
        name: "webhooks",
        about: "Webhooks: their endpoints, and the jobs that tell them of events.",
        package: "openclaw-function-webhooks",
        folder: "functions/webhooks",
        bindings: &[
            KV,
            LEDGER,
            (
                "queues.consumers",
                &[
                    ("queue", WEBHOOK_JOBS),
                    ("max_batch_size", "10"),
                    ("max_batch_timeout", "1"),
                    ("max_retries", "10"),
                ],
            ),
        ],
        secrets: &[JWT_SECRETS, KEY_PEPPER, MASTER_KEY],
        ..FUNCTION
    },
    Worker {
        name: "gateway",
        about: "The gateway: the only Worker with a public address. It hands each request on to the function that \
                answers it.",
        package: "openclaw-function-gateway",
        folder: "functions/gateway",
        bindings: &[],
        services: &[
            "admin",
            "analytics",
            "auth",
            "chat",
            "files",
            "health",
            "inference",
            "models",
            "realtime",
            "skills",
            "webhooks",
            "workflows",
        ],
        secrets: &[],
        ..FUNCTION
    },
];

/// The topics of jobs, and the Worker that works on each.
#[cfg(test)]
pub(crate) fn topics() -> Vec<(String, &'static str)> {
    let bindings = DEPLOYED.iter().flat_map(|worker| worker.bindings);
    let producers = bindings.filter(|(table, _)| *table == "queues.producers");
    let topic = |(_, fields): &Binding| {
        let field = |name| {
            fields
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| *value)
        };
        let topic = field("binding")?.strip_prefix("JOBS_")?;
        let queue = field("queue")?;
        let owner = DEPLOYED.iter().find(|worker| worker.consumes(queue))?;
        Some((topic.to_lowercase().replace('_', "-"), owner.name))
    };
    producers.filter_map(topic).collect()
}

/// What only tests run.
pub(super) const FOR_TESTS: [Worker; 1] = [Worker {
    name: "contract",
    package: "openclaw-cloudflare-contract",
    folder: "platforms/cloudflare/contract",
    features: &[],
    limit: u64::MAX,
    // Its test binds it to the same.
    bindings: &[
        KV,
        LEDGER,
        ("queues.consumers", &[("queue", "openclaw-contract-jobs")]),
    ],
    ..FUNCTION
}];
