//! Events that arrive while a message is on its way to the client. Texts of one request go together in one
//! frame.

use crate::Event;

#[derive(Debug, Default)]
pub(super) struct EventBuffer {
    events: Vec<(u64, Event)>,
    bytes: usize,
}

impl EventBuffer {
    pub(super) fn push(&mut self, run: u64, event: Event) {
        if let Event::Chunk {
            content, reasoning, ..
        } = &event
        {
            self.bytes += content.len() + reasoning.len();
        }
        let before = self
            .events
            .iter_mut()
            .rev()
            .find(|(other, _)| *other == run);
        let rest = match before {
            Some((_, before)) => before.absorb(event),
            None => Some(event),
        };
        self.events.extend(rest.map(|event| (run, event)));
    }

    pub(super) fn take(&mut self) -> Vec<(u64, Event)> {
        self.bytes = 0;
        std::mem::take(&mut self.events)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Bytes of text.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(text: &str) -> Event {
        Event::Chunk {
            content: text.into(),
            reasoning: String::new(),
            tool_calls: None,
        }
    }

    #[test]
    fn texts_of_one_request_go_together_and_stay_in_front_of_its_end() {
        let mut events = EventBuffer::default();
        events.push(1, chunk("a"));
        events.push(2, chunk("x"));
        events.push(1, chunk("b"));
        events.push(1, Event::Complete(Box::default()));
        events.push(2, chunk("y"));
        assert_eq!(events.bytes(), 4);
        let shown = events.take().into_iter().map(|(run, event)| match event {
            Event::Chunk { content, .. } => format!("{run}{content}"),
            _ => format!("{run}."),
        });
        assert_eq!(Vec::from_iter(shown), ["1ab", "2xy", "1."]);
        assert!(events.is_empty());
    }
}
