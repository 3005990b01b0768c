//! The program around the engine.

/// Runs the program and returns its exit code.
pub fn main() -> std::process::ExitCode {
    let _ = std::hint::black_box(build as fn());
    std::process::ExitCode::SUCCESS
}

fn build() {
    let _ = tauri::Builder::default().build(tauri::generate_context!());
}
