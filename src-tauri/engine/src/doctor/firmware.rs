//! What a version of the PBX's software offers. Source: yeastar-open-api.md §1.1.

/// A version such as `37.23.0.123`: the edition's line, then the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Firmware {
    edition: Edition,
    release: [u32; 3],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edition {
    Appliance,
    Software,
    Cloud,
}

/// The first releases with the API. For the software edition none is documented: its API came with the others'.
const FIRST_WITH_API: [u32; 3] = [7, 0, 16];
/// The first with the new call records.
const NEW_RECORDS: [u32; 3] = [21, 0, 117];
/// The first that offers call records under `openapi/v2.0`.
const RECORDS_V2: [u32; 3] = [23, 0, 123];

impl Firmware {
    /// Reads a version; `None` where it does not look like one of the P-Series.
    pub(super) fn read(text: &str) -> Option<Self> {
        let numbers: Vec<u32> =
            text.trim().split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
        let [line, release @ ..] = numbers.as_slice() else { return None };
        let edition = match line {
            37 => Edition::Appliance,
            83 => Edition::Software,
            84 => Edition::Cloud,
            _ => return None,
        };
        Some(Self { edition, release: release.try_into().ok()? })
    }

    /// Returns what people call the edition.
    pub(super) fn edition(self) -> &'static str {
        match self.edition {
            Edition::Appliance => "Appliance Edition",
            Edition::Software => "Software Edition",
            Edition::Cloud => "Cloud Edition",
        }
    }

    /// Says whether it is older than the first that is known to have the API.
    pub(super) fn is_too_old(self) -> bool {
        self.release < FIRST_WITH_API
    }

    /// Returns what it offers, in the vendor's words.
    pub(super) fn features(self) -> Vec<&'static str> {
        let mut features = vec!["API v1.0", "WebSocket events"];
        if self.release >= NEW_RECORDS {
            features.push("new call records");
        }
        if self.release >= RECORDS_V2 {
            features.push("call records v2.0");
        }
        features
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_tells_its_edition_and_what_it_offers() {
        let read = |text| Firmware::read(text).unwrap();
        assert_eq!(read("37.23.0.123").edition(), "Appliance Edition");
        assert_eq!(read("37.23.0.123").features().len(), 4);
        assert_eq!(read("83.21.0.117").features().len(), 3);
        assert_eq!(read("84.7.0.17").features().len(), 2);
        assert!(!read("37.7.0.16").is_too_old() && read("37.6.9.99").is_too_old());
        for text in ["", "37", "30.15.0.9", "37.23.0", "37.x.0.1", "37.23.0.123.4"] {
            assert_eq!(Firmware::read(text), None, "{text}");
        }
    }
}
