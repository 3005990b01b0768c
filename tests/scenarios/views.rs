//! What scripts rely on: the JSON of contract.md §4, the Task of §3, the binding, the table of all bindings.

#[path = "views/binding.rs"]
mod binding;
#[path = "views/json.rs"]
mod json;
#[path = "views/task.rs"]
mod task;
#[path = "views/team.rs"]
mod team;
