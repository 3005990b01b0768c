//! What a call means and what must follow: rules without I/O, clock, async or serde.
