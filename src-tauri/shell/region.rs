//! The country that this computer is in, as far as the system tells: by which habits numbers are read until somebody says.
//!
//! Where telephone numbers have a locale of their own, somebody has set it. A time zone says where a computer is; a
//! language often does not, since many people work in English.

/// Returns the country, ISO 3166-1 alpha-2.
#[cfg(unix)]
pub(crate) fn of_system() -> Option<String> {
    let said = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let zones = ["/usr/share/zoneinfo/zone.tab", "/var/db/timezone/zoneinfo/zone.tab"];
    let zones = zones.into_iter().find_map(|file| std::fs::read_to_string(file).ok());
    of_locale(&said("LC_TELEPHONE").unwrap_or_default())
        .or_else(|| of_zone(&zone(said("TZ"))?, &zones?))
        .or_else(|| of_locale(&said("LC_ALL").or_else(|| said("LANG"))?))
}

/// Returns the country that a person has set for this computer.
#[cfg(windows)]
pub(crate) fn of_system() -> Option<String> {
    let place = windows_registry::CURRENT_USER.open(r"Control Panel\International\Geo").ok()?;
    code(&place.get_string("Name").ok()?)
}

/// Returns the name of the time zone, such as `Europe/Berlin`.
#[cfg(unix)]
fn zone(told: Option<String>) -> Option<String> {
    if let Some(told) = told {
        return Some(told.trim_start_matches(':').to_owned());
    }
    let link = std::fs::read_link("/etc/localtime").ok()?;
    let (_, name) = link.to_str()?.split_once("zoneinfo/")?;
    Some(name.to_owned())
}

/// Looks a time zone up in the system's own list, whose columns are the country, the place and the zone.
#[cfg(unix)]
fn of_zone(zone: &str, list: &str) -> Option<String> {
    list.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut columns = line.split('\t');
        let (country, name) = (columns.next()?, columns.nth(1)?);
        (name == zone).then(|| code(country)).flatten()
    })
}

/// Takes the country out of `de_AT.UTF-8`.
#[cfg(unix)]
fn of_locale(locale: &str) -> Option<String> {
    let (_, rest) = locale.split_once('_')?;
    code(rest.split(['.', '@']).next()?)
}

fn code(text: &str) -> Option<String> {
    let is_code = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    is_code.then(|| text.to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const LIST: &str = "# comment\nAT\t+4813+01620\tEurope/Vienna\nUS\t+404251-0740023\tAmerica/New_York\tEastern (most areas)\n";

    #[test]
    fn a_zone_and_a_locale_say_a_country_or_none() {
        assert_eq!(of_zone("Europe/Vienna", LIST).as_deref(), Some("AT"));
        assert_eq!(of_zone("America/New_York", LIST).as_deref(), Some("US"));
        assert_eq!(of_zone("Etc/UTC", LIST), None);
        assert_eq!(of_locale("de_AT.UTF-8").as_deref(), Some("AT"));
        assert_eq!(of_locale("fr_CH@euro").as_deref(), Some("CH"));
        for none in ["", "C", "POSIX", "C.UTF-8", "es_419", "de"] {
            assert_eq!(of_locale(none), None, "{none}");
        }
    }
}
