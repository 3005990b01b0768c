//! The team file: who has which extension, for administrators who roll it out by policy instead of through Salesforce.
//!
//! Two spellings of the same: a table for spreadsheets and scripts, and for each person the two lines that go into
//! the `policy.toml` of that person's computer. Names come from others: they stay on their line and in their cell.

use std::fmt::Write as _;

use domain::Extension;
use salesforce::Teammate;

const HEAD: &str = "\
# Team file of Patchcord: one policy for each person.
# Copy the two lines of a person into policy.toml on that person's computer, never the whole file.
";

/// The file's two spellings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TeamFile {
    pub(crate) csv: String,
    pub(crate) toml: String,
    pub(crate) people: u32,
}

impl TeamFile {
    pub(crate) fn of<'a>(bound: impl Iterator<Item = (&'a Teammate, &'a Extension)>) -> Self {
        let mut file = Self {
            csv: "name,username,email,extension\r\n".to_owned(),
            toml: HEAD.to_owned(),
            people: 0,
        };
        for (person, extension) in bound {
            let Teammate { name, username, email, .. } = person;
            let cells = [name, username, email, extension.as_str()].map(cell);
            file.csv.push_str(&cells.join(","));
            file.csv.push_str("\r\n");
            // Writing into a text cannot fail.
            let _ = write!(
                file.toml,
                "\n# {} ({})\n[binding]\nextension = {}\n",
                one_line(name),
                one_line(username),
                toml::Value::from(extension.as_str())
            );
            file.people += 1;
        }
        file
    }
}

/// Returns a cell that a spreadsheet takes for text: what would begin a formula is put behind an apostrophe.
/// Source: faults.md J15. Full-width signs count as well where the system is East Asian.
fn cell(text: &str) -> String {
    let text = one_line(text);
    let formula = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let guard = if formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// Names are whole here, however long.
fn one_line(text: &str) -> String {
    crate::plain::one_line(text, text.len())
}

#[cfg(test)]
mod tests {
    use domain::RecordId;

    use super::*;

    fn person(name: &str) -> Teammate {
        Teammate {
            id: RecordId::parse("0055g00000BExam").unwrap(),
            name: name.to_owned(),
            username: "mara@example.com".to_owned(),
            email: "mara@example.com".to_owned(),
            extension: None,
            active: true,
            robot: false,
        }
    }

    fn file(names: &[&str]) -> TeamFile {
        let people: Vec<_> = names.iter().map(|name| person(name)).collect();
        let extension = Extension::new("4101");
        TeamFile::of(people.iter().map(|person| (person, &extension)))
    }

    #[test]
    fn a_name_is_no_formula_and_a_number_stays_one() {
        for (name, cell) in [
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("+4930123", "\"'+4930123\""),
            ("-1", "\"'-1\""),
            ("@x", "\"'@x\""),
            ("\t=1", "\"' =1\""),
            ("\r=1", "\"' =1\""),
            ("＝1", "\"'＝1\""),
            ("\u{200b}\u{2066}=1", "\"'=1\""),
            ("Ann \"A\", Lee", "\"Ann \"\"A\"\", Lee\""),
            ("Jean-Luc", "\"Jean-Luc\""),
        ] {
            let csv = file(&[name]).csv;
            let row = csv.lines().nth(1).unwrap();
            assert_eq!(
                row,
                format!("{cell},\"mara@example.com\",\"mara@example.com\",\"4101\""),
                "{name}"
            );
            assert_eq!(csv.lines().count(), 2, "{name}");
        }
    }

    #[test]
    fn each_persons_lines_are_a_policy_and_the_whole_is_none() {
        let hostile = "Mara\n[pbx]\naddress = \"http://evil\"\r\u{2028}x";
        let made = file(&[hostile, "Leo"]);
        assert_eq!(made.people, 2);
        assert!(toml::from_str::<toml::Table>(&made.toml).is_err(), "two tables of one name");
        let sections: Vec<_> = made.toml.split("\n\n").skip(1).collect();
        assert_eq!(sections.len(), 2);
        for section in sections {
            let policy: toml::Table = toml::from_str(section).unwrap();
            assert_eq!(policy.len(), 1);
            assert_eq!(policy["binding"]["extension"].as_str(), Some("4101"));
        }
    }
}
