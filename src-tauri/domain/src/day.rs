//! Days of the calendar, and the day that a person means by a few words: `in 2 days`, `next monday`, `下周一`.
//!
//! Weeks begin on Monday. `monday` is the next one to come; `next monday` is that of the next week. A date without a year
//! is the next such day. What could be two days, such as `3/4`, is none.

use std::fmt;

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day {
    year: i16,
    month: i8,
    day: i8,
}

/// Why words do not name a day on which something can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// They are no day, or could be two.
    Unknown,
    /// The day is over.
    Past,
    /// It is more than [`FARTHEST`] days away.
    Far,
}

/// So many days ahead something can be planned: five years.
pub const FARTHEST: i64 = 5 * 366;

/// More letters than this are no day.
const LONGEST: usize = 60;

impl Day {
    /// Takes year, month and day; `None` where the calendar has no such day.
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        let known = (1..=9_999).contains(&year) && (1..=12).contains(&month) && day >= 1;
        (known && day <= days_in(year, month)).then_some(Self { year, month, day })
    }

    /// Reads `2026-01-07`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut part = |digits: usize| {
            parts.next().filter(|part| {
                part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        let over = parts.next().is_some();
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).filter(|_| !over)
    }

    /// Reads what a person means, said on `today`.
    ///
    /// # Errors
    ///
    /// Why that is no day to do something on.
    pub fn meant(text: &str, today: Self) -> Result<Self, Unreadable> {
        let words = plain(text).ok_or(Unreadable::Unknown)?;
        let day = english(&words, today)
            .or_else(|| chinese(&words, today))
            .or_else(|| written(&words, today))
            .ok_or(Unreadable::Unknown)?;
        match day.number() - today.number() {
            ..0 => Err(Unreadable::Past),
            0..=FARTHEST => Ok(day),
            _ => Err(Unreadable::Far),
        }
    }

    /// Returns year, month and day.
    pub const fn parts(self) -> (i16, i8, i8) {
        (self.year, self.month, self.day)
    }

    /// Counts from 1970-01-01. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
    fn number(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// The other way round: `civil_from_days`.
    fn of_number(number: i64) -> Option<Self> {
        let days = number.checked_add(719_468)?;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let shifted = (5 * of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        Self::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?)
    }

    fn after(self, days: i64) -> Option<Self> {
        Self::of_number(self.number().checked_add(days)?)
    }

    /// The same day of a later month, or its last one.
    fn months_after(self, months: i64) -> Option<Self> {
        let month = i64::from(self.year) * 12 + i64::from(self.month) - 1;
        let month = month.checked_add(months)?;
        let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
        let (year, month) = (i16::try_from(year).ok()?, i8::try_from(month).ok()?);
        Self::new(year, month, self.day.min(days_in(year, month)))
    }

    /// 0 is Monday.
    fn weekday(self) -> i64 {
        (self.number() + 3).rem_euclid(7)
    }

    /// The next such day of the week, not today.
    fn coming(self, weekday: i64) -> Option<Self> {
        self.after((weekday - self.weekday() + 6).rem_euclid(7) + 1)
    }

    /// That day of the next week.
    fn of_next_week(self, weekday: i64) -> Option<Self> {
        self.after(7 - self.weekday() + weekday)
    }

    /// The day without a year: this year's, or next year's where that is over.
    fn without_year(self, month: i8, day: i8) -> Option<Self> {
        // 29 February comes every four years, but for a hundredth.
        (self.year..=self.year.saturating_add(8))
            .filter_map(|year| Self::new(year, month, day))
            .find(|day| *day >= self)
    }
}

/// `2026-01-07`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn days_in(year: i16, month: i8) -> i8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Small letters, ASCII digits and signs, single blanks. Input methods write digits and signs as wide as letters.
fn plain(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST {
        return None;
    }
    let narrow = text.chars().flat_map(|c| match c {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c).to_lowercase()
        }
        '\u{3000}' => ' '.to_lowercase(),
        c => c.to_lowercase(),
    });
    let narrow: String = narrow.map(|c| if c == ',' { ' ' } else { c }).collect();
    Some(narrow.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn english(text: &str, today: Day) -> Option<Day> {
    match text {
        "today" => return Some(today),
        "tomorrow" => return today.after(1),
        "day after tomorrow" | "the day after tomorrow" => return today.after(2),
        "next week" => return today.after(7),
        "next month" => return today.months_after(1),
        "next year" => return today.months_after(12),
        _ => {}
    }
    let words: Vec<&str> = text.split(' ').collect();
    match words.as_slice() {
        ["next", day] => weekday(day).and_then(|day| today.of_next_week(day)),
        ["on" | "this", day] | [day] => weekday(day).and_then(|day| today.coming(day)),
        ["in", count, unit] | [count, unit] => {
            spoken(count).and_then(|count| span(count, unit, today))
        }
        _ => None,
    }
    .or_else(|| by_name(&words, today))
}

fn span(count: i64, unit: &str, today: Day) -> Option<Day> {
    match unit {
        "day" | "days" => today.after(count),
        "week" | "weeks" => today.after(count.checked_mul(7)?),
        "month" | "months" => today.months_after(count),
        "year" | "years" => today.months_after(count.checked_mul(12)?),
        _ => None,
    }
}

fn spoken(word: &str) -> Option<i64> {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    if matches!(word, "a" | "an") {
        return Some(1);
    }
    let named = WORDS.iter().position(|known| *known == word);
    named.and_then(|at| i64::try_from(at).ok()).or_else(|| count(word))
}

/// A number of at most four digits.
fn count(text: &str) -> Option<i64> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn weekday(word: &str) -> Option<i64> {
    const DAYS: [&str; 7] =
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    begun(word, &DAYS)
}

/// Where in a list the word stands, written out or by its first three letters or more.
fn begun(word: &str, names: &[&str]) -> Option<i64> {
    let word = word.strip_suffix('.').unwrap_or(word);
    let at = names.iter().position(|name| word.len() >= 3 && name.starts_with(word))?;
    i64::try_from(at).ok()
}

/// `7 jan`, `january 7 2027`, `7th of january`.
fn by_name(words: &[&str], today: Day) -> Option<Day> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let month = |word: &str| begun(word, &MONTHS).and_then(|at| i8::try_from(at + 1).ok());
    let day = |word: &str| {
        let digits = word.trim_end_matches(['.', 's', 't', 'n', 'd', 'r', 'h']);
        count(digits).and_then(|day| i8::try_from(day).ok())
    };
    let words: Vec<&str> =
        words.iter().copied().filter(|word| !matches!(*word, "of" | "on")).collect();
    let (first, second, year) = match words.as_slice() {
        [first, second] => (first, second, None),
        [first, second, year] => (first, second, Some(count(year).filter(|year| *year >= 1_000)?)),
        _ => return None,
    };
    let (month, day) = match (month(first), month(second)) {
        (Some(month), None) => (month, day(second)?),
        (None, Some(month)) => (month, day(first)?),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    match year {
        Some(year) => Day::new(i16::try_from(year).ok()?, month, day),
        None => today.without_year(month, day),
    }
}

/// `2026-1-7`, `2026/1/7`, `7.1.2026`, `7.1.`; `25/12`, `12/25/2026` where only one reading is a day.
fn written(text: &str, today: Day) -> Option<Day> {
    let separator = ['-', '/', '.'].into_iter().find(|separator| text.contains(*separator))?;
    let text = if separator == '.' { text.strip_suffix('.').unwrap_or(text) } else { text };
    let parts: Vec<i64> =
        text.split(separator).map(|part| count(part.trim())).collect::<Option<_>>()?;
    let small = |part: i64| i8::try_from(part).ok();
    let (day, month, year) = match (separator, parts.as_slice()) {
        ('-' | '/' | '.', [year, month, day]) if *year >= 1_000 => (*day, *month, Some(*year)),
        ('.', [day, month]) => (*day, *month, None),
        ('.', [day, month, year]) => (*day, *month, Some(*year)),
        ('/', [one, other]) => one_reading(*one, *other).map(|(day, month)| (day, month, None))?,
        ('/', [one, other, year]) => {
            one_reading(*one, *other).map(|(day, month)| (day, month, Some(*year)))?
        }
        _ => return None,
    };
    match year {
        Some(year) if year >= 1_000 => {
            Day::new(i16::try_from(year).ok()?, small(month)?, small(day)?)
        }
        Some(_) => None,
        None => today.without_year(small(month)?, small(day)?),
    }
}

/// Which of two numbers is the day, where the other can only be the month.
fn one_reading(one: i64, other: i64) -> Option<(i64, i64)> {
    match (one > 12, other > 12) {
        (true, false) => Some((one, other)),
        (false, true) => Some((other, one)),
        (false, false) if one == other => Some((one, other)),
        (false, false) | (true, true) => None,
    }
}

fn chinese(text: &str, today: Day) -> Option<Day> {
    let text: String = text.chars().filter(|c| *c != ' ').collect();
    match text.as_str() {
        "今天" | "今日" => return Some(today),
        "明天" | "明日" => return today.after(1),
        "后天" | "後天" => return today.after(2),
        "大后天" | "大後天" => return today.after(3),
        "下周" | "下星期" | "下礼拜" => return today.after(7),
        "下月" | "下个月" => return today.months_after(1),
        "明年" => return today.months_after(12),
        _ => {}
    }
    chinese_span(&text, today)
        .or_else(|| chinese_weekday(&text, today))
        .or_else(|| chinese_date(&text, today))
}

/// `3天后`, `两周后`, `一个月之后`.
fn chinese_span(text: &str, today: Day) -> Option<Day> {
    let text = ["之后", "以后", "后", "後"].iter().find_map(|end| text.strip_suffix(end))?;
    let text = text.strip_prefix('过').unwrap_or(text);
    for (units, days) in
        [(&["天", "日"][..], 1), (&["个星期", "个礼拜", "星期", "礼拜", "周"][..], 7)]
    {
        if let Some(number) = units.iter().find_map(|unit| text.strip_suffix(unit)) {
            return today.after(chinese_number(number)?.checked_mul(days)?);
        }
    }
    for (units, months) in [(&["个月"][..], 1), (&["年"][..], 12)] {
        if let Some(number) = units.iter().find_map(|unit| text.strip_suffix(unit)) {
            return today.months_after(chinese_number(number)?.checked_mul(months)?);
        }
    }
    None
}

/// `周五`, `下周一`, `星期天`.
fn chinese_weekday(text: &str, today: Day) -> Option<Day> {
    let next = ["下个", "下"].iter().find_map(|word| text.strip_prefix(word));
    let this = ["这个", "这", "本"].iter().find_map(|word| text.strip_prefix(word));
    let rest = next.or(this).unwrap_or(text);
    let day = ["周", "星期", "礼拜"].iter().find_map(|word| rest.strip_prefix(word))?;
    let mut letters = day.chars();
    let (letter, None) = (letters.next()?, letters.next()) else { return None };
    let day = match letter {
        '一' | '1' => 0,
        '二' | '2' => 1,
        '三' | '3' => 2,
        '四' | '4' => 3,
        '五' | '5' => 4,
        '六' | '6' => 5,
        '日' | '天' | '7' => 6,
        _ => return None,
    };
    if next.is_some() { today.of_next_week(day) } else { today.coming(day) }
}

/// `1月7日`, `2026年1月7号`.
fn chinese_date(text: &str, today: Day) -> Option<Day> {
    let (year, rest) = match text.split_once('年') {
        Some(("明", rest)) => (Some(i64::from(today.year) + 1), rest),
        Some(("今", rest)) => (Some(i64::from(today.year)), rest),
        Some((year, rest)) => (Some(count(year).filter(|year| *year >= 1_000)?), rest),
        None => (None, text),
    };
    let (month, day) = rest.split_once('月')?;
    let day = day.strip_suffix('日').or_else(|| day.strip_suffix('号'))?;
    let small = |text: &str| chinese_number(text).and_then(|number| i8::try_from(number).ok());
    let (month, day) = (small(month)?, small(day)?);
    match year {
        Some(year) => Day::new(i16::try_from(year).ok()?, month, day),
        None => today.without_year(month, day),
    }
}

/// Digits, or 一 to 九十九.
fn chinese_number(text: &str) -> Option<i64> {
    const ONES: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let one = |text: &str| {
        let mut letters = text.chars();
        let (letter, None) = (letters.next()?, letters.next()) else { return None };
        let letter = if letter == '两' { '二' } else { letter };
        ONES.iter().position(|known| *known == letter).and_then(|at| i64::try_from(at).ok())
    };
    if let Some(number) = count(text).or_else(|| one(text)) {
        return Some(number);
    }
    let (tens, ones) = text.split_once('十')?;
    let tens = if tens.is_empty() { 1 } else { one(tens)? };
    let ones = if ones.is_empty() { 0 } else { one(ones)? };
    Some(tens * 10 + ones)
}
