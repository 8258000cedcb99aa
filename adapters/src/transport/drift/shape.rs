//! What a reader knows of a message, as a table beside its types.

/// The fields of one message.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The message, in the adapter's words: `avis`, `pain.014`. It is a label of a metric: a fixed word.
    pub message: &'static str,
    /// Its fields, in the order of the adapter's README.
    pub fields: &'static [Field],
}

/// One field: where it stands and what it has been so far.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// `/prescriptions/*/txPrescription`: `*` is any element of an array, a last `**` anything below (another
    /// reader's). XML: local names from the root, a repeated element by its name alone, an attribute `/@name`.
    pub(super) path: &'static str,
    pub(super) may_be_null: bool,
    pub(super) unread: bool,
    pub(super) codes: Option<&'static [&'static str]>,
    pub(super) chars_max: Option<usize>,
}

/// A field that is read and has always had a value.
#[must_use]
pub const fn field(path: &'static str) -> Field {
    Field { path, may_be_null: false, unread: false, codes: None, chars_max: None }
}

impl Field {
    /// Null, empty and absent are usual for it.
    #[must_use]
    pub const fn opt(mut self) -> Self {
        self.may_be_null = true;
        self
    }

    /// Only these values are known: a new one is noticed.
    #[must_use]
    pub const fn codes(mut self, codes: &'static [&'static str]) -> Self {
        self.codes = Some(codes);
        self
    }

    /// It was never longer than so many characters.
    #[must_use]
    pub const fn chars(mut self, chars_max: usize) -> Self {
        self.chars_max = Some(chars_max);
        self
    }

    /// Known, and left unread on purpose: counted and listed, but no news.
    #[must_use]
    pub const fn unread(mut self) -> Self {
        self.unread = true;
        self
    }

    /// Where it stands.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// Whether the reader uses it.
    #[must_use]
    pub const fn is_read(&self) -> bool {
        !self.unread
    }
}
