//! Commands that open a page: how they are written down, and how they are started.

use std::{io, process::Stdio, time::Duration};

use tokio::process::{Child, Command};

/// Reads the variable `BROWSER`: commands with `:` between them, the first that starts is taken. `%s` stands for the
/// page, `%c` for a colon, `%%` for a percent sign; without `%s` the page comes last.
///
/// The same reading as the `webbrowser` crate's. Source: webbrowser 1.2, `unix.rs`; Eric S. Raymond, "The BROWSER
/// project".
pub(super) fn of_variable(value: &str, page: &str) -> Vec<Vec<String>> {
    value
        .split(':')
        .filter_map(|command| of_words(command.split_ascii_whitespace(), page))
        .collect()
}

fn of_words<'a>(words: impl Iterator<Item = &'a str>, page: &str) -> Option<Vec<String>> {
    let mut named = false;
    let mut arguments: Vec<String> = Vec::new();
    for word in words {
        let mut argument = String::new();
        let mut letters = word.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '%' => match letters.next() {
                    Some('s') => {
                        named = true;
                        argument.push_str(page);
                    }
                    Some('c') => argument.push(':'),
                    Some('%') | None => argument.push('%'),
                    Some(other) => argument.extend(['%', other]),
                },
                letter => argument.push(letter),
            }
        }
        arguments.push(argument);
    }
    if arguments.is_empty() {
        return None;
    }
    if !named {
        arguments.push(page.to_owned());
    }
    Some(arguments)
}

/// Reads the `Exec` line of a desktop entry and puts the page in. `None`: the line breaks the rules, or has no
/// place for a page.
///
/// Source: Desktop Entry Specification 1.5, "The Exec key".
pub(super) fn of_exec(exec: &str, page: &str) -> Option<Vec<String>> {
    let mut arguments = Vec::new();
    let mut placed = false;
    for word in words(exec)? {
        let mut argument = String::new();
        let mut letters = word.text.chars();
        // A lone code for what we do not have leaves no empty argument behind.
        let mut vanishes = !word.quoted;
        while let Some(letter) = letters.next() {
            if letter != '%' {
                argument.push(letter);
                vanishes = false;
                continue;
            }
            match letters.next()? {
                '%' => {
                    argument.push('%');
                    vanishes = false;
                }
                'u' | 'U' | 'f' | 'F' if !placed => {
                    argument.push_str(page);
                    placed = true;
                    vanishes = false;
                }
                // Icon, name, place of the entry, and the deprecated ones.
                'u' | 'U' | 'f' | 'F' | 'i' | 'c' | 'k' | 'd' | 'D' | 'n' | 'N' | 'v' | 'm' => {}
                _ => return None,
            }
        }
        if !vanishes {
            arguments.push(argument);
        }
    }
    (placed && arguments.len() > 1).then_some(arguments)
}

struct Word {
    text: String,
    quoted: bool,
}

fn words(exec: &str) -> Option<Vec<Word>> {
    let mut found = Vec::new();
    let mut letters = exec.chars().peekable();
    loop {
        while letters.next_if(char::is_ascii_whitespace).is_some() {}
        let Some(first) = letters.peek() else { return Some(found) };
        let quoted = *first == '"';
        let mut text = String::new();
        if quoted {
            letters.next();
            loop {
                match letters.next()? {
                    '"' => break,
                    '\\' => text.push(letters.next()?),
                    letter => text.push(letter),
                }
            }
            if letters.peek().is_some_and(|letter| !letter.is_ascii_whitespace()) {
                return None;
            }
        } else {
            while let Some(letter) = letters.next_if(|letter| !letter.is_ascii_whitespace()) {
                // Some browsers' entries quote inside an argument, which the rules do not allow; leave them to others.
                if matches!(letter, '"' | '\'' | '`' | '$' | '\\') {
                    return None;
                }
                text.push(letter);
            }
        }
        found.push(Word { text, quoted });
    }
}

/// Starts a command with nothing to read and nowhere to write, in no shell.
pub(super) fn start(arguments: &[String]) -> io::Result<Child> {
    let [program, rest @ ..] = arguments else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "an empty command"));
    };
    Command::new(program)
        .args(rest)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A signal to our group (Ctrl+C in a terminal) is not for the browser.
        .process_group(0)
        .spawn()
}

/// Waits for a started command, so that the system forgets it; says when it fails soon.
pub(super) async fn reap(mut child: Child, soon: Duration, failed: impl FnOnce()) {
    if let Ok(Ok(status)) = tokio::time::timeout(soon, child.wait()).await {
        if !status.success() {
            tracing::warn!(%status, "the browser's command has failed");
            failed();
        }
        return;
    }
    // It is the browser itself, and runs as long as it likes.
    let _ = child.wait().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        "https://acme.my.salesforce.com/lightning/r/Contact/003000000000001AAA/view?a=%20b";

    #[test]
    fn the_variable_is_read_as_the_library_reads_it() {
        assert_eq!(of_variable("/tmp/record", PAGE), [["/tmp/record", PAGE]]);
        assert_eq!(
            of_variable("one --new %s:two%cx %%", PAGE),
            [vec!["one", "--new", PAGE], vec!["two:x", "%", PAGE]]
        );
        assert!(of_variable(" : ", PAGE).is_empty());
    }

    #[test]
    fn an_exec_line_gets_the_page_as_one_argument() {
        assert_eq!(of_exec("/usr/bin/chromium %U", PAGE).unwrap(), ["/usr/bin/chromium", PAGE]);
        assert_eq!(
            of_exec("env A=1 \"/opt/my browser/run\" --name=%c %i -- %u", PAGE).unwrap(),
            ["env", "A=1", "/opt/my browser/run", "--name=", "--", PAGE]
        );
        assert_eq!(of_exec("firefox \"a\\\"b\" %u", PAGE).unwrap(), ["firefox", "a\"b", PAGE]);
        assert_eq!(of_exec("firefox --rate=5%% %u", PAGE).unwrap(), ["firefox", "--rate=5%", PAGE]);
    }

    #[test]
    fn a_line_that_breaks_the_rules_or_takes_no_page_is_left_alone() {
        for exec in ["", "firefox", "firefox \"%u", "firefox %x", "sh -c 'x %u'", "%u", "\"a\"b %u"]
        {
            assert_eq!(of_exec(exec, PAGE), None, "{exec}");
        }
    }

    #[tokio::test]
    async fn a_command_that_fails_soon_is_noticed_and_none_stays_behind() {
        let failed = std::sync::atomic::AtomicBool::new(false);
        let child = start(&["false".to_owned()]).unwrap();
        reap(child, Duration::from_secs(5), || {
            failed.store(true, std::sync::atomic::Ordering::Release);
        })
        .await;
        assert!(failed.into_inner());
        let child = start(&["true".to_owned()]).unwrap();
        reap(child, Duration::from_secs(5), || panic!("it did not fail")).await;
        assert!(start(&["/no/such/browser".to_owned()]).is_err());
    }
}
