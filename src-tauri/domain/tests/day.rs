//! The day that a person means by a few words.

use domain::{Day, day::Unreadable};
use proptest::prelude::*;

/// A Wednesday.
fn today() -> Day {
    Day::new(2026, 1, 7).expect("a day")
}

fn meant(text: &str) -> Option<String> {
    Day::meant(text, today()).ok().map(|day| day.to_string())
}

#[test]
fn words_name_a_day_in_english_and_chinese() {
    for (text, day) in [
        ("today", "2026-01-07"),
        ("Tomorrow", "2026-01-08"),
        ("the day after tomorrow", "2026-01-09"),
        ("in 2 days", "2026-01-09"),
        ("in two days", "2026-01-09"),
        ("2 days", "2026-01-09"),
        ("in a week", "2026-01-14"),
        ("in 3 weeks", "2026-01-28"),
        ("in a month", "2026-02-07"),
        ("next week", "2026-01-14"),
        ("next month", "2026-02-07"),
        ("monday", "2026-01-12"),
        ("next monday", "2026-01-12"),
        ("friday", "2026-01-09"),
        ("fri", "2026-01-09"),
        ("next friday", "2026-01-16"),
        ("wednesday", "2026-01-14"),
        ("on Thursday", "2026-01-08"),
        ("2026-02-28", "2026-02-28"),
        ("2026/2/8", "2026-02-08"),
        ("8.2.", "2026-02-08"),
        ("6.1.", "2027-01-06"),
        ("8.2.2027", "2027-02-08"),
        ("25/12", "2026-12-25"),
        ("12/25/2026", "2026-12-25"),
        ("3/3", "2026-03-03"),
        ("9 Jan", "2026-01-09"),
        ("January 9th, 2027", "2027-01-09"),
        ("6th of january", "2027-01-06"),
        ("29 feb", "2028-02-29"),
        ("今天", "2026-01-07"),
        ("明天", "2026-01-08"),
        ("后天", "2026-01-09"),
        ("3天后", "2026-01-10"),
        ("三 天 后", "2026-01-10"),
        ("两周后", "2026-01-21"),
        ("十二天之后", "2026-01-19"),
        ("一个月后", "2026-02-07"),
        ("下周一", "2026-01-12"),
        ("下周五", "2026-01-16"),
        ("周五", "2026-01-09"),
        ("下个星期天", "2026-01-18"),
        ("星期日", "2026-01-11"),
        ("1月9日", "2026-01-09"),
        ("二月八号", "2026-02-08"),
        ("2027年1月9日", "2027-01-09"),
        ("２天后", "2026-01-09"),
        ("２０２６－０２－０８", "2026-02-08"),
    ] {
        assert_eq!(meant(text).as_deref(), Some(day), "{text}");
    }
}

#[test]
fn what_is_no_day_or_could_be_two_is_refused() {
    for text in [
        "",
        " ",
        "soon",
        "3/4",
        "3/4/2026",
        "31.2.2026",
        "2026-13-01",
        "in days",
        "in -2 days",
        "in 99999 days",
        "周八",
        "月",
        "2026-02-30",
        "<script>",
        "=1+1",
        "mo",
        "13月1日",
        "8.2.27",
    ] {
        assert_eq!(Day::meant(text, today()), Err(Unreadable::Unknown), "{text}");
    }
    assert_eq!(Day::meant("2026-01-06", today()), Err(Unreadable::Past));
    assert_eq!(Day::meant("2099-01-01", today()), Err(Unreadable::Far));
}

fn days() -> impl Strategy<Value = Day> {
    (2020_i16..2080, 1_i8..=12, 1_i8..=31).prop_filter_map("a day", |(y, m, d)| Day::new(y, m, d))
}

proptest! {
    #[test]
    fn no_text_panics_or_lies_in_the_past(text in "\\PC{0,30}", today in days()) {
        if let Ok(day) = Day::meant(&text, today) {
            prop_assert!(day >= today);
        }
    }

    #[test]
    fn a_day_is_read_back_as_itself(today in days()) {
        prop_assert_eq!(Day::meant(&today.to_string(), today), Ok(today));
        prop_assert_eq!(Day::parse(&today.to_string()), Some(today));
        let (year, month, day) = today.parts();
        prop_assert_eq!(Day::meant(&format!("{day}.{month}.{year}"), today), Ok(today));
        prop_assert_eq!(Day::meant(&format!("{year}年{month}月{day}日"), today), Ok(today));
    }

    #[test]
    fn one_day_after_another_is_counted(today in days(), count in 0_u32..1_500) {
        let mut day = today;
        for _ in 0..count.min(40) {
            let next = Day::meant("tomorrow", day).expect("a day follows");
            prop_assert!(next > day);
            day = next;
        }
        let spoken = Day::meant(&format!("in {} days", count.min(40)), today);
        prop_assert_eq!(spoken, Ok(day));
        prop_assert_eq!(Day::meant(&format!("{count}天后"), today), Day::meant(&format!("in {count} days"), today));
    }

    #[test]
    fn a_day_of_the_week_is_within_the_next_seven(today in days(), at in 0_usize..7) {
        let name = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"][at];
        let coming = Day::meant(name, today).expect("a day");
        let week = Day::meant("in 7 days", today).expect("a day");
        prop_assert!(coming > today && coming <= week);
        let letter = ["一", "二", "三", "四", "五", "六", "日"][at];
        prop_assert_eq!(Day::meant(&format!("周{letter}"), today), Ok(coming));
        prop_assert_eq!(
            Day::meant(&format!("下周{letter}"), today),
            Day::meant(&format!("next {name}"), today)
        );
    }
}
