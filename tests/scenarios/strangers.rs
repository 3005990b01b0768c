//! Other users of the same computer: whose policy counts, and who is told a secret.
//!
//! Only root can be several users, and can put something in the place of `/etc` and `/tmp` for one program alone.

#![cfg(target_os = "linux")]

#[path = "deadlines/engine.rs"]
#[expect(dead_code, reason = "the deadlines need the rest of it")]
mod engine;

use std::{
    path::Path,
    process::{Command, Output},
};

use scenarios::left_out;

use self::engine::{LISTENER, is_root, program};

/// `$1` is the program, `$2` a folder of ours. `policy TEXT` is the system's policy from then on, of root's and mode 644, or
/// of the user whom a second word names: it is all that before anybody can read it. `runs` starts the program as `$engine`, which
/// ends with the script.
const WITHIN: &str = r#"
set -eu
program=$1 folder=$2
mkdir "$folder/etc"
mount -t tmpfs -o mode=0755 tmpfs "$folder/etc"
cp -a /etc/. "$folder/etc"
mount --bind "$folder/etc" /etc
rm -rf /etc/patchcord
mkdir -m 755 /etc/patchcord
policy() {
    printf '%s\n' "$1" > /etc/patchcord/new; chmod 644 /etc/patchcord/new; chown "${2:-0}" /etc/patchcord/new
    mv /etc/patchcord/new /etc/patchcord/policy.toml
}
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
exports() { "$program" --home "$folder/home" policy export; }
runs() {
    chmod 755 "$folder"
    "$program" --home "$folder/home" run --headless 2> "$folder/said" &
    engine=$!
    trap 'kill $engine' EXIT
    for try in $(seq 200); do grep -q 'is running' "$folder/said" && break; sleep 0.1; done
}
"#;

/// Runs a script where `/etc` and `/tmp` are its own. `None`: this computer does not let us.
fn apart(script: &str) -> Option<Output> {
    if !is_root() {
        left_out("only root can be several users");
        return None;
    }
    let may = Command::new("unshare").args(["-m", "true"]).status();
    if !may.is_ok_and(|status| status.success()) {
        left_out("this computer lets nobody have a mount namespace");
        return None;
    }
    let folder = tempfile::tempdir_in("/var/tmp").expect("a folder");
    let mut command = Command::new("unshare");
    command
        .args(["-m", "sh", "-c", &format!("{WITHIN}\n{script}"), "sh"])
        .arg(program())
        .arg(folder.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.path())
        .env("LISTENER", LISTENER);
    Some(command.output().expect("unshare is there"))
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_systems_policy_lies_over_a_named_one() {
    let Some(output) = apart(
        r#"
policy '[pop]
when = "never"'
printf '[pop]\nwhen = "answer"\n[numbers]\ncountry = "FR"\n' > "$folder/empty.toml"
PATCHCORD_POLICY="$folder/empty.toml" exports
"#,
    ) else {
        return;
    };
    let (code, out, error) = said(&output);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert!(out.contains("when = \"never\"") && out.contains("country = \"FR\""), "{out}");
}

#[test]
fn a_policy_that_others_can_write_stops_the_start_whatever_is_in_it() {
    for (spoilt, says) in [
        ("chmod 666 /etc/patchcord/policy.toml", "can be changed by other users"),
        ("chmod 664 /etc/patchcord/policy.toml", "can be changed by other users"),
        ("chown 65534 /etc/patchcord/policy.toml", "belongs to user 65534"),
        ("chmod 777 /etc/patchcord", "/etc/patchcord can be changed by other users"),
        ("chmod 1777 /etc/patchcord", "/etc/patchcord can be changed by other users"),
        ("chown 65534 /etc/patchcord", "/etc/patchcord belongs to user 65534"),
        (
            "mkdir -m 755 /etc/patchcord/theirs; mv /etc/patchcord/policy.toml /etc/patchcord/theirs/p
             chown 65534 /etc/patchcord/theirs; ln -s theirs/p /etc/patchcord/policy.toml",
            "/etc/patchcord/theirs belongs to user 65534",
        ),
        (
            "mv /etc/patchcord/policy.toml $folder/p; ln -s $folder/p /etc/patchcord/policy.toml",
            "/var/tmp can be changed by other users",
        ),
    ] {
        let script = format!(
            r#"
policy '[pop]
when = "never"'
{spoilt}
for command in 'policy export' 'status' 'run --headless' 'policy check /etc/patchcord/policy.toml'; do
    code=0
    timeout 60 "$program" --home "$folder/home" $command || code=$?
    test $code = 1 || exit 9
done
"#
        );
        let Some(output) = apart(&script) else { return };
        let (code, out, error) = said(&output);
        assert_eq!((code, out.as_str()), (Some(0), ""), "{spoilt}: {error}");
        let lines: Vec<&str> = error.lines().collect();
        assert_eq!(lines.len(), 4, "{spoilt}: {error}");
        for line in lines {
            assert!(line.contains("/etc/patchcord/policy.toml: it does not count"), "{spoilt}: {line}");
            assert!(line.contains(says), "{spoilt}: {line}");
        }
    }
}

#[test]
fn a_named_policy_is_the_users_own_or_roots() {
    for (made, code, says) in [
        ("chown 65534 $p", 1, "belongs to user 65534"),
        ("chmod 666 $p", 1, "can be changed by other users"),
        ("chmod 640 $p", 0, ""),
        ("chmod 777 $folder", 1, "can be changed by other users"),
        ("chmod 1777 $folder", 0, ""),
        ("chown 65534 $folder", 1, "belongs to user 65534"),
    ] {
        let script = format!(
            r#"
p="$folder/p.toml"
printf '[pop]\nwhen = "never"\n' > $p; chmod 644 $p
{made}
PATCHCORD_POLICY=$p exports
"#
        );
        let Some(output) = apart(&script) else { return };
        let (ended, out, error) = said(&output);
        assert_eq!(ended, Some(code), "{made}: {error}");
        assert!(error.contains(says), "{made}: {error}");
        assert_eq!(out.contains("when = \"never\""), code == 0, "{made}: {out}");
    }
}

#[test]
fn a_policy_that_loses_its_owner_leaves_the_last_one_in_force_and_is_said() {
    let Some(output) = apart(
        r#"
policy '[pop]
when = "never"'
runs
policy '[pop]
when = "ring"' 65534
for try in $(seq 100); do
    "$program" --home "$folder/home" status --json > "$folder/status"
    grep -q 'policy.invalid' "$folder/status" && break
    sleep 0.2
done
cat "$folder/status"
exports
chown 0 /etc/patchcord/policy.toml
for try in $(seq 100); do
    exports > "$folder/policy"; grep -q 'when = "ring"' "$folder/policy" && break
    sleep 0.2
done
echo THEN
cat "$folder/policy"
"#,
    ) else {
        return;
    };
    let (code, out, error) = said(&output);
    assert_eq!(code, Some(0), "{error}");
    let (before, after) = out.split_once("THEN").expect(&out);
    assert!(
        before.contains("policy.invalid") && before.contains("belongs to user 65534"),
        "{before}"
    );
    assert!(before.contains("when = \"never\""), "{before}");
    assert!(after.contains("when = \"ring\""), "{after}");
}

/// As it was seen: no runtime folder, a home whose socket does not fit, and a stranger who was first in `/tmp`.
#[test]
fn nobody_elses_listener_in_the_shared_folder_is_told_the_secret() {
    for (theirs, says) in [
        ("as_nobody mkdir -m 755 /tmp/patchcord-0", "/tmp/patchcord-0 belongs to another user"),
        // Made by us and left open: theirs is the socket alone.
        ("mkdir -m 777 /tmp/patchcord-0", "belongs to user 65534"),
        ("as_nobody mkdir -m 755 /tmp/t; as_nobody ln -s /tmp/t /tmp/patchcord-0", "or is a link"),
    ] {
        let script = format!(
            r#"
cp "$program" "$folder/patchcord"; program="$folder/patchcord"
mount -t tmpfs -o mode=1777 tmpfs /tmp
long="$folder/$(printf 'a%.0s' $(seq 70))"
{theirs}
# The name that the program gives its socket where the home's own path is too long for one.
id=$(printf %s "$long" | sha256sum | cut -c 1-12)
socket=/tmp/patchcord-0/patchcord-$id.sock
: > "$folder/heard"; chmod 666 "$folder/heard"; chmod 755 "$folder"
setpriv --reuid=65534 --regid=65534 --clear-groups perl -e "$LISTENER" "$socket" "$folder/heard" &
listener=$!
trap 'kill $listener' EXIT
for try in $(seq 100); do as_nobody test -S "$socket" && break; sleep 0.1; done
as_nobody test -S "$socket"
code=0
printf S3CRETOFTHEPBX | "$program" --home "$long" connect pbx --address https://pbx.example.com --client-id id1 --secret-stdin || code=$?
echo "$code"
code=0
timeout 60 "$program" --home "$long" run --headless || code=$?
echo "$code"
cat "$folder/heard"
"#
        );
        let Some(output) = apart(&script) else { return };
        let (code, out, error) = said(&output);
        assert_eq!(code, Some(0), "{theirs}: {error}");
        assert_eq!(out, "1\n1\n", "{theirs}: {error}");
        assert!(error.contains(says), "{theirs}: {error}");
    }
}

/// The folder stood open once: what a stranger has laid into it then is neither followed nor obeyed, and closed for nobody.
#[test]
fn what_others_have_laid_into_an_open_home_stops_the_start_and_is_named() {
    for laid in [
        "ln -s $folder/precious engine.lock",
        "ln -s $folder/precious journal.db",
        "ln -s $folder/precious settings.toml",
        "ln -s $folder/theirs logs",
        "ln -s $folder/theirs webview",
        "ln -s $folder/theirs cache/webview/storage",
        "touch settings.toml",
        "touch cache.db-wal",
    ] {
        // What lies in a folder of ours that stood open as well.
        let (ours, laid) = match laid.strip_prefix("ln -s $folder/theirs cache/") {
            Some(_) => {
                ("mkdir -m 777 $folder/home/webview", "ln -s $folder/theirs webview/storage")
            }
            None => ("true", laid),
        };
        let script = format!(
            r#"
chmod 755 "$folder"; mkdir -m 777 "$folder/home"; mkdir -m 755 "$folder/theirs"
echo worth > "$folder/precious"; chmod 644 "$folder/precious"
{ours}
export folder
as_nobody sh -c 'cd "$folder/home"; umask 0; {laid}'
for command in 'run --headless' 'connect pbx --address https://pbx.example.com --client-id id1 --secret-stdin'; do
    code=0
    printf S3CRET | timeout 60 "$program" --home "$folder/home" $command || code=$?
    test $code = 1 || exit 9
done
cat "$folder/precious"; stat -c %a "$folder/precious" "$folder/theirs"; ls "$folder/theirs"
"#
        );
        let Some(output) = apart(&script) else { return };
        let (code, out, error) = said(&output);
        assert_eq!((code, out.as_str()), (Some(0), "worth\n644\n755\n"), "{laid}: {error}");
        let lines: Vec<&str> = error.lines().collect();
        assert_eq!(lines.len(), 2, "{laid}: {error}");
        for line in lines {
            assert!(
                line.contains("belongs to user 65534") && line.contains("delete it"),
                "{laid}: {line}"
            );
        }
    }
}

/// The folder is opened while the program runs, and another user puts settings of theirs in the place of ours.
#[test]
fn settings_that_others_have_laid_are_not_obeyed_while_it_runs_either() {
    let Some(output) = apart(
        r#"
runs
"$program" --home "$folder/home" disable > /dev/null
chmod 777 "$folder/home"
as_nobody sh -c 'cd "$1"; mv settings.toml away; printf "[dial]
confirm_links = false
" > settings.toml' sh "$folder/home"
code=0
"$program" --home "$folder/home" enable || code=$?
echo "$code"
# Without the program, which knows the settings from before, the file is what counts.
kill $engine; wait $engine || true
trap - EXIT
code=0
"$program" --home "$folder/home" policy export || code=$?
echo "$code"
stat -c %u "$folder/home/settings.toml"; cat "$folder/home/settings.toml"
"#,
    ) else {
        return;
    };
    let (code, out, error) = said(&output);
    let untouched = "65534\n[dial]\nconfirm_links = false\n";
    assert_eq!((code, out), (Some(0), format!("1\n1\n{untouched}")), "{error}");
    assert_eq!(error.matches("it belongs to user 65534").count(), 2, "{error}");
}

#[test]
fn a_client_of_another_user_is_not_served() {
    let Some(output) = apart(
        r#"
runs
# As if somebody had opened it by hand.
chmod 755 "$folder/home"; chmod 777 "$folder/home/control.sock"
as_nobody perl -MIO::Socket::UNIX -e '
    $SIG{PIPE} = "IGNORE";
    my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$!";
    syswrite($s, qq({"id":1,"command":"status"}\n)); my $n = sysread($s, my $b, 100); print "heard ", ($n || 0), "\n";
' "$folder/home/control.sock"
"#,
    ) else {
        return;
    };
    let (code, out, error) = said(&output);
    assert_eq!((code, out.as_str()), (Some(0), "heard 0\n"), "{error}");
}

#[test]
fn the_program_that_is_tested_is_there() {
    assert!(Path::new(&program()).exists());
}
