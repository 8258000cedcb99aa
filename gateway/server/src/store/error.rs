//! Faults of the store, told apart by what can be done.

/// A fault of the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another core took over: this one can write nothing more and must stand down.
    #[error("another core leads now: this one (epoch {0}) stands down")]
    Fenced(i64),
    /// The database is away, or restarts, or is full: the same batch can succeed later.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The database refuses this very content: trying the batch again as it is cannot help.
    #[error("the database refuses the content: {0}")]
    Refused(#[source] sqlx::Error),
    /// Stored data that this version cannot read.
    #[error("stored data cannot be read ({what}): {why}")]
    Unreadable {
        /// Which data.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The migrations could not be run.
    #[error("the migrations could not be run: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if is_content(&error) { Self::Refused(error) } else { Self::Unavailable(error) }
    }
}

/// SQLSTATE classes 21, 22, 23, 42 speak of the statement or its data (PostgreSQL, appendix A); everything
/// else (connection, resources, shutdown, serialisation) can pass.
fn is_content(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(inner) => {
            inner.code().is_some_and(|c| ["21", "22", "23", "42"].iter().any(|class| c.starts_with(class)))
        }
        sqlx::Error::Encode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => true,
        _ => false,
    }
}
