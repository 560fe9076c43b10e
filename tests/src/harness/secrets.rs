//! The secrets that the suite uses, for whoever looks for them in what servers printed.

use super::{Target, server::profile_folder};
use std::{
    collections::HashSet,
    io::Write,
    sync::{LazyLock, Mutex},
};

/// How secrets that the API shows begin: keys, the webhooks' secrets, tokens (JWT).
const STARTS: [&str; 4] = ["oc_live_", "oc_test_", "whsec_", "eyJ"];

/// What is shorter names a secret, or is the beginning of one.
const SHORTEST: usize = 40;

/// What a case makes up to be refused may be as short as `x`; no secret of the suite is shorter than this.
const SHORTEST_CREDENTIAL: usize = 16;

/// Notes a secret. They stand one a line in `<profile>/conformance/<runtime>/secrets.txt`, where the logs
/// of the servers are, too: `cargo xtask test` looks for each in each.
pub(super) fn note(secret: &str) {
    static NOTED: LazyLock<Mutex<(HashSet<String>, std::fs::File)>> = LazyLock::new(|| {
        let folder = profile_folder()
            .join("conformance")
            .join(Target::chosen().name());
        std::fs::create_dir_all(&folder).expect("the log folder");
        let file = std::fs::File::create(folder.join("secrets.txt"));
        Mutex::new((HashSet::new(), file.expect("the secrets' file")))
    });
    let mut noted = NOTED.lock().expect("no panic with it");
    let (known, file) = &mut *noted;
    let is_one = secret.len() >= SHORTEST_CREDENTIAL && !secret.contains('\n');
    if is_one && known.insert(secret.to_owned()) {
        writeln!(file, "{secret}").expect("it can be written");
    }
}

/// Notes the secrets in an answer.
pub(super) fn note_shown(answer: &str) {
    for start in STARTS {
        for (at, _) in answer.match_indices(start) {
            let rest = &answer[at..];
            let is_part = |c: char| c.is_ascii_alphanumeric() || "_-.+/=".contains(c);
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            if end >= SHORTEST {
                note(&rest[..end]);
            }
        }
    }
}
