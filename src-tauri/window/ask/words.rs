//! The questions in words, in the window's languages.

use engine::{
    consent::{Deed, Facts, SettingChange},
    view::NumberKind,
};
use shell::client::Language;

/// A question, ready to be shown. All of it is plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) title: String,
    pub(super) text: String,
    /// The button that agrees.
    pub(super) yes: String,
    /// The button that does not.
    pub(super) no: String,
}

/// A list of values takes so many characters, then it ends with dots.
const LONGEST: usize = 300;

/// Puts facts into a question.
pub(super) fn question(facts: &Facts, language: Language) -> Question {
    let (title, text, yes) = match language {
        Language::English => english(facts),
        Language::Chinese => chinese(facts),
    };
    let no = match language {
        Language::English => "Cancel",
        Language::Chinese => "取消",
    };
    Question { title, text, yes: yes.to_owned(), no: no.to_owned() }
}

fn english(facts: &Facts) -> (String, String, &'static str) {
    match facts {
        Facts::Dial { shown, country, costly, kind } => {
            let place = country.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
            let text = match (kind.warning(), costly) {
                (Some(warning), _) => warning,
                (None, true) => "The number is abroad.",
                (None, false) => "The window asks for this call, and no click or key of yours was seen.",
            };
            (format!("Call {shown}{place}?"), text.to_owned(), "Call")
        }
        Facts::PbxAddress { address, before } => (
            "Use another PBX?".to_owned(),
            format!("New address: {address}\nUntil now: {before}\n\nThe client secret is sent to the new address."),
            "Use this address",
        ),
        Facts::PbxCertificate { address, sha256 } => (
            "Trust another certificate?".to_owned(),
            format!("PBX: {address}\nSHA-256: {}\n\nAgree only if your PBX administrator confirms these digits.", pairs(sha256)),
            "Trust it",
        ),
        Facts::Login { address, salesforces } => (
            format!("Sign in at {address}?"),
            match salesforces {
                true => "This is another sign-in address than the one of this desk. Calls are logged to the org behind it from then on.",
                false => "This is not an address of Salesforce. Whoever runs it learns of every call from then on. Agree only if your administrator has named it.",
            }
            .to_owned(),
            "Sign in there",
        ),
        Facts::Settings(changes) => (
            "Change how numbers are dialled?".to_owned(),
            lines(changes, english_change),
            "Change",
        ),
        Facts::DeleteContacts { said } => (
            "Delete these contacts from the PBX phonebook?".to_owned(),
            said.clone().unwrap_or_else(|| "However many of its contacts are no longer in Salesforce, all of them are deleted.".to_owned()),
            "Delete",
        ),
        Facts::Disconnect => (
            "Disconnect Patchcord?".to_owned(),
            "Settings and secrets are forgotten, and the sign-ins are given back. Entries that wait stay in the journal.".to_owned(),
            "Disconnect",
        ),
        Facts::Bindings { count } => (
            match count {
                1 => "Change the extension of 1 user in Salesforce?".to_owned(),
                count => format!("Change the extension of {count} users in Salesforce?"),
            },
            "It is written into their profiles: from then on their calls are logged by it.".to_owned(),
            "Save",
        ),
        Facts::Act(deed) => {
            let (title, yes) = english_deed(*deed);
            let text = "The window asks for this, and no click or key of yours was seen.";
            (title.to_owned(), text.to_owned(), yes)
        }
    }
}

/// The question and its yes.
fn english_deed(deed: Deed) -> (&'static str, &'static str) {
    match deed {
        Deed::CallLink => ("Call the number of a link?", "Call"),
        Deed::Discard => ("Keep a call out of Salesforce, and delete its Task?", "Do not log it"),
        Deed::Restore => ("Log a call that was kept out of Salesforce?", "Log it"),
        Deed::UndoCreated => ("Delete the record that was created for a call?", "Delete"),
        Deed::MoveCall => ("Log a call on another record?", "Move it"),
        Deed::Forget => ("Forget who a number belongs to?", "Forget"),
    }
}

fn english_change(SettingChange { key, from, to }: &SettingChange) -> String {
    match *key {
        "dial.blocked" => format!("No longer forbidden: {}", cut(from)),
        "dial.confirm_links" => "Links of web pages are dialled without a question".to_owned(),
        key => format!(
            "{}: {} → {}",
            match key {
                "numbers.country" => "Country",
                "numbers.area_code" => "Area code",
                "numbers.international_prefix" => "Before numbers abroad",
                "numbers.outside_prefix" => "Before outside numbers",
                "numbers.extension_digits" => "Digits of an extension",
                other => other,
            },
            value(from, "nothing"),
            value(to, "nothing"),
        ),
    }
}

fn chinese(facts: &Facts) -> (String, String, &'static str) {
    match facts {
        Facts::Dial { shown, country, costly, kind } => {
            let place = country.as_ref().map(|code| format!("（{code}）")).unwrap_or_default();
            let text = match (chinese_warning(*kind), costly) {
                (Some(warning), _) => warning,
                (None, true) => "这是国外号码。",
                (None, false) => "窗口要求拨打此号码，但没有看到您的点击或按键。",
            };
            (format!("要拨打 {shown}{place} 吗？"), text.to_owned(), "拨打")
        }
        Facts::PbxAddress { address, before } => (
            "要改用另一台 PBX 吗？".to_owned(),
            format!("新地址：{address}\n原地址：{before}\n\n客户端密钥将发送到新地址。"),
            "使用此地址",
        ),
        Facts::PbxCertificate { address, sha256 } => (
            "要信任另一个证书吗？".to_owned(),
            format!("PBX：{address}\nSHA-256：{}\n\n只有在 PBX 管理员确认这些数字后才可同意。", pairs(sha256)),
            "信任",
        ),
        Facts::Login { address, salesforces } => (
            format!("要在 {address} 登录吗？"),
            match salesforces {
                true => "这与本机原来的登录地址不同。此后的通话将记录到该地址所属的组织。",
                false => "这不是 Salesforce 的地址。此后的每次通话都会被该地址的运营者得知。只有在管理员告诉您此地址时才可同意。",
            }
            .to_owned(),
            "在那里登录",
        ),
        Facts::Settings(changes) => (
            "要更改拨号方式吗？".to_owned(),
            lines(changes, chinese_change),
            "更改",
        ),
        Facts::DeleteContacts { said } => (
            "要从 PBX 电话簿中删除这些联系人吗？".to_owned(),
            match said.as_deref().and_then(first_number) {
                Some(count) => format!("将删除 {count} 个联系人，超过电话簿的五分之一。"),
                None => "凡是 Salesforce 中已不存在的联系人，无论多少，都会被删除。".to_owned(),
            },
            "删除",
        ),
        Facts::Disconnect => (
            "要断开 Patchcord 的连接吗？".to_owned(),
            "设置和密钥将被清除，登录将被撤销。等待发送的条目保留在日志中。".to_owned(),
            "断开连接",
        ),
        Facts::Bindings { count } => (
            format!("要在 Salesforce 中更改 {count} 位用户的分机吗？"),
            "更改会写入他们的用户资料：此后他们的通话按新分机记录。".to_owned(),
            "保存",
        ),
        Facts::Act(deed) => {
            let (title, yes) = chinese_deed(*deed);
            (title.to_owned(), "窗口要求这样做，但没有看到您的点击或按键。".to_owned(), yes)
        }
    }
}

/// What [`NumberKind::warning`] says.
fn chinese_warning(kind: NumberKind) -> Option<&'static str> {
    match kind {
        NumberKind::Emergency => Some("此号码会接通紧急救援服务。"),
        NumberKind::Short => Some("这是短号码，例如查号台或服务热线：通话费用可能更高。"),
        NumberKind::Premium => Some("拨打此号码要付高额费用。"),
        NumberKind::Special => Some("此号码有自己的资费：通话费用可能高于普通通话。"),
        NumberKind::Unassigned => Some("没有号码规划包含此号码，因此无法得知通话费用。"),
        NumberKind::Extension | NumberKind::Ordinary => None,
    }
}

fn chinese_deed(deed: Deed) -> (&'static str, &'static str) {
    match deed {
        Deed::CallLink => ("要拨打链接中的号码吗？", "拨打"),
        Deed::Discard => ("不把通话记录到 Salesforce，并删除它的任务吗？", "不记录"),
        Deed::Restore => ("要把未记录的通话记录到 Salesforce 吗？", "记录"),
        Deed::UndoCreated => ("要删除为通话创建的记录吗？", "删除"),
        Deed::MoveCall => ("要把通话改记到另一条记录吗？", "移动"),
        Deed::Forget => ("不再记住号码属于谁吗？", "不再记住"),
    }
}

fn chinese_change(SettingChange { key, from, to }: &SettingChange) -> String {
    match *key {
        "dial.blocked" => format!("不再禁止：{}", cut(from)),
        "dial.confirm_links" => "网页中的电话链接将不经询问直接拨打".to_owned(),
        key => format!(
            "{}：{} → {}",
            match key {
                "numbers.country" => "国家",
                "numbers.area_code" => "区号",
                "numbers.international_prefix" => "国际号码前缀",
                "numbers.outside_prefix" => "外线前缀",
                "numbers.extension_digits" => "分机位数",
                other => other,
            },
            value(from, "无"),
            value(to, "无"),
        ),
    }
}

fn lines(changes: &[SettingChange], line: impl Fn(&SettingChange) -> String) -> String {
    changes.iter().map(line).collect::<Vec<String>>().join("\n")
}

fn value<'a>(text: &'a str, empty: &'a str) -> &'a str {
    if text.is_empty() { empty } else { text }
}

fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    cut
}

/// Hex digits in pairs, as certificates show them.
fn pairs(hex: &str) -> String {
    let digits: Vec<char> = hex.to_uppercase().chars().collect();
    digits.chunks(2).map(|pair| pair.iter().collect::<String>()).collect::<Vec<String>>().join(":")
}

/// The count at the beginning of what the engine has said in English.
fn first_number(said: &str) -> Option<&str> {
    let word = said.split_whitespace().next()?;
    word.chars().all(|letter| letter.is_ascii_digit() || letter == ',').then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Facts> {
        let change = |key, from: &str, to: &str| SettingChange {
            key,
            from: from.to_owned(),
            to: to.to_owned(),
        };
        let (address, before) =
            ("https://evil.example".to_owned(), "https://pbx.example.com".to_owned());
        vec![
            Facts::Dial {
                shown: "+1 900 555 0100".to_owned(),
                country: Some("US".to_owned()),
                costly: true,
                kind: NumberKind::Premium,
            },
            Facts::Dial {
                shown: "030 1234567".to_owned(),
                country: None,
                costly: false,
                kind: NumberKind::Ordinary,
            },
            Facts::PbxAddress { address: address.clone(), before },
            Facts::PbxCertificate { address: address.clone(), sha256: "ab12".to_owned() },
            Facts::Login { address: address.clone(), salesforces: false },
            Facts::Login { address, salesforces: true },
            Facts::Settings(vec![
                change("dial.blocked", "+1900*, +49900*", ""),
                change("dial.confirm_links", "true", "false"),
                change("numbers.outside_prefix", "", "19005550100"),
                change("numbers.country", "DE", "US"),
                change("numbers.area_code", "30", ""),
                change("numbers.international_prefix", "00", "011"),
                change("numbers.extension_digits", "3, 4", "4"),
            ]),
            Facts::DeleteContacts { said: Some("3,120 contacts would be deleted.".to_owned()) },
            Facts::DeleteContacts { said: None },
            Facts::Disconnect,
            Facts::Bindings { count: 1 },
            Facts::Bindings { count: 12 },
            Facts::Act(Deed::CallLink),
            Facts::Act(Deed::Discard),
            Facts::Act(Deed::Restore),
            Facts::Act(Deed::UndoCreated),
            Facts::Act(Deed::MoveCall),
            Facts::Act(Deed::Forget),
        ]
    }

    #[test]
    fn a_question_names_the_true_values_in_both_languages() {
        let said = |at: usize, language| {
            let Question { title, text, .. } = question(&all()[at], language);
            format!("{title}\n{text}")
        };
        for language in [Language::English, Language::Chinese] {
            for (at, value) in [
                (0, "+1 900 555 0100"),
                (2, "https://evil.example"),
                (2, "https://pbx.example.com"),
                (3, "AB:12"),
                (4, "https://evil.example"),
                (6, "+1900*, +49900*"),
                (6, "19005550100"),
                (7, "3,120"),
                (11, "12"),
            ] {
                assert!(said(at, language).contains(value), "{language:?} {at} {value}");
            }
        }
    }

    #[test]
    fn every_question_is_asked_in_both_languages_and_no_setting_by_its_key() {
        for facts in all() {
            let [english, chinese] =
                [Language::English, Language::Chinese].map(|language| question(&facts, language));
            assert!(english.title.is_ascii() || english.title.contains('é'), "{english:?}");
            assert!(!chinese.title.is_ascii() && !chinese.text.is_ascii(), "{chinese:?}");
            for text in [&english.text, &chinese.text] {
                assert!(!text.contains("dial.") && !text.contains("numbers."), "{text}");
            }
        }
    }

    #[test]
    fn a_question_says_what_is_done_and_what_of_it_is_costly() {
        let dial = |costly, kind| {
            let (shown, country) = ("+1 900 555 0100".to_owned(), Some("US".to_owned()));
            let facts = Facts::Dial { shown, country, costly, kind };
            [Language::English, Language::Chinese].map(|language| question(&facts, language).text)
        };
        let [premium, _] = dial(true, NumberKind::Premium);
        assert_eq!(premium, "A call to this number costs a premium.");
        let abroad = dial(true, NumberKind::Ordinary);
        assert_eq!(abroad[0], "The number is abroad.");
        for kind in [NumberKind::Emergency, NumberKind::Short, NumberKind::Special] {
            for (said, of_abroad) in dial(true, kind).iter().zip(&abroad) {
                assert_ne!(said, of_abroad, "{kind:?}");
            }
        }
        let asked = question(&Facts::Act(Deed::Restore), Language::English);
        assert_eq!(asked.title, "Log a call that was kept out of Salesforce?");
        assert!(!asked.text.contains("delete"), "{asked:?}");
    }
}
