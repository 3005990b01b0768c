//! The program.

fn main() -> std::process::ExitCode {
    shell::main()
}
