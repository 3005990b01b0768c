//! Which findings may hang on the load of the machine.

/// What the program still had to do when its time was up, or where seconds are compared with seconds. Everything else is
/// wrong however slow the machine is.
const ABOUT_TIME: [&str; 3] = ["SETUP ", "STATUS ", "RESTLESS "];
/// The part of a [`WRONG`](talk_time) finding that compares seconds.
const TALK_TIME: &str = "talk time is not";

/// Says that a talk time is another one.
pub(crate) fn talk_time(spoke_s: f64) -> String {
    format!("{TALK_TIME} {spoke_s:.1} s")
}

/// Is the finding one of time alone? A Task that is lost, double, invented, or that says something wrong, never is.
pub(crate) fn is_about_time(finding: &str) -> bool {
    ABOUT_TIME.iter().any(|word| finding.starts_with(word))
        || finding
            .strip_prefix("WRONG ")
            .and_then(|rest| rest.split_once(' '))
            .is_some_and(|(_key, what)| what.starts_with(TALK_TIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_compares_times_may_hang_on_the_load() {
        let talk = format!("WRONG ys:SN:1.1:4101 {}: a Task", talk_time(2.5));
        for timing in [talk.as_str(), "STATUS desk 0 says connecting", "RESTLESS desk 0 1.1: waits"]
        {
            assert!(is_about_time(timing), "{timing}");
        }
        for never in [
            "LOST ys:SN:1.1:4101 (1.1)",
            "DOUBLED ys:SN:1.1:4101 is 2 Tasks",
            "INVENTED ys:SN:1.1:4101: a Task",
            "WRONG ys:SN:1.1:4101 CallDisposition is not Missed: talk time is not told",
            "WRONG ys:SN:1.1:4101 WhoId is nobody",
            "LIST desk 0 1.1: its Task's key is another",
            "PAGE desk 0: opened twice",
            "SECRET desk 0: a file holds one",
            "TOKENS 9 of the PBX live for 1 desks",
            "desk 0 is started: the program ended as it started",
        ] {
            assert!(!is_about_time(never), "{never}");
        }
    }
}
