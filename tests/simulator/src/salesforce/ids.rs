//! Record ids: 15 characters that differ by case, or 18 with a checksum.

/// The 18-character form of an id; `None` for what is not one.
pub(super) fn to_18(id: &str) -> Option<String> {
    if !id.chars().all(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    match id.len() {
        15 => Some(format!("{id}{}", checksum(id))),
        18 => (checksum(&id[..15]).eq_ignore_ascii_case(&id[15..]))
            .then(|| format!("{}{}", &id[..15], checksum(&id[..15]))),
        _ => None,
    }
}

fn checksum(id: &str) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    id.as_bytes()
        .chunks(5)
        .map(|chunk| {
            let bits = chunk
                .iter()
                .enumerate()
                .map(|(place, byte)| usize::from(byte.is_ascii_uppercase()) << place);
            char::from(LETTERS[bits.sum::<usize>()])
        })
        .collect()
}

/// The n-th id of an object.
pub(super) fn make(prefix: &str, mut n: u64) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut tail = [b'0'; 5];
    for place in tail.iter_mut().rev() {
        *place = DIGITS[usize::try_from(n % 62).unwrap_or(0)];
        n /= 62;
    }
    let tail: String = tail.iter().map(|byte| char::from(*byte)).collect();
    let short = format!("{prefix}5g00000{tail}");
    format!("{short}{}", checksum(&short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_salesforce_appends() {
        assert_eq!(to_18("0035g00000EXAMP").as_deref(), Some("0035g00000EXAMPAA5"));
        // Published example: developer documentation of id conversion.
        assert_eq!(to_18("001A0000006Vm9r").as_deref(), Some("001A0000006Vm9rIAC"));
        assert_eq!(to_18("001A0000006Vm9rIAD"), None);
    }
}
