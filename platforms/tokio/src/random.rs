use openclaw_core::Random;
use rand::Rng;

/// The operating system's entropy, stretched by a generator fit for secrets (ChaCha, one a
/// thread, seeded anew all along), so that not every id costs a system call.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    /// # Panics
    /// Where the system has no entropy to give: nothing secret can be made then.
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashSet, thread};

    #[test]
    fn no_two_draws_are_alike_on_any_thread() {
        let draw = || {
            let mut bytes = [0; 16];
            SystemRandom.fill(&mut bytes);
            bytes
        };
        let threads: Vec<_> = (0..4)
            .map(|_| thread::spawn(move || [(); 100].map(|()| draw())))
            .collect();
        let drawn: HashSet<_> = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect();
        assert_eq!(drawn.len(), 400);
    }
}
