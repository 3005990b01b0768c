//! What strangers can send: it is shown as text, compared as text, and opens nothing.
