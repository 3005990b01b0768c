//! An event connection that is opened to see whether one works, and closed again.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    client::Client,
    error::Error,
    session::is_heartbeat,
    socket::{self, Socket},
};

impl Client {
    /// Opens an event connection of its own, and returns how long the answer to a heartbeat took. Where a
    /// [`Listener`](crate::Listener) runs, ask its handle.
    ///
    /// # Errors
    /// Why there are no events, or [`Error::Timeout`] where heartbeats are not answered.
    pub async fn try_events(&self) -> Result<Duration, Error> {
        let mut socket = socket::open(self, false).await?.socket;
        let limit = self.options().timeouts.heartbeat;
        let took = timeout(limit, round_trip(&mut socket)).await.map_err(|_| Error::Timeout)?;
        timeout(Duration::from_millis(300), socket.close(None)).await.ok();
        took
    }
}

async fn round_trip(socket: &mut Socket) -> Result<Duration, Error> {
    let began = Instant::now();
    socket.send(Message::text("heartbeat")).await.map_err(socket::failure)?;
    loop {
        match socket.next().await {
            None => return Err(socket::closed()),
            Some(Err(error)) => return Err(socket::failure(error)),
            Some(Ok(Message::Text(text))) if is_heartbeat(text.as_str()) => {
                return Ok(began.elapsed());
            }
            Some(Ok(_)) => {}
        }
    }
}
