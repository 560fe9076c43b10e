use openclaw_core::Random;

/// The operating system's entropy.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    /// # Panics
    /// Where the system has no entropy to give: nothing secret can be made then.
    #[expect(
        clippy::expect_used,
        reason = "going on without entropy would make guessable secrets"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the system's entropy source works");
    }
}
