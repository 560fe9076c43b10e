//! The copies of the functions: started when they are needed, frozen while they are not.

use super::{
    Settings,
    template::{Template, arn},
};
use bytes::Bytes;
use http::HeaderMap;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    io,
    net::SocketAddr,
    process::Stdio,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    process::{Child, Command},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
};

/// Copies of a function that start at once. On the platform each has a processor of its own; here, many at once
/// would leave none to those that work, or to DynamoDB Local.
const STARTS: usize = 4;

/// A function's answer: its headers, which tell its form, and its body as it comes.
pub(super) struct Answer {
    pub(super) headers: HeaderMap,
    pub(super) body: mpsc::Receiver<io::Result<Bytes>>,
}

/// One invocation.
pub(super) struct Invocation {
    pub(super) id: String,
    pub(super) event: String,
    answer: oneshot::Sender<Answer>,
}

/// One process of a function.
pub(super) struct Worker {
    number: u64,
    function: String,
    process: OnceLock<Pid>,
    inbox: mpsc::UnboundedSender<Invocation>,
    next: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    current: Mutex<Option<(String, oneshot::Sender<Answer>)>>,
    busy: Mutex<Option<OwnedSemaphorePermit>>,
    /// Until it asks for its first invocation.
    starting: Mutex<Option<OwnedSemaphorePermit>>,
}

/// How many copies of a function there may be.
struct Bounds {
    at_work: Arc<Semaphore>,
    starting: Arc<Semaphore>,
}

/// All copies of all functions.
pub(super) struct Fleet {
    settings: Settings,
    template: Template,
    interface: SocketAddr,
    numbers: AtomicU64,
    bounds: BTreeMap<String, Bounds>,
    workers: Mutex<HashMap<u64, Arc<Worker>>>,
    /// The copies that wait; the one that worked last is taken first.
    idle: Mutex<Vec<Arc<Worker>>>,
}

impl Fleet {
    pub(super) fn new(settings: Settings, template: Template, interface: SocketAddr) -> Self {
        let bound = |name: &String| {
            let at_work = Arc::new(Semaphore::new(settings.copies));
            let starting = Arc::new(Semaphore::new(STARTS));
            (name.clone(), Bounds { at_work, starting })
        };
        Self {
            bounds: settings.functions.keys().map(bound).collect(),
            settings,
            template,
            interface,
            numbers: AtomicU64::new(0),
            workers: Mutex::default(),
            idle: Mutex::default(),
        }
    }

    pub(super) const fn template(&self) -> &Template {
        &self.template
    }

    /// Whether there is such a function.
    pub(super) fn has(&self, function: &str) -> bool {
        self.bounds.contains_key(function)
    }

    /// Invokes a function; nothing when its copy died, or there is no such function.
    pub(super) async fn invoke(self: &Arc<Self>, function: &str, event: String) -> Option<Answer> {
        let bounds = self.bounds.get(function)?;
        let permit = bounds.at_work.clone().acquire_owned().await.ok()?;
        let worker = match self.take(function) {
            Some(worker) => worker,
            None => self.take_or_start(function, bounds).await?,
        };
        *worker.busy.lock().unwrap() = Some(permit);
        let (answer, answered) = oneshot::channel();
        let id = format!(
            "invocation-{}",
            self.numbers.fetch_add(1, Ordering::Relaxed)
        );
        worker.inbox.send(Invocation { id, event, answer }).ok()?;
        answered.await.ok()
    }

    /// A copy that became free while others were starting, or a new one.
    async fn take_or_start(
        self: &Arc<Self>,
        function: &str,
        bounds: &Bounds,
    ) -> Option<Arc<Worker>> {
        let start = bounds.starting.clone().acquire_owned().await.ok()?;
        match self.take(function) {
            Some(worker) => Some(worker),
            None => self.start(function, start).ok(),
        }
    }

    fn take(&self, function: &str) -> Option<Arc<Worker>> {
        let mut idle = self.idle.lock().unwrap();
        let at = idle
            .iter()
            .rposition(|worker| worker.function == function)?;
        Some(idle.remove(at))
    }

    fn start(
        self: &Arc<Self>,
        function: &str,
        start: OwnedSemaphorePermit,
    ) -> io::Result<Arc<Worker>> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let binary = &self.settings.functions[function];
        // It ends with this process, however that ends.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(binary);
        command.env_clear().envs(&self.settings.environment);
        command.envs(self.template.variables(function));
        command.env(
            "AWS_LAMBDA_RUNTIME_API",
            format!("http://{}/{number}", self.interface),
        );
        let services = format!("http://{}", self.interface);
        for service in ["APIGATEWAYMANAGEMENTAPI", "LAMBDA", "SCHEDULER"] {
            command.env(format!("AWS_ENDPOINT_URL_{service}"), &services);
        }
        command.env("AWS_LAMBDA_FUNCTION_NAME", format!("openclaw-{function}"));
        command.env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
        command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256");
        command.env("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true");
        let child = command.stdin(Stdio::null()).kill_on_drop(true).spawn()?;
        let (inbox, next) = mpsc::unbounded_channel();
        let worker = Arc::new(Worker {
            number,
            function: function.into(),
            process: OnceLock::new(),
            inbox,
            next: tokio::sync::Mutex::new(next),
            current: Mutex::default(),
            busy: Mutex::default(),
            starting: Mutex::new(Some(start)),
        });
        if let Some(id) = child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
            worker.process.get_or_init(|| id);
        }
        self.workers.lock().unwrap().insert(number, worker.clone());
        tokio::spawn(self.clone().watch(worker.clone(), child));
        Ok(worker)
    }

    /// Waits for the end of a copy: whoever waits for its answer gets none.
    async fn watch(self: Arc<Self>, worker: Arc<Worker>, mut child: Child) {
        let how = match child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        eprintln!("a copy of {} ended: {how}", worker.function);
        self.workers.lock().unwrap().remove(&worker.number);
        let others = |other: &Arc<Worker>| other.number != worker.number;
        self.idle.lock().unwrap().retain(others);
        worker.current.lock().unwrap().take();
        worker.busy.lock().unwrap().take();
        worker.starting.lock().unwrap().take();
        // Its connection is gone, and with it whoever held this.
        let mut next = worker.next.lock().await;
        next.close();
        while next.try_recv().is_ok() {}
    }

    pub(super) fn worker(&self, number: u64) -> Option<Arc<Worker>> {
        self.workers.lock().unwrap().get(&number).cloned()
    }

    /// The next invocation of a copy, which is frozen until it comes.
    pub(super) async fn next(&self, worker: &Arc<Worker>) -> Option<Invocation> {
        worker.starting.lock().unwrap().take();
        let mut next = worker.next.lock().await;
        if let Ok(invocation) = next.try_recv() {
            return Some(invocation);
        }
        worker.signal(Signal::STOP);
        self.idle.lock().unwrap().push(worker.clone());
        worker.busy.lock().unwrap().take();
        let invocation = next.recv().await;
        worker.signal(Signal::CONT);
        invocation
    }

    /// All copies: each one's function, its process and whether it works.
    pub(super) fn list(&self) -> Value {
        let workers = self.workers.lock().unwrap();
        workers
            .values()
            .map(|worker| {
                json!({
                    "function": worker.function,
                    "process": worker.process.get().map(|id| id.as_raw_nonzero().get()),
                    "busy": worker.current.lock().unwrap().is_some() || worker.busy.lock().unwrap().is_some(),
                })
            })
            .collect()
    }
}

impl Answer {
    /// All of its body.
    pub(super) async fn whole(mut self) -> io::Result<Vec<u8>> {
        let mut whole = vec![];
        while let Some(piece) = self.body.recv().await {
            whole.extend_from_slice(&piece?);
        }
        Ok(whole)
    }
}

impl Worker {
    /// The function's ARN.
    pub(super) fn arn(&self) -> String {
        arn(&format!("openclaw-{}", self.function))
    }

    /// Takes up an invocation; its event.
    pub(super) fn begin(&self, invocation: Invocation) -> (String, String) {
        let Invocation { id, event, answer } = invocation;
        *self.current.lock().unwrap() = Some((id.clone(), answer));
        (id, event)
    }

    /// Who waits for the answer to the invocation `id`, once.
    pub(super) fn waiting(&self, id: &str) -> Option<oneshot::Sender<Answer>> {
        let current = self.current.lock().unwrap().take()?;
        (current.0 == id).then_some(current.1)
    }

    fn signal(&self, signal: Signal) {
        if let Some(id) = self.process.get() {
            // It may have ended.
            let _ = kill_process(*id, signal);
        }
    }
}
