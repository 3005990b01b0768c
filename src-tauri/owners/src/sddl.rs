//! Owner and list of a file on Windows, in the spelling that the system itself writes (SDDL). Read here without the
//! system, so that it can be tested everywhere.
//!
//! Source: Microsoft, "Security Descriptor String Format", "ACE Strings", "SID Strings"; winnt.h for the numbers.

use super::{Fault, Keepers};

/// What owns Windows itself, and so `C:\`. Source: Microsoft, "Well-known SIDs", NT SERVICE\TrustedInstaller.
const INSTALLER: &str = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
/// Whoever runs the computer: SYSTEM, Administrators, the account Administrator; short and in full.
const ADMINISTRATORS: [&str; 6] = ["SY", "BA", "LA", "S-1-5-18", "S-1-5-32-544", INSTALLER];

/// With these a file's content can be another: written, appended to, deleted, or its list or owner changed.
const CHANGES_FILE: u32 = 0x2 | 0x4 | 0x1_0000 | 0x4_0000 | 0x8_0000 | 0x1000_0000 | 0x4000_0000;
/// With these a folder, or what is in it, can be exchanged. Adding something beside is no harm: it has another owner.
const CHANGES_FOLDER: u32 = 0x40 | 0x1_0000 | 0x4_0000 | 0x8_0000 | 0x1000_0000;

/// Rights by their two letters.
const RIGHTS: [(&str, u32); 21] = [
    ("CC", 0x1),
    ("DC", 0x2),
    ("LC", 0x4),
    ("SW", 0x8),
    ("RP", 0x10),
    ("WP", 0x20),
    ("DT", 0x40),
    ("LO", 0x80),
    ("CR", 0x100),
    ("SD", 0x1_0000),
    ("RC", 0x2_0000),
    ("WD", 0x4_0000),
    ("WO", 0x8_0000),
    ("GA", 0x1000_0000),
    ("GX", 0x2000_0000),
    ("GW", 0x4000_0000),
    ("GR", 0x8000_0000),
    ("FA", 0x1f_01ff),
    ("FR", 0x12_0089),
    ("FW", 0x12_0116),
    ("FX", 0x12_00a0),
];

/// Says what is wrong with the owner or the list. `user` is this user's SID in full; `owner` the owner's.
pub(super) fn judge(
    descriptor: &str,
    owner: &str,
    folder: bool,
    keepers: Keepers,
    user: &str,
) -> Option<Fault> {
    let keeps =
        |who: &str| ADMINISTRATORS.contains(&who) || (keepers == Keepers::OrUser && who == user);
    if !keeps(owner) {
        return Some(Fault::Owner(owner.to_owned()));
    }
    // Without a list everybody may do everything.
    let Some(list) = list(descriptor) else { return Some(Fault::Open) };
    let changes = if folder { CHANGES_FOLDER } else { CHANGES_FILE };
    let harmless = |entry: &Entry<'_>| {
        // For what is created below; the owner's own rights are the owner's, who was looked at.
        entry.is_for_later || matches!(entry.who, "OW" | "S-1-3-4") || keeps(entry.who)
    };
    let open = list
        .iter()
        .filter(|entry| entry.allows && !harmless(entry))
        // Rights that are not understood may be any.
        .any(|entry| entry.rights.is_none_or(|rights| rights & changes != 0));
    open.then_some(Fault::Open)
}

struct Entry<'s> {
    allows: bool,
    is_for_later: bool,
    rights: Option<u32>,
    who: &'s str,
}

/// Returns the entries of the list of a descriptor without a system list; `None` where it has no list.
fn list(descriptor: &str) -> Option<Vec<Entry<'_>>> {
    let (_, list) = descriptor.split_once("D:")?;
    let flags = list.split('(').next().unwrap_or_default();
    if flags.contains("NO_ACCESS_CONTROL") {
        return None;
    }
    let (mut depth, mut begin, mut entries) = (0_u32, 0, Vec::new());
    for (at, letter) in list.char_indices() {
        match letter {
            '(' => {
                if depth == 0 {
                    begin = at + 1;
                }
                depth += 1;
            }
            ')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    entries.push(entry(&list[begin..at]));
                }
            }
            _ => {}
        }
    }
    Some(entries)
}

/// Reads `type;flags;rights;object;inherited object;who`, and a condition behind it, which is taken as fulfilled.
fn entry(text: &str) -> Entry<'_> {
    let mut parts = text.split(';');
    let mut part = || parts.next().unwrap_or_default();
    let (kind, flags, rights) = (part(), part(), part());
    let (_, _, who) = (part(), part(), part());
    Entry {
        // Every other kind denies, or writes down what was done.
        allows: matches!(kind, "A" | "OA" | "XA" | "ZA") || kind.is_empty(),
        is_for_later: pairs(flags).any(|flag| flag == "IO"),
        rights: read(rights),
        who,
    }
}

fn read(rights: &str) -> Option<u32> {
    if let Some(digits) = rights.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).ok();
    }
    pairs(rights).try_fold(0, |all, pair| {
        RIGHTS.iter().find(|(name, _)| *name == pair).map(|(_, bits)| all | bits)
    })
}

fn pairs(text: &str) -> impl Iterator<Item = &str> {
    (0..text.len()).step_by(2).map(|at| text.get(at..at + 2).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARA: &str = "S-1-5-21-1-2-3-1001";

    fn file(descriptor: &str, owner: &str, keepers: Keepers) -> Option<Fault> {
        judge(descriptor, owner, false, keepers, MARA)
    }

    #[test]
    fn what_an_administrator_has_made_counts() {
        // A file below `C:\ProgramData`, made by an installer with a list of its own, and by an administrator's editor.
        for descriptor in [
            "D:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;BU)",
            "O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FRFX;;;BU)(A;OICIIOID;GA;;;CO)",
            "D:(D;;FA;;;WD)(A;;FA;;;OW)",
        ] {
            assert_eq!(
                file(descriptor, "S-1-5-32-544", Keepers::Administrators),
                None,
                "{descriptor}"
            );
        }
        let root = "D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)(A;OICIIO;SDGXGWGR;;;AU)(A;;LC;;;AU)";
        assert_eq!(judge(root, INSTALLER, true, Keepers::Administrators, MARA), None);
        // Everybody may add to it, and nobody exchange what others have put there.
        let data = "D:PAI(A;OICIIO;GA;;;CO)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)(A;CI;DCLCRPCR;;;BU)";
        assert_eq!(judge(data, "S-1-5-18", true, Keepers::Administrators, MARA), None);
    }

    #[test]
    fn what_others_own_or_can_change_does_not() {
        let safe = "D:PAI(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;BU)";
        assert_eq!(file(safe, MARA, Keepers::Administrators), Some(Fault::Owner(MARA.to_owned())));
        assert_eq!(file(safe, MARA, Keepers::OrUser), None);
        for descriptor in [
            "",
            "D:NO_ACCESS_CONTROL",
            "D:AI(A;ID;FA;;;BA)(A;ID;FA;;;WD)",
            "D:AI(A;ID;0x1301bf;;;AU)",
            "D:(A;;FRFW;;;BU)",
            "D:(A;;WD;;;BU)",
            "D:(A;;SD;;;S-1-5-21-1-2-3-1002)",
            "D:(XA;;FA;;;WD;(Member_of {SID(BA)}))",
            "D:(A;;??;;;WD)",
            "D:(A;OICIIO;FR;;;WD)(A;;GW;;;IU)",
        ] {
            for keepers in [Keepers::Administrators, Keepers::OrUser] {
                assert_eq!(
                    file(descriptor, "S-1-5-18", keepers),
                    Some(Fault::Open),
                    "{descriptor}"
                );
            }
        }
        let own = format!("D:(A;;FA;;;{MARA})");
        assert_eq!(file(&own, MARA, Keepers::OrUser), None);
        assert_eq!(file(&own, "S-1-5-18", Keepers::Administrators), Some(Fault::Open));
        let folder = "D:(A;;DT;;;BU)";
        assert_eq!(judge(folder, "S-1-5-18", true, Keepers::OrUser, MARA), Some(Fault::Open));
    }
}
