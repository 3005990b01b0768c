//! Which messages of the operating system are changes.
//!
//! Routers renew the life of addresses every few minutes, and radios report every scan: messages of a kind that means
//! a change elsewhere, with nothing new in them. They must not cost a packet each.

#[cfg(target_os = "linux")]
pub(super) use linux::News;
#[cfg(target_os = "macos")]
pub(super) use macos::News;

/// Source: netlink(7), rtnetlink(7); linux/rtnetlink.h, linux/if_addr.h.
#[cfg(target_os = "linux")]
mod linux {
    use std::collections::{HashMap, HashSet};

    const NEW_LINK: u16 = 16;
    const DEL_LINK: u16 = 17;
    const NEW_ADDRESS: u16 = 20;
    const DEL_ADDRESS: u16 = 21;
    const NEW_ROUTE: u16 = 24;
    const DEL_ROUTE: u16 = 25;
    /// `IFF_UP`, `IFF_RUNNING`, `IFF_LOWER_UP`.
    const LINK_FLAGS: u32 = 0x1 | 0x40 | 0x1_0000;
    /// `IFA_CACHEINFO`: how long an address still lives.
    const LIFE: u16 = 6;
    /// `RT_TABLE_LOCAL`: a route that only says which addresses are ours.
    const LOCAL_TABLE: u8 = 255;
    /// `RTM_F_CLONED`: a note of the kernel's own.
    const CLONED: u32 = 0x200;
    const HEADER: usize = 16;

    /// What was told before, so that a repetition is known as one.
    #[derive(Debug, Default)]
    pub(crate) struct News {
        links: HashMap<u32, u32>,
        addresses: HashSet<Vec<u8>>,
    }

    impl News {
        /// Says whether something in a datagram is new.
        pub(crate) fn is_in(&mut self, datagram: &[u8]) -> bool {
            let mut rest = datagram;
            let mut new = false;
            while let (Some(length), Some(kind)) = (u32_at(rest, 0), u16_at(rest, 4)) {
                let length = length as usize;
                let Some(body) = rest.get(HEADER..length) else { break };
                new |= self.is_new(kind, body);
                // Each message begins at a multiple of four.
                rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
            }
            new
        }

        fn is_new(&mut self, kind: u16, body: &[u8]) -> bool {
            match kind {
                NEW_LINK => self.link(body),
                DEL_LINK => u32_at(body, 4).is_none_or(|link| self.links.remove(&link).is_some()),
                NEW_ADDRESS => self.addresses.insert(without_life(body)),
                DEL_ADDRESS => {
                    let link = u32_at(body, 4);
                    self.addresses.retain(|known| u32_at(known, 4) != link);
                    true
                }
                NEW_ROUTE | DEL_ROUTE => is_a_way(body),
                _ => false,
            }
        }

        fn link(&mut self, body: &[u8]) -> bool {
            let (Some(link), Some(flags)) = (u32_at(body, 4), u32_at(body, 8)) else { return true };
            let flags = flags & LINK_FLAGS;
            self.links.insert(link, flags) != Some(flags)
        }
    }

    /// Returns an address's message without the time that it still lives.
    fn without_life(body: &[u8]) -> Vec<u8> {
        let (head, mut attributes) = body.split_at(body.len().min(8));
        let mut kept = head.to_vec();
        while let (Some(length), Some(kind)) = (u16_at(attributes, 0), u16_at(attributes, 2)) {
            let length = usize::from(length);
            let Some(attribute) = attributes.get(..length).filter(|_| length >= 4) else { break };
            if kind != LIFE {
                kept.extend_from_slice(attribute);
            }
            attributes = attributes.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        kept
    }

    fn is_a_way(body: &[u8]) -> bool {
        let local = body.get(4).is_some_and(|table| *table == LOCAL_TABLE);
        let cloned = u32_at(body, 8).is_some_and(|flags| flags & CLONED != 0);
        !local && !cloned
    }

    fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
        Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
    }

    fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
        Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn message(kind: u16, body: &[u8]) -> Vec<u8> {
            let mut message = u32::try_from(HEADER + body.len()).unwrap().to_ne_bytes().to_vec();
            message.extend(kind.to_ne_bytes());
            message.resize(HEADER, 0);
            message.extend(body);
            message.resize(message.len().next_multiple_of(4), 0);
            message
        }

        fn link(index: u32, flags: u32) -> Vec<u8> {
            let mut body = vec![0; 4];
            body.extend(index.to_ne_bytes());
            body.extend(flags.to_ne_bytes());
            body.extend([0; 4]);
            message(NEW_LINK, &body)
        }

        fn address(index: u32, last: u8, life: u32) -> Vec<u8> {
            let mut body = vec![2, 24, 0, 0];
            body.extend(index.to_ne_bytes());
            for (kind, value) in [(1_u16, [192, 0, 2, last]), (LIFE, life.to_ne_bytes())] {
                body.extend(8_u16.to_ne_bytes());
                body.extend(kind.to_ne_bytes());
                body.extend(value);
            }
            message(NEW_ADDRESS, &body)
        }

        fn route(table: u8, flags: u32) -> Vec<u8> {
            let mut body = vec![2, 0, 0, 0, table, 0, 0, 0];
            body.extend(flags.to_ne_bytes());
            message(NEW_ROUTE, &body)
        }

        #[test]
        fn a_cable_that_is_pulled_and_plugged_in_is_two_changes_and_a_radio_scan_none() {
            let mut news = News::default();
            assert!(news.is_in(&link(2, 0x1_0043)), "nothing was known of it");
            assert!(!news.is_in(&link(2, 0x1_0043)));
            assert!(news.is_in(&link(2, 0x3)), "pulled");
            assert!(!news.is_in(&link(2, 0x3 | 0x100)), "promiscuous or not");
            assert!(news.is_in(&link(2, 0x1_0043)), "plugged in");
        }

        #[test]
        fn an_address_is_new_once_however_often_its_life_is_renewed() {
            let mut news = News::default();
            assert!(news.is_in(&address(2, 7, 3_600)));
            assert!(!news.is_in(&address(2, 7, 1_800)));
            assert!(news.is_in(&address(2, 8, 3_600)));
            let mut gone = vec![2, 24, 0, 0];
            gone.extend(2_u32.to_ne_bytes());
            assert!(news.is_in(&message(DEL_ADDRESS, &gone)));
            assert!(news.is_in(&address(2, 7, 3_600)), "back again");
        }

        #[test]
        fn a_route_is_a_change_unless_it_is_the_kernel_s_own_note() {
            let mut news = News::default();
            assert!(news.is_in(&route(254, 0)));
            assert!(news.is_in(&route(254, 0)));
            assert!(!news.is_in(&route(LOCAL_TABLE, 0)));
            assert!(!news.is_in(&route(254, CLONED)));
        }

        #[test]
        fn several_messages_come_at_once_and_nonsense_ends_nothing() {
            let mut news = News::default();
            let both = [route(LOCAL_TABLE, 0), route(254, 0)].concat();
            assert!(news.is_in(&both));
            assert!(!news.is_in(&both[..20]));
            assert!(!news.is_in(&[]));
            assert!(!news.is_in(&[0; 64]));
            assert!(!news.is_in(&[0xff; 64]));
        }
    }
}

/// Source: route(4); XNU bsd/net/route.h.
#[cfg(target_os = "macos")]
mod macos {
    const ADD: u8 = 0x1;
    const DELETE: u8 = 0x2;
    const CHANGE: u8 = 0x3;
    const NEW_ADDRESS: u8 = 0xc;
    const DEL_ADDRESS: u8 = 0xd;
    const LINK: u8 = 0xe;
    /// `RTF_HOST`: a way to one neighbour, which comes and goes with talking to it.
    const HOST: u32 = 0x4;

    #[derive(Debug, Default)]
    pub(crate) struct News;

    impl News {
        /// Says whether a message is a change. One read is one message.
        pub(crate) fn is_in(&mut self, message: &[u8]) -> bool {
            match message.get(3) {
                Some(&(NEW_ADDRESS | DEL_ADDRESS | LINK)) => true,
                Some(&(ADD | DELETE | CHANGE)) => {
                    let flags = message.get(8..12).and_then(|flags| flags.try_into().ok());
                    flags.is_some_and(|flags| u32::from_ne_bytes(flags) & HOST == 0)
                }
                Some(_) | None => false,
            }
        }
    }
}
