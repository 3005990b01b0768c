//! Answers that have no end, are packed to burst, come drop by drop or point elsewhere: each has a bound.

use std::{
    future::Future,
    io::Write as _,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use engine::{
    command::{Command, Event, Reply},
    view::{EventsState, Problem, SignInView},
};
use scenarios::{Line, Manner, Office, Options, Stranger, browser};
use simulator::pbx::Subscribing;
use tokio::{io::AsyncWriteExt as _, time::Instant};
use url::Url;

type Answering = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The request itself has an end after fifteen or twenty seconds; a busy machine gets some more.
const BOUND: Duration = Duration::from_secs(30);
/// Far above what a desk needs, far below what any of these would take.
const MEMORY_KB: u64 = 150 * 1024;

fn redirects(mut line: Box<dyn Line>) -> Answering {
    Box::pin(async move {
        let answer =
            "HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\n\r\n";
        let _ = line.write_all(answer.as_bytes()).await;
    })
}

/// Zeros without end, a megabyte in a kilobyte.
fn bursts(mut line: Box<dyn Line>) -> Answering {
    Box::pin(async move {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let zeros = vec![0; 1 << 20];
        let mut ends = Vec::new();
        for _ in 0..3 {
            packed.write_all(&zeros).expect("memory");
            packed.flush().expect("memory");
            ends.push(packed.get_ref().len());
        }
        let packed = packed.get_ref();
        let again = &packed[ends[0]..ends[1]];
        assert_eq!(again, &packed[ends[1]..ends[2]], "each megabyte is packed alike");
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n";
        let _ = line.write_all(head.as_bytes()).await;
        let _ = line.write_all(&packed[..ends[0]]).await;
        while line.write_all(again).await.is_ok() {}
    })
}

fn heads_without_end(mut line: Box<dyn Line>) -> Answering {
    Box::pin(async move {
        let _ = line.write_all(b"HTTP/1.1 200 OK\r\n").await;
        let mut number = 0_u64;
        while line
            .write_all(format!("X-Header-{number}: {}\r\n", "x".repeat(100)).as_bytes())
            .await
            .is_ok()
        {
            number += 1;
        }
    })
}

fn body_without_end(mut line: Box<dyn Line>) -> Answering {
    Box::pin(async move {
        let _ = line.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[").await;
        while line.write_all(&[b' '; 16 * 1024]).await.is_ok() {}
    })
}

fn drop_by_drop(mut line: Box<dyn Line>) -> Answering {
    Box::pin(async move {
        let _ = line.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n").await;
        while line.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
}

fn all() -> [(&'static str, Manner); 5] {
    [
        ("redirects", redirects),
        ("bursts", bursts),
        ("heads without end", heads_without_end),
        ("a body without end", body_without_end),
        ("drop by drop", drop_by_drop),
    ]
}

/// Watches how much memory this process has.
struct Scales {
    most_kb: Arc<AtomicU64>,
    at_first_kb: u64,
    over: Arc<AtomicBool>,
}

impl Scales {
    fn new() -> Self {
        let at_first_kb = memory_kb();
        let most_kb = Arc::new(AtomicU64::new(at_first_kb));
        let over = Arc::new(AtomicBool::new(false));
        let (most, end) = (most_kb.clone(), over.clone());
        std::thread::spawn(move || {
            while !end.load(Ordering::Relaxed) {
                most.fetch_max(memory_kb(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        Self { most_kb, at_first_kb, over }
    }

    /// How much more it was at the most.
    fn growth_kb(&self) -> u64 {
        self.most_kb.load(Ordering::Relaxed).saturating_sub(self.at_first_kb)
    }
}

impl Drop for Scales {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

fn memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or_default()
}

#[tokio::test]
async fn a_pbx_that_answers_without_end_is_given_up_in_time_and_memory() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    for (what, manner) in all() {
        let stranger = Stranger::plain(manner).await;
        let (scales, began) = (Scales::new(), Instant::now());
        let command = Command::ConnectPbx {
            address: format!("http://{}", stranger.host()),
            client_id: office.pbx.client_id(),
            secret: office.pbx.client_secret(),
            pin: None,
            country: None,
        };
        let problem = office.asks(command).await.expect_err("this is no PBX");
        assert!(began.elapsed() < BOUND, "{what}: {:?}", began.elapsed());
        assert!(scales.growth_kb() < MEMORY_KB, "{what}: {} kB more", scales.growth_kb());
        assert!(
            ["pbx.unexpected_answer", "pbx.unreachable"].contains(&problem.code.as_str()),
            "{what}: {}",
            problem.code
        );
        assert_eq!(stranger.heard().len(), 1, "{what}: asked once");
    }
    office.connects().await;
}

/// Comes back from the browser to a sign-in at this address.
async fn signs_in_at(office: &Office, login: String) -> Result<Reply, Problem> {
    let mut events = office.events();
    let answer = tokio::spawn(office.asking(Command::ConnectSalesforce {
        login,
        consumer_key: office.salesforce.consumer_key(),
        open_browser: false,
    }));
    let page = loop {
        if let Ok(Event::SignIn(SignInView::Waiting { url, .. })) = events.recv().await {
            break Url::parse(&url).expect("an address");
        }
    };
    let state = page.query_pairs().find(|(key, _)| key == "state").expect("a state").1.into_owned();
    let back = format!("http://localhost:{}/oauth/callback", office.callbacks[0]);
    let mut back = Url::parse(&back).expect("an address");
    back.query_pairs_mut().append_pair("code", "aPrx").append_pair("state", &state);
    browser().get(back).send().await.expect("the browser comes back");
    answer.await.expect("no panic")
}

#[tokio::test]
async fn a_sign_in_address_that_answers_without_end_is_given_up_in_time_and_memory() {
    let office = Office::with(Options { connected: false, ..Options::default() }).await;
    for (what, manner) in all() {
        let stranger = Stranger::plain(manner).await;
        let (scales, began) = (Scales::new(), Instant::now());
        let answer = signs_in_at(&office, format!("http://{}", stranger.host())).await;
        let problem = answer.expect_err("this is not Salesforce");
        assert!(began.elapsed() < BOUND, "{what}: {:?}", began.elapsed());
        assert!(scales.growth_kb() < MEMORY_KB, "{what}: {} kB more", scales.growth_kb());
        assert!(
            ["salesforce.unexpected_answer", "salesforce.unreachable"]
                .contains(&problem.code.as_str()),
            "{what}: {}",
            problem.code
        );
        assert_eq!(stranger.heard().len(), 1, "{what}: asked once");
    }
    office.connects().await;
}

#[tokio::test]
async fn an_upgrade_that_is_answered_by_somebody_else_is_not_followed_with_the_token() {
    let elsewhere = Stranger::plain(|line| Box::pin(scenarios::hangs_up(line))).await;
    let portal = "<html>Please sign in to the guest network</html>".to_owned();
    for answer in [
        Subscribing::Redirect(format!("http://{}/openapi/v1.0/subscribe", elsewhere.host())),
        Subscribing::Redirect(format!("ws://{}/openapi/v1.0/subscribe", elsewhere.host())),
        Subscribing::Http(200, portal.clone()),
        Subscribing::Http(403, portal),
    ] {
        let office = Office::open().await;
        office.pbx.set(|pbx| pbx.subscribing = answer.clone());
        office.pbx.cut_sockets(scenarios::Cut::Reset);
        let status = office.status_until("it is said", |status| status.pbx.problem.is_some()).await;
        assert_eq!(status.pbx.events, EventsState::Down, "{answer:?}");
        let told = office
            .status_until("it is told what is wrong", |status| {
                status.pbx.problem.as_ref().is_some_and(|problem| problem.code == "pbx.events_down")
            })
            .await;
        let problem = told.pbx.problem.expect("it was there");
        assert!(problem.action.contains("WebSockets"), "{}", problem.action);
        assert!(office.pbx_asked("refresh_token") <= 2, "{answer:?}: no token for every try");
        office.pbx.set(|pbx| pbx.subscribing = Subscribing::Works);
        office.is_live().await;
    }
    assert_eq!(elsewhere.heard(), Vec::<String>::new(), "the token went nowhere else");
}
