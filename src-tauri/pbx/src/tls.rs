//! Whom we believe to be the PBX.
//!
//! A certificate that the operating system trusts needs no pin (those are renewed often). Any other is shown to a
//! person once and then pinned: from then on exactly that leaf is accepted, whatever its name, issuer and dates, and
//! only with a handshake signed by its key. Source: yeastar-open-api.md §1.4.

use std::{error::Error as StdError, fmt, io, str::FromStr, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use rustls_platform_verifier::Verifier;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::Url;

use crate::{address::Address, client::Timeouts, error::Error, route::Route};

/// The SHA-256 of a DER-encoded leaf certificate.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

/// A text is not the SHA-256 of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a certificate's SHA-256 is 64 hexadecimal digits")]
pub struct FingerprintError;

impl Fingerprint {
    /// Computes the fingerprint of a DER-encoded certificate.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// Reads 64 hexadecimal digits; colons, blanks between them, and case do not matter.
    pub fn parse(text: &str) -> Result<Self, FingerprintError> {
        let mut bytes = [0_u8; 32];
        let mut nibbles = text
            .chars()
            .filter(|c| *c != ':' && !c.is_whitespace())
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
        for byte in &mut bytes {
            let high = nibbles.next().flatten().ok_or(FingerprintError)?;
            let low = nibbles.next().flatten().ok_or(FingerprintError)?;
            *byte = high << 4 | low;
        }
        if nibbles.next().is_some() { Err(FingerprintError) } else { Ok(Self(bytes)) }
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        Self::parse(text)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A certificate that a host shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented {
    /// Which it is.
    pub sha256: Fingerprint,
    /// The operating system vouches for it and this host: no pin is needed.
    pub trusted: bool,
}

/// Returns the certificate that the host shows, for a person to compare. Sends no request. `proxy`: see
/// [`Options`](crate::Options).
///
/// # Errors
/// [`Error::Unreachable`], [`Error::ProxyLogin`], [`Error::Timeout`], and [`Error::UnexpectedAnswer`] where the address is plain http.
pub async fn presented_certificate(
    address: &Address,
    proxy: Option<Url>,
) -> Result<Presented, Error> {
    if !address.is_tls() {
        return Err(Error::unexpected("plain http has no certificate"));
    }
    let connector = TlsConnector::from(Arc::new(config(None, false)?));
    let timeouts = Timeouts::default();
    let stream = Route::new(address.clone(), proxy).connect(timeouts.connect).await?;
    match connect_tls(&connector, address, stream, &timeouts).await {
        Err(Error::TlsUntrusted { presented }) => {
            Ok(Presented { sha256: presented, trusted: false })
        }
        Err(other) => Err(other),
        Ok(stream) => {
            let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            let leaf = shown.ok_or_else(|| Error::unexpected("the certificate was not shown"))?;
            Ok(Presented { sha256: Fingerprint::of(leaf), trusted: true })
        }
    }
}

/// Builds the TLS settings for HTTP and WebSocket alike.
pub(crate) fn config(pin: Option<Fingerprint>, was_trusted: bool) -> Result<ClientConfig, Error> {
    config_with(|provider| {
        let trust = match pin {
            Some(pin) => Trust::Pinned(pin),
            None => match Verifier::new(Arc::clone(&provider)) {
                Ok(verifier) => Trust::Public { verifier, was_trusted },
                Err(error) => {
                    tracing::warn!(%error, "the system's trusted certificates cannot be read");
                    Trust::Nobody
                }
            },
        };
        Arc::new(Check { provider, trust })
    })
}

/// Builds settings that refuse every certificate, and tell which it was.
pub(crate) fn config_trusting_nobody() -> Result<ClientConfig, Error> {
    config_with(|provider| Arc::new(Check { provider, trust: Trust::Nobody }))
}

fn config_with(
    check: impl FnOnce(Arc<CryptoProvider>) -> Arc<Check>,
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Unreachable(Arc::new(error)))?
        .dangerous()
        .with_custom_certificate_verifier(check(provider))
        .with_no_client_auth();
    Ok(config)
}

pub(crate) async fn connect_tls(
    connector: &TlsConnector,
    address: &Address,
    stream: TcpStream,
    timeouts: &Timeouts,
) -> Result<TlsStream<TcpStream>, Error> {
    let name = ServerName::try_from(address.host())
        .map_err(|error| Error::Unreachable(Arc::new(error)))?;
    tokio::time::timeout(timeouts.connect, connector.connect(name, stream))
        .await
        .map_err(|_| Error::Timeout)?
        .map_err(|error| verdict(&error).unwrap_or_else(|| Error::Unreachable(Arc::new(error))))
}

/// Returns what [`Check`] said, if the chain of causes ends there.
pub(crate) fn verdict(error: &(dyn StdError + 'static)) -> Option<Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(other)))) =
            error.downcast_ref()
        {
            return other.downcast_ref::<Refusal>().map(|refusal| match *refusal {
                Refusal::Changed { expected, presented } => {
                    Error::TlsChanged { expected, presented }
                }
                Refusal::Untrusted { presented } => Error::TlsUntrusted { presented },
            });
        }
        // An `io::Error` names its content's cause as its own, and so would hide the content.
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    None
}

#[derive(Debug)]
enum Trust {
    /// The operating system's judgement.
    Public { verifier: Verifier, was_trusted: bool },
    /// Exactly one leaf.
    Pinned(Fingerprint),
    /// Only to see what is shown.
    Nobody,
}

/// Judges the certificate, and tells a refusal together with what was shown.
#[derive(Debug)]
struct Check {
    provider: Arc<CryptoProvider>,
    trust: Trust,
}

#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("certificate {presented} is not trusted")]
    Untrusted { presented: Fingerprint },
    #[error("certificate {presented} is not the expected one")]
    Changed { expected: Option<Fingerprint>, presented: Fingerprint },
}

impl Refusal {
    fn into_tls(self) -> rustls::Error {
        CertificateError::Other(OtherError(Arc::new(self))).into()
    }
}

impl ServerCertVerifier for Check {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let presented = Fingerprint::of(end_entity);
        match &self.trust {
            Trust::Public { verifier, was_trusted } => verifier
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map_err(|error| {
                    tracing::info!(%error, "the certificate is not publicly trusted");
                    match was_trusted {
                        true => Refusal::Changed { expected: None, presented },
                        false => Refusal::Untrusted { presented },
                    }
                    .into_tls()
                }),
            Trust::Pinned(pin) if *pin == presented => Ok(ServerCertVerified::assertion()),
            Trust::Pinned(pin) => {
                Err(Refusal::Changed { expected: Some(*pin), presented }.into_tls())
            }
            Trust::Nobody => Err(Refusal::Untrusted { presented }.into_tls()),
        }
    }

    // The pin says whose key it must be, these two that the other side has it.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_however_it_is_written() {
        let print = Fingerprint::of(b"certificate");
        let plain = print.to_string();
        assert_eq!(plain.len(), 64);
        let upper = plain.to_uppercase();
        let colons = upper
            .as_bytes()
            .chunks(2)
            .map(|pair| std::str::from_utf8(pair).unwrap())
            .collect::<Vec<_>>()
            .join(":");
        for text in [plain.as_str(), &upper, &colons, &format!(" {colons}\n")] {
            assert_eq!(Fingerprint::parse(text), Ok(print), "{text}");
        }
        for text in ["", "00", &plain[1..], &format!("{plain}0"), &plain.replace(&plain[..1], "g")]
        {
            assert_eq!(Fingerprint::parse(text), Err(FingerprintError), "{text}");
        }
    }
}
