//! An office with a root certificate of its own: installed on the computer it vouches, not installed it does not, for
//! the PBX as for whoever looks into the traffic to Salesforce.
//!
//! What is installed is a file of this test, in the place of the system's own, for the program alone: `SSL_CERT_FILE`.

use std::{fs, sync::Arc};

use engine::view::LinkState;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use scenarios::{Stranger, eventually};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;

use crate::{
    desk::{Desk, Office},
    proxies::{Manner, proxy, signs_in},
};

/// The office's root.
pub(crate) struct Root(CertifiedIssuer<'static, KeyPair>);

impl Root {
    pub(crate) fn made() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a root"))
    }

    fn vouches_for(&self, names: &[&str]) -> (rcgen::Certificate, KeyPair) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let params = CertificateParams::new(names).expect("names");
        let key = KeyPair::generate().expect("a key");
        (params.signed_by(&key, &self.0).expect("a certificate"), key)
    }

    pub(crate) fn is_installed_on(&self, desk: Desk) -> Desk {
        let file = desk.folder.join("roots.pem");
        fs::write(&file, self.0.pem()).expect("a file");
        desk.knows("SSL_CERT_FILE", &file.display().to_string())
    }
}

/// Encrypts what goes to a port of this computer, under a certificate of this root for these names. Returns its own
/// port.
pub(crate) async fn encrypts(root: &Root, names: &[&str], port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let own = listener.local_addr().expect("an address").port();
    // For as long as the test runs.
    drop(encrypts_at(listener, root.vouches_for(names), port));
    own
}

/// Encrypts under this certificate what a listener hears, and hands it on to a port of this computer. Ends with the task.
fn encrypts_at(
    listener: TcpListener,
    (certificate, key): (rcgen::Certificate, KeyPair),
    port: u16,
) -> JoinHandle<()> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("they belong together");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        // Whoever was connected is cut off with it.
        let mut lines = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            lines.spawn(async move {
                // Who does not trust it hangs up.
                let Ok(mut here) = acceptor.accept(stream).await else { return };
                let Ok(mut there) = TcpStream::connect(("127.0.0.1", port)).await else { return };
                let _ = copy_bidirectional(&mut here, &mut there).await;
            });
        }
    })
}

async fn connects_to(office: &Office, desk: &Desk, address: &str) -> (bool, String) {
    let id = office.pbx.client_id();
    let words = ["connect", "pbx", "--address", address, "--client-id", &id, "--secret-stdin"];
    let (code, said) = desk.runs(&words, &office.pbx.client_secret());
    (code.success(), said)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_pbx_that_the_offices_root_vouches_for_needs_no_pin_where_the_root_is_installed() {
    let office = Office::open().await;
    let root = Root::made();
    let plain = url::Url::parse(&office.pbx.address()).expect("an address");
    let port = encrypts(&root, &["127.0.0.1"], plain.port().expect("a port")).await;
    let address = format!("https://127.0.0.1:{port}");

    let bare = office.desk("leo");
    let engine = bare.starts().await;
    let (connected, said) = connects_to(&office, &bare, &address).await;
    assert!(!connected, "{said}");
    assert!(said.contains("not publicly trusted"), "{said}");
    assert!(office.pbx.ledger().is_empty(), "the secret was not sent");
    engine.quits().await;

    let desk = root.is_installed_on(office.desk("mara"));
    let engine = desk.starts().await;
    let (connected, said) = connects_to(&office, &desk, &address).await;
    assert!(connected, "{said}");
    eventually("it is connected", || async { desk.status().pbx.state == LinkState::Connected })
        .await;
    let settings = fs::read_to_string(desk.home().join("settings.toml")).expect("settings");
    let pins = |line: &str| line.starts_with("certificate_sha256") && !line.ends_with("\"\"");
    assert!(!settings.lines().any(pins), "{settings}");
    engine.quits().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_self_signed_certificate_after_a_trusted_one_is_another_one_and_warned_of() {
    let office = Office::open().await;
    let root = Root::made();
    let plain = url::Url::parse(&office.pbx.address()).expect("an address").port().expect("a port");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let address = format!("https://127.0.0.1:{port}");
    let genuine = encrypts_at(listener, root.vouches_for(&["127.0.0.1"]), plain);
    let desk = root.is_installed_on(office.desk("mara"));
    let engine = desk.starts().await;
    let (connected, said) = connects_to(&office, &desk, &address).await;
    assert!(connected, "{said}");
    office.signs_in(&desk).await;
    eventually("it is connected", || async { desk.status().pbx.state == LinkState::Connected })
        .await;

    // Somebody in the middle, with a certificate of their own.
    genuine.abort();
    let mut free = TcpListener::bind(("127.0.0.1", port)).await;
    while free.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        free = TcpListener::bind(("127.0.0.1", port)).await;
    }
    let other = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).expect("one");
    office.pbx.forget_ledger();
    let middle = encrypts_at(free.expect("it is free"), (other.cert, other.signing_key), plain);
    let is_the_warning = |message: &str| {
        assert!(
            message.contains("publicly trusted certificate when it was connected"),
            "{message}"
        );
        assert!(message.contains("Nothing was sent"), "{message}");
    };
    eventually("the running program says so", || async {
        desk.status().pbx.problem.is_some_and(|problem| problem.code == "pbx.tls_changed")
    })
    .await;
    let problem = desk.status().pbx.problem.expect("it was there");
    is_the_warning(&problem.message);
    // The command line says the sentence alone.
    let (connected, said) = connects_to(&office, &desk, &address).await;
    assert!(!connected);
    is_the_warning(&said);
    let (_, said) = desk.runs(&["doctor", "--json"], "");
    let report: serde_json::Value = serde_json::from_str(&said).expect("a report");
    let rows = report["checks"].as_array().expect("checks");
    let tls = rows.iter().find(|row| row["id"] == "pbx.tls").expect("a row");
    assert_eq!(tls["state"], "fail", "{tls}");
    is_the_warning(tls["found"].as_str().expect("a sentence"));
    assert!(office.pbx.ledger().is_empty(), "the secret was not sent");
    engine.quits().await;
    middle.abort();
}

#[tokio::test]
async fn who_looks_into_the_traffic_is_let_in_by_an_installed_root_and_by_nothing_else() {
    let root = Root::made();
    let (certificate, key) = root.vouches_for(&["login.salesforce.com"]);
    let inspector = Stranger::showing(certificate.der().clone(), &key).await;
    let (address, _) = proxy(Manner::LeadsTo(inspector.port())).await;
    let through = |desk: Desk| {
        desk.knows("HTTPS_PROXY", &format!("http://{address}")).knows("NO_PROXY", "localhost")
    };

    let told = signs_in(through).await;
    assert!(told.contains("may inspect encrypted traffic"), "{told}");
    assert!(told.contains("root certificate"), "{told}");
    assert_eq!(inspector.heard(), Vec::<String>::new(), "it has read nothing");

    let told = signs_in(|desk| root.is_installed_on(through(desk))).await;
    assert!(!told.contains("not trusted"), "{told}");
    let heard = inspector.heard();
    assert!(heard.iter().any(|said| said.starts_with("POST /services/oauth2/token")), "{heard:?}");
}
