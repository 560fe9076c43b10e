use openclaw_core::Random;

/// `crypto.getRandomValues()`.
#[derive(Clone, Copy, Debug)]
pub struct WorkerRandom;

impl Random for WorkerRandom {
    #[allow(clippy::panic, reason = "weak secrets are worse than a failed request")]
    fn fill(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            panic!("no entropy: {error}");
        }
    }
}
