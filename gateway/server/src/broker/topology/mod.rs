//! What must exist on the broker.
