//! What a client says where the engine should be and is not, or is not alone.

use engine::view::Problem;

/// Says that the engine is not there any more.
pub fn gone() -> Problem {
    Problem::new("engine.gone", "Patchcord has ended.", "Start it again.")
}

/// Says that somebody listens and says nothing.
pub(crate) fn silent(pid: Option<u32>) -> Problem {
    Problem::new(
        "engine.silent",
        format!("Patchcord is running here, but {} does not answer.", process(pid)),
        "End that process, then start Patchcord again.",
    )
}

/// Says that what answers is no Patchcord, or one of another version.
pub(super) fn garbled(pid: Option<u32>) -> Problem {
    Problem::new(
        "engine.garbled",
        format!("What {} answers is not understood.", process(pid)),
        "Quit Patchcord and start it again, so that all of it is of one version; if it does not quit, end that process.",
    )
}

/// Says that a program of somebody else has taken the place of the engine.
pub(super) fn foreign(place: &str, whose: &str) -> Problem {
    Problem::new(
        "engine.foreign",
        format!("{place} belongs to {whose}, so nothing was said there."),
        "An administrator ends that user's program and removes what it has left, or you name another folder with --home.",
    )
}

/// Says why the engine cannot be asked.
pub(super) fn unreachable(place: &str, error: &std::io::Error) -> Problem {
    Problem::new(
        "engine.unreachable",
        format!("The running Patchcord cannot be asked: {place}: {error}."),
        "Quit it and start it again, as the same user.",
    )
}

/// Says that an engine that lives has not finished.
pub(crate) fn late(seconds: u64) -> Problem {
    Problem::new(
        "engine.late",
        format!("Patchcord has not finished this within {seconds} seconds; it may still do so."),
        "Look at `patchcord status` before you ask for it again.",
    )
}

fn process(pid: Option<u32>) -> String {
    pid.map_or_else(|| "its process".to_owned(), |pid| format!("process {pid}"))
}
