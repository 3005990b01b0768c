//! Scenarios that take links down: run in a network namespace, so that this computer's own network is left alone.

use std::process::Command;

use anyhow::Result;

use crate::{checks::Ran, run, suites, workspace};

/// Runs them where the system lets us make a network; says so where it does not. The same rules are also tested
/// without one, among the scenarios.
pub(crate) fn check() -> Result<Ran> {
    let Some(own) = own_network() else {
        return Ok(Ran::Short(
            "all of it: this system does not let us make a network namespace (`unshare --net`), or cannot make links \
             in one (`ip link add … type veth`); a container needs the right CAP_SYS_ADMIN or user namespaces for that"
                .to_owned(),
        ));
    };
    suites::build()?;
    let scenarios = suites::tests("package(scenarios) & binary(network)", &["-p", "scenarios"]);
    let mut tests = Command::new("unshare");
    tests.args(own).arg(scenarios.get_program()).args(scenarios.get_args());
    if run::find("cargo-nextest").is_some() {
        tests.args(["--offline", "--run-ignored", "only", "--test-threads", "1"]);
    } else {
        tests.args(["--offline", "--test", "network", "--", "--ignored", "--test-threads", "1"]);
    }
    tests.env("PATCHCORD_OWN_NETWORK", "1").current_dir(workspace());
    run::run(&mut tests)?;
    Ok(Ran::Whole)
}

/// Returns how `unshare` makes a network here, if it does: as root, or by becoming root in a namespace of users.
fn own_network() -> Option<&'static [&'static str]> {
    const WAYS: [&[&str]; 2] = [&["--net"], &["--net", "--map-root-user"]];
    let trial = "ip link set lo up && ip link add one type veth peer name other";
    WAYS.into_iter().find(|way| {
        let tried = Command::new("unshare").args(*way).args(["sh", "-c", trial]).output();
        tried.is_ok_and(|tried| tried.status.success())
    })
}
