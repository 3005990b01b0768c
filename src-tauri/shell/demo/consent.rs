//! Signs in to the simulated org as a browser would, without one.

use std::time::Duration;

use engine::{
    Handle,
    command::{Command, Event},
    view::SignInView,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

use crate::app::sentence;

/// How many pages lead from the login to this program.
const REDIRECTS: usize = 5;

/// Signs in.
///
/// # Errors
///
/// Says what went wrong.
pub(super) async fn sign_in(
    engine: &Handle,
    login: String,
    consumer_key: String,
) -> Result<(), String> {
    let mut events = engine.events();
    let asked = engine.clone();
    let mut signed_in = tokio::spawn(async move {
        asked.ask(Command::ConnectSalesforce { login, consumer_key, open_browser: false }).await
    });
    let page = loop {
        tokio::select! {
            event = events.recv() => match event {
                Ok(Event::SignIn(SignInView::Waiting { url, .. })) => break url,
                Ok(_) => {}
                Err(error) => return Err(error.to_string()),
            },
            ended = &mut signed_in => return finished(ended),
        }
    };
    follow(&page)
        .await
        .map_err(|error| format!("the simulated login page cannot be read: {error}"))?;
    finished(signed_in.await)
}

fn finished<T>(
    ended: Result<Result<T, engine::view::Problem>, tokio::task::JoinError>,
) -> Result<(), String> {
    match ended {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(problem)) => Err(sentence(&problem)),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads pages on loopback until one does not lead on.
async fn follow(page: &str) -> std::io::Result<()> {
    let invalid = |text: String| std::io::Error::new(std::io::ErrorKind::InvalidData, text);
    let mut page = Url::parse(page).map_err(|error| invalid(error.to_string()))?;
    for _ in 0..REDIRECTS {
        let answer = tokio::time::timeout(Duration::from_secs(10), get(&page)).await??;
        match location(&answer) {
            Some(next) => page = page.join(&next).map_err(|error| invalid(error.to_string()))?,
            None => return Ok(()),
        }
    }
    Err(invalid("it leads in a circle".to_owned()))
}

/// Asks a server on loopback for a page. Our own servers are the only ones that this is meant for.
async fn get(page: &Url) -> std::io::Result<String> {
    let host = page.host_str().unwrap_or_default();
    if page.scheme() != "http" || !matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
        return Err(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "it is not on this computer",
        ));
    }
    let port = page.port_or_known_default().unwrap_or(80);
    let mut server = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    let target = page
        .query()
        .map_or_else(|| page.path().to_owned(), |query| format!("{}?{query}", page.path()));
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
    );
    server.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    server.take(256 * 1024).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Returns where an answer leads on to.
fn location(answer: &str) -> Option<String> {
    let mut lines = answer.split("\r\n").take_while(|line| !line.is_empty());
    let status = lines.next()?.split(' ').nth(1)?;
    if !status.starts_with('3') {
        return None;
    }
    lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("location").then(|| value.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_followed_and_a_page_is_not() {
        assert_eq!(
            location("HTTP/1.1 302 Found\r\nlocation: /next?a=1\r\n\r\n").as_deref(),
            Some("/next?a=1")
        );
        assert_eq!(location("HTTP/1.1 200 OK\r\nlocation: /next\r\n\r\n"), None);
        assert_eq!(location("HTTP/1.1 302 Found\r\n\r\nlocation: /body"), None);
    }

    #[tokio::test]
    async fn only_this_computer_is_asked() {
        assert!(get(&Url::parse("http://example.com/").unwrap()).await.is_err());
    }
}
