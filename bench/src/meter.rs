//! What a process group used, from `/proc`.

use anyhow::{Context, Result};
use nix::unistd::{SysconfVar, sysconf};
use std::{fs, path::PathBuf, time::Duration};

/// User and system time of all threads of the group so far.
pub(super) fn processor_time(group: u32) -> Result<Duration> {
    let per_second = sysconf(SysconfVar::CLK_TCK)?.unwrap_or(100);
    let mut ticks = 0.0;
    for stat in members(group)? {
        // Numbers 14 and 15 of proc_pid_stat(5).
        for field in [11, 12] {
            ticks += stat.fields[field].parse::<f64>()?;
        }
    }
    Ok(Duration::from_secs_f64(ticks / per_second as f64))
}

/// Resident memory of the group in MB.
pub(super) fn resident(group: u32) -> Result<f64> {
    memory(group, "VmRSS:")
}

/// The most that the group's processes have had resident so far, in MB.
pub(super) fn most_resident(group: u32) -> Result<f64> {
    memory(group, "VmHWM:")
}

/// A line of proc_pid_status(5).
fn memory(group: u32, name: &str) -> Result<f64> {
    let mut kilobytes = 0.0;
    for member in members(group)? {
        let status = fs::read_to_string(member.folder.join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kilobytes += number
            .with_context(|| format!("no {name}"))?
            .parse::<f64>()?;
    }
    Ok(kilobytes * 1024.0 / 1e6)
}

struct Member {
    folder: PathBuf,
    /// `/proc/<pid>/stat` behind the process's name.
    fields: Vec<String>,
}

fn members(group: u32) -> Result<Vec<Member>> {
    let mut members = vec![];
    for entry in fs::read_dir("/proc")? {
        let folder = entry?.path();
        // Most are no processes, and some end meanwhile.
        let Ok(stat) = fs::read_to_string(folder.join("stat")) else {
            continue;
        };
        let Some((_, behind)) = stat.rsplit_once(") ") else {
            continue;
        };
        let fields = Vec::from_iter(behind.split_whitespace().map(str::to_owned));
        if fields.get(2) == Some(&group.to_string()) {
            members.push(Member { folder, fields });
        }
    }
    anyhow::ensure!(!members.is_empty(), "no process is in group {group}");
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;
    use xtask::process::Service;

    #[test]
    fn a_busy_groups_time_and_memory_are_counted() {
        let busy = ["-c", "sh -c 'while :; do :; done' & while :; do :; done"];
        let mut command = Command::new("sh");
        let grace = Duration::from_secs(1);
        let service = Service::start("busy", command.args(busy), false, grace).unwrap();
        let since = std::time::Instant::now();
        while processor_time(service.id()).unwrap() < Duration::from_millis(100) {
            assert!(since.elapsed() < Duration::from_secs(20), "not counted");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(resident(service.id()).unwrap() > 0.5);
    }
}
