//! A child process that does not outlive this one, however this one ends.

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::{
    ffi::OsStr,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// A shell that starts the program, tells its process id, and ends it with SIGTERM when the pipe
/// it reads from closes: on drop, and when this process is gone, killed or not (libtest leaves
/// by `exit`, which drops no static). `$0` is what to remove at the end.
const GUARD: &str = r#"
exec 3<&0
"$@" 3<&- </dev/null >&2 &
child=$!
echo "$child"
{ read -r _ <&3; kill -TERM "$child"; } >/dev/null 2>&1 &
guard=$!
exec 3<&-
wait "$child"
code=$?
kill "$guard" 2>/dev/null
[ "$0" = keep ] || rm -rf -- "$0"
echo "$code"
"#;

/// A running program.
#[derive(Debug)]
pub(super) struct Supervised {
    pid: Pid,
    told: BufReader<ChildStdout>,
    _shell: Child,
    _alive: ChildStdin,
}

impl Supervised {
    /// Starts `command`, whose output goes to the file `log`; at its end `remove` is removed.
    pub(super) fn start(command: &Command, log: &Path, remove: Option<&Path>) -> Self {
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(GUARD)
            .arg(remove.map_or(OsStr::new("keep"), Path::as_os_str))
            .arg(command.get_program())
            .args(command.get_args())
            .env_clear()
            .envs(
                command
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(log).expect("the log can be written"));
        let mut shell = shell.spawn().expect("sh starts");
        let mut told = BufReader::new(shell.stdout.take().expect("piped"));
        let mut line = String::new();
        told.read_line(&mut line).expect("the process id");
        let pid = line.trim().parse().ok().and_then(Pid::from_raw);
        Self {
            pid: pid.expect("a process id"),
            told,
            _alive: shell.stdin.take().expect("piped"),
            _shell: shell,
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    pub(super) fn is_alive(&self) -> bool {
        test_kill_process(self.pid).is_ok()
    }

    /// SIGKILL.
    pub(super) fn kill(&self) {
        kill_process(self.pid, Signal::KILL).expect("it runs");
    }

    /// SIGUSR2.
    pub(super) fn notify(&self) {
        kill_process(self.pid, Signal::USR2).expect("it runs");
    }

    /// SIGTERM.
    pub(super) fn terminate(&self) {
        kill_process(self.pid, Signal::TERM).expect("it runs");
    }

    /// Waits for its end: the exit code, 128 + the signal where a signal ended it.
    pub(super) async fn wait(mut self) -> i32 {
        let read = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            self.told.read_line(&mut line).expect("the exit code");
            line.trim().parse().expect("an exit code")
        });
        read.await.expect("reads")
    }
}
