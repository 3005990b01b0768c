//! Lines of bounded length.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// Longest line from a client: extensions for some thousand users at once. All else is far below.
pub(super) const LONGEST_REQUEST: usize = 512 * 1024;
/// Longest line to a client: a few thousand calls.
pub(super) const LONGEST_FRAME: usize = 16 * 1024 * 1024;

/// Reads the next line without its end. `Ok(None)`: the other side has closed.
///
/// # Errors
///
/// The connection broke, or the line is longer than `longest` bytes.
pub(super) async fn read_line(
    from: &mut (impl AsyncBufRead + Unpin),
    longest: usize,
) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    loop {
        let available = from.fill_buf().await?;
        if available.is_empty() {
            // Half a line is worth nothing.
            return Ok(None);
        }
        let (taken, ended) = match available.iter().position(|byte| *byte == b'\n') {
            Some(end) => (end + 1, true),
            None => (available.len(), false),
        };
        if line.len() + taken > longest {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long"));
        }
        line.extend_from_slice(&available[..taken]);
        from.consume(taken);
        if ended {
            line.pop();
            return Ok(Some(line));
        }
    }
}

/// Writes a value as one line.
pub(super) fn to_line(value: &impl serde::Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).expect("views and commands have only text keys");
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_read_whole_and_bounded() {
        let mut from: &[u8] = b"{\"id\":1}\n\nhalf";
        assert_eq!(read_line(&mut from, 20).await.unwrap(), Some(b"{\"id\":1}".to_vec()));
        assert_eq!(read_line(&mut from, 20).await.unwrap(), Some(Vec::new()));
        assert_eq!(read_line(&mut from, 20).await.unwrap(), None);

        let mut endless: &[u8] = &[b'x'; 100];
        assert_eq!(
            read_line(&mut endless, 20).await.unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }
}
