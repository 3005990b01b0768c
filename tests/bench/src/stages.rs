//! Where the time of a pop goes: from the frame on the wire to the browser's first instruction, by what the program's log
//! says at its finest of each stage.

use std::{collections::HashMap, fs, time::SystemTime};

use anyhow::{Context as _, Result};

use crate::{
    Spread,
    desk::{Desk, Lit, now},
};

/// The stages of a caller who is known, in their order, each by the word that ends it.
const KNOWN: [(&str, &str); 5] = [
    ("the frame is read", "read"),
    ("the controller has it", "heard"),
    ("the record is found", "decided"),
    ("a thread has the page", "handed"),
    ("the page is noted", "noted"),
];
/// And of one whom only Salesforce knows.
const UNKNOWN: [(&str, &str); 7] = [
    KNOWN[0],
    KNOWN[1],
    ("Salesforce is asked", "asked"),
    ("Salesforce has answered", "answered"),
    KNOWN[2],
    KNOWN[3],
    KNOWN[4],
];

/// A call that rang, and when its page was there.
#[derive(Debug)]
pub(crate) struct Rung {
    pub(crate) call: String,
    pub(crate) begun: i128,
    pub(crate) lit: Lit,
}

/// Prints how long each stage took.
pub(crate) fn print(desk: &Desk, title: &str, rung: &[Rung], asks: bool) -> Result<()> {
    let log = fs::read_to_string(desk.log()).context("the log")?;
    let moments = moments(&log);
    let calendar =
        i128::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos())?;
    let ahead = calendar - now();
    let stages: &[(&str, &str)] = if asks { &UNKNOWN } else { &KNOWN };
    let mut spent: Vec<Vec<f64>> = vec![Vec::new(); stages.len() + 1];
    let mut left_out = 0;
    for Rung { call, begun, lit } in rung {
        let ends: Option<Vec<i128>> =
            stages.iter().map(|(_, word)| moments.get(&(call.as_str(), *word)).copied()).collect();
        let Some(mut ends) = ends else {
            left_out += 1;
            continue;
        };
        ends.push(lit.at + ahead);
        let mut before = begun + ahead;
        for (spent, end) in spent.iter_mut().zip(ends) {
            spent.push(milliseconds(end - before));
            before = end;
        }
    }
    println!("  {title}: where the time goes, {} calls", rung.len() - left_out);
    let words = stages.iter().map(|(name, _)| *name).chain(["the browser runs"]);
    for (word, spent) in words.zip(&spent) {
        println!("    {word:<26} {}", Spread::of(spent));
    }
    if left_out > 0 {
        println!("    {left_out} calls are not in the log whole and left out");
    }
    Ok(())
}

/// Returns the first moment at which the log names each stage of each call, in nanoseconds of the calendar clock.
fn moments(log: &str) -> HashMap<(&str, &str), i128> {
    let mut moments = HashMap::new();
    for line in log.lines().filter(|line| line.contains("::stages: ")) {
        let Some((head, tail)) = line.split_once("::stages: ") else { continue };
        let Some((word, call)) = tail.split_once(" call=") else { continue };
        let Some(at) = head.split_whitespace().next().and_then(nanoseconds) else { continue };
        moments.entry((call.trim(), word)).or_insert(at);
    }
    moments
}

/// Reads `2026-01-05T08:15:23.123456Z`.
fn nanoseconds(text: &str) -> Option<i128> {
    let (day, time) = text.trim_end_matches('Z').split_once('T')?;
    let mut day = day.splitn(3, '-').map(str::parse::<i128>);
    let (year, month, date) = (day.next()?.ok()?, day.next()?.ok()?, day.next()?.ok()?);
    let (time, fraction) = time.split_once('.')?;
    let mut time = time.splitn(3, ':').map(str::parse::<i128>);
    let (hours, minutes, seconds) = (time.next()?.ok()?, time.next()?.ok()?, time.next()?.ok()?);
    let fraction: i128 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    // Days since 1970, by a year that begins in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days = year * 365 + leaps + (153 * month + 2) / 5 + date - 1 - 719_468;
    Some((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000_000_000 + fraction)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a call")]
fn milliseconds(nanoseconds: i128) -> f64 {
    nanoseconds as f64 / 1e6
}
