//! What is going on, and what must follow.
