//! W3C Trace Context (<https://www.w3.org/TR/trace-context/>): the trace that a request belongs to.

use crate::Random;

/// The longest `tracestate` that is passed on: what the specification asks of everybody.
const MAX_STATE: usize = 512;

/// The trace of a request, as its caller told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: String,
    parent: String,
    flags: String,
    state: Option<String>,
}

impl TraceContext {
    /// Reads `traceparent` and `tracestate`; `None` where the first is none.
    pub fn parse(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        let mut parts = traceparent.trim().splitn(5, '-');
        let version = hex(parts.next()?, 2)?;
        let trace_id = hex(parts.next()?, 32)?;
        let parent = hex(parts.next()?, 16)?;
        let flags = hex(parts.next()?, 2)?;
        // Later versions may append to it.
        let is_known = version != "ff" && (version != "00" || parts.next().is_none());
        let is_none = |id: &str| id.bytes().all(|digit| digit == b'0');
        if !is_known || is_none(trace_id) || is_none(parent) {
            return None;
        }
        let is_plain = |state: &&str| {
            let mut bytes = state.bytes();
            state.len() <= MAX_STATE && bytes.all(|byte| (b' '..=b'~').contains(&byte))
        };
        Some(Self {
            trace_id: trace_id.to_owned(),
            parent: parent.to_owned(),
            flags: flags.to_owned(),
            state: tracestate.filter(is_plain).map(str::to_owned),
        })
    }

    /// 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        &self.trace_id
    }

    /// The caller's span: 16 hexadecimal digits.
    pub fn parent(&self) -> &str {
        &self.parent
    }

    /// `tracestate`, where there is one.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// The `traceparent` of a request that is made for this one: a span of its own in the same trace.
    pub fn child(&self, random: &dyn Random) -> String {
        let mut span = [0; 8];
        random.fill(&mut span);
        // No span is all zeros.
        let span = u64::from_le_bytes(span).max(1);
        format!("00-{}-{span:016x}-{}", self.trace_id, self.flags)
    }
}

/// The span of a `traceparent` that [`TraceContext::child`] made.
pub fn span_of(traceparent: &str) -> Option<&str> {
    traceparent.split('-').nth(2)
}

fn hex(text: &str, length: usize) -> Option<&str> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() == length && text.bytes().all(is_digit)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    struct Fixed(u8);

    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn a_child_is_a_span_of_its_own_in_the_same_trace() {
        let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
        let trace = TraceContext::parse(&parent, Some("vendor=1")).unwrap();
        assert_eq!((trace.trace_id(), trace.state()), (TRACE, Some("vendor=1")));
        assert_eq!(
            trace.child(&Fixed(0xab)),
            format!("00-{TRACE}-abababababababab-01")
        );
        assert_eq!(trace.parent(), "00f067aa0ba902b7");
        assert_eq!(
            span_of(&trace.child(&Fixed(0xab))),
            Some("abababababababab")
        );
        assert_eq!(
            trace.child(&Fixed(0)),
            format!("00-{TRACE}-0000000000000001-01")
        );
        let later = TraceContext::parse(&format!("cc-{TRACE}-00f067aa0ba902b7-01-more"), None);
        assert!(later.is_some(), "a later version");
    }

    #[test]
    fn what_is_no_trace_context_is_none() {
        let zeros = "0".repeat(32);
        for text in [
            String::new(),
            "00".into(),
            format!("00-{TRACE}-00f067aa0ba902b7"),
            format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            format!("00-{zeros}-00f067aa0ba902b7-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            format!("00-{TRACE}x-00f067aa0ba902b7-01"),
        ] {
            assert_eq!(TraceContext::parse(&text, None), None, "{text}");
        }
        let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
        for state in ["é=1".to_owned(), "x".repeat(513), "a=1\nb".into()] {
            let trace = TraceContext::parse(&parent, Some(&state)).unwrap();
            assert_eq!(trace.state(), None, "{state}");
        }
    }
}
