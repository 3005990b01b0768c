//! Values that the PBX spells now as text, now as number, now not at all.
//!
//! Reading one of these never fails: what cannot be understood counts as absent. Source: yeastar-open-api.md §9.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// Text, from text or number, without blanks around it; empty counts as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text(Option<String>);

/// A whole number, from number or text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Whole(pub(crate) Option<i64>);

/// A list; null, a missing list and anything that is no list count as empty, a single object as a list of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl Text {
    pub(crate) fn as_deref(&self) -> Option<&str> {
        self.0.as_deref()
    }

    pub(crate) fn into_option(self) -> Option<String> {
        self.0
    }

    /// Returns the text, empty where it is absent.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or("")
    }
}

impl Whole {
    /// Returns a count of seconds and the like: absent and negative count as zero.
    pub(crate) fn count(self) -> u64 {
        self.0.and_then(|value| u64::try_from(value).ok()).unwrap_or(0)
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, value: &str) -> Result<Text, E> {
        let value = value.trim();
        Ok(Text((!value.is_empty()).then(|| value.to_owned())))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Text, E> {
        Ok(Text(Some(value.to_string())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_unit<E>(self) -> Result<Text, E> {
        Ok(Text(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Text, A::Error> {
        skip_seq(seq)?;
        Ok(Text(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Text, A::Error> {
        skip_map(map)?;
        Ok(Text(None))
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WholeVisitor)
    }
}

struct WholeVisitor;

impl<'de> Visitor<'de> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_str<E>(self, value: &str) -> Result<Whole, E> {
        let value = value.trim();
        let whole = value.parse().ok();
        Ok(Whole(whole.or_else(|| value.parse::<f64>().ok().and_then(from_float))))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Whole, E> {
        Ok(Whole(Some(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Whole, E> {
        Ok(Whole(i64::try_from(value).ok()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Whole, E> {
        Ok(Whole(from_float(value)))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Whole, E> {
        Ok(Whole(Some(i64::from(value))))
    }

    fn visit_unit<E>(self) -> Result<Whole, E> {
        Ok(Whole(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Whole, A::Error> {
        skip_seq(seq)?;
        Ok(Whole(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Whole, A::Error> {
        skip_map(map)?;
        Ok(Whole(None))
    }
}

/// Returns the whole part of a number that is near enough to be meant as one.
fn from_float(value: f64) -> Option<i64> {
    // Beyond 2^53 a float is no longer exact, and no time or code is that large.
    (value.abs() < 9.0e15).then_some(value as i64)
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<List<T>, A::Error> {
        let one = T::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        Ok(List(vec![one]))
    }

    fn visit_str<E>(self, _: &str) -> Result<List<T>, E> {
        Ok(List::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<List<T>, E> {
        Ok(List::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<List<T>, E> {
        Ok(List::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<List<T>, E> {
        Ok(List::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<List<T>, E> {
        Ok(List::default())
    }

    fn visit_unit<E>(self) -> Result<List<T>, E> {
        Ok(List::default())
    }
}

pub(super) fn skip_seq<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<(), A::Error> {
    while seq.next_element::<IgnoredAny>()?.is_some() {}
    Ok(())
}

pub(super) fn skip_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_numbers_stand_in_for_each_other() {
        for (json, text, whole) in [
            ("\"64\"", Some("64"), Some(64)),
            ("64", Some("64"), Some(64)),
            ("\" 64 \"", Some("64"), Some(64)),
            ("-1", Some("-1"), Some(-1)),
            ("64.0", Some("64"), Some(64)),
            ("\"64.9\"", Some("64.9"), Some(64)),
            ("\" \"", None, None),
            ("\"\"", None, None),
            ("null", None, None),
            ("[1,[2]]", None, None),
            ("{\"a\":{\"b\":1}}", None, None),
            ("\"NaN\"", Some("NaN"), None),
            ("1e300", Some(&*1e300_f64.to_string()), None),
            ("18446744073709551615", Some("18446744073709551615"), None),
        ] {
            let read: Text = serde_json::from_str(json).unwrap();
            assert_eq!(read.as_deref(), text, "{json}");
            let read: Whole = serde_json::from_str(json).unwrap();
            assert_eq!(read.0, whole, "{json}");
        }
    }

    #[test]
    fn what_is_no_list_is_an_empty_one() {
        for (json, length) in
            [("null", 0), ("\"\"", 0), ("0", 0), ("false", 0), ("[]", 0), ("[1,\"2\",null]", 3)]
        {
            let read: List<Whole> = serde_json::from_str(json).unwrap();
            assert_eq!(read.0.len(), length, "{json}");
        }
    }
}
