//! One TCP connection that a test can close, reset or turn into a black hole.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    task::{Context, Poll, Waker},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::server::TlsStream;

/// How a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The server says good-bye and closes.
    Close,
    /// The connection is reset (TCP RST).
    Reset,
    /// TCP stays open; what arrives is swallowed and nothing is sent any more.
    BlackHole,
}

const OPEN: u8 = 0;
const CLOSED: u8 = 1;
const RESET: u8 = 2;
const BLACK_HOLE: u8 = 3;

/// The switch beside a connection.
#[derive(Debug, Default)]
pub(crate) struct Line {
    state: AtomicU8,
    socket: AtomicBool,
    wakers: Mutex<[Option<Waker>; 2]>,
}

impl Line {
    pub(crate) fn cut(&self, how: Cut) {
        let state = match how {
            Cut::Close => CLOSED,
            Cut::Reset => RESET,
            Cut::BlackHole => BLACK_HOLE,
        };
        self.state.store(state, Ordering::SeqCst);
        let wakers =
            std::mem::take(&mut *self.wakers.lock().unwrap_or_else(PoisonError::into_inner));
        for waker in wakers.into_iter().flatten() {
            waker.wake();
        }
    }

    /// Marks the connection as one that became a WebSocket.
    pub(crate) fn became_socket(&self) {
        self.socket.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_socket(&self) -> bool {
        self.socket.load(Ordering::SeqCst)
    }

    fn watch(&self, place: usize, context: &Context<'_>) -> u8 {
        let mut wakers = self.wakers.lock().unwrap_or_else(PoisonError::into_inner);
        wakers[place] = Some(context.waker().clone());
        self.state.load(Ordering::SeqCst)
    }
}

/// The bytes' way: plain, or inside TLS.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    fn reset_on_close(&self) {
        let tcp = match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        };
        // A socket that is already gone cannot be reset, and need not be.
        let _ = tcp.set_zero_linger();
    }
}

/// Streams that went into a black hole: kept open until the server is dropped.
pub(crate) type Parked = Arc<Mutex<Vec<Stream>>>;

/// A connection under the control of its [`Line`].
#[derive(Debug)]
pub(crate) struct Wire {
    stream: Option<Stream>,
    line: Arc<Line>,
    parked: Parked,
}

impl Wire {
    pub(crate) fn new(stream: Stream, line: Arc<Line>, parked: Parked) -> Self {
        Self { stream: Some(stream), line, parked }
    }

    fn stream(&mut self) -> Pin<&mut Stream> {
        Pin::new(self.stream.as_mut().expect("the stream is taken only when the wire is dropped"))
    }

    fn reset(&mut self) -> io::Error {
        self.stream().reset_on_close();
        io::Error::from(io::ErrorKind::ConnectionReset)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let Some(stream) = self.stream.take() else { return };
        match self.line.state.load(Ordering::SeqCst) {
            BLACK_HOLE => self.parked.lock().unwrap_or_else(PoisonError::into_inner).push(stream),
            RESET => stream.reset_on_close(),
            _ => {}
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.line.watch(0, cx) {
            OPEN => self.stream().poll_read(cx, buf),
            CLOSED => Poll::Ready(Ok(())),
            RESET => Poll::Ready(Err(self.reset())),
            _ => loop {
                let mut scratch = [0_u8; 1024];
                let mut swallowed = ReadBuf::new(&mut scratch);
                match self.stream().poll_read(cx, &mut swallowed) {
                    Poll::Ready(Ok(())) if !swallowed.filled().is_empty() => {}
                    Poll::Ready(_) | Poll::Pending => return Poll::Pending,
                }
            },
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.line.watch(1, cx) {
            OPEN => self.stream().poll_write(cx, buf),
            CLOSED => Poll::Ready(Err(io::Error::from(io::ErrorKind::BrokenPipe))),
            RESET => Poll::Ready(Err(self.reset())),
            _ => Poll::Ready(Ok(buf.len())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.line.watch(1, cx) {
            OPEN => self.stream().poll_flush(cx),
            RESET => Poll::Ready(Err(self.reset())),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.line.watch(1, cx) {
            OPEN | CLOSED => self.stream().poll_shutdown(cx),
            _ => Poll::Ready(Ok(())),
        }
    }
}
