use crate::ExtractError;

/// Text that grows up to a limit.
pub(crate) struct Output {
    text: String,
    limit: usize,
}

impl Output {
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            limit,
        }
    }

    /// Adds text.
    pub(crate) fn push(&mut self, text: &str) -> Result<(), ExtractError> {
        if self.text.len() + text.len() > self.limit {
            return Err(ExtractError::TooLong(self.limit));
        }
        self.text.push_str(text);
        Ok(())
    }

    /// Ends a line, unless one has just ended.
    pub(crate) fn end_line(&mut self) -> Result<(), ExtractError> {
        match self.text.is_empty() || self.text.ends_with('\n') {
            true => Ok(()),
            false => self.push("\n"),
        }
    }

    /// Separates words, unless something does.
    pub(crate) fn space(&mut self) -> Result<(), ExtractError> {
        match self.text.is_empty() || self.text.ends_with([' ', '\n']) {
            true => Ok(()),
            false => self.push(" "),
        }
    }

    /// The whole text.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}
