//! JSON as other tools print it: one list, several one after another (pages), objects one after another, or a list of
//! Kubernetes, `{"items": […]}`. One entry is taken apart at a time, however long the list is.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

/// An entry of a list.
pub(super) type Entry = Map<String, Json>;

/// Takes each entry of a text in its order.
///
/// # Errors
///
/// Fails where the text is no JSON, or where something stands in a list that is no object.
pub(super) fn each(bytes: &[u8], take: &mut dyn FnMut(&Entry)) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    while json.end().is_err() {
        Entries(take).deserialize(&mut json)?;
    }
    Ok(())
}

/// The keys of the first entry, as far as the beginning of a text shows them.
pub(super) fn first_keys(beginning: &[u8]) -> Vec<String> {
    let mut keys = Vec::new();
    // The beginning breaks off somewhere: what was seen until then is what is asked for.
    let _ = First(&mut keys).deserialize(&mut serde_json::Deserializer::from_slice(beginning));
    keys
}

struct Entries<'a>(&'a mut dyn FnMut(&Entry));

impl<'de> DeserializeSeed<'de> for Entries<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Entries<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object or a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Entries(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<(), A::Error> {
        let (mut entry, mut is_list) = (Entry::new(), false);
        while let Some(key) = pairs.next_key::<String>()? {
            if key == "items" {
                is_list = true;
                pairs.next_value_seed(Entries(&mut *self.0))?;
            } else {
                entry.insert(key, pairs.next_value()?);
            }
        }
        if !is_list {
            (self.0)(&entry);
        }
        Ok(())
    }
}

struct First<'a>(&'a mut Vec<String>);

impl<'de> DeserializeSeed<'de> for First<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for First<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object or a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while self.0.is_empty() && items.next_element_seed(First(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<(), A::Error> {
        while let Some(key) = pairs.next_key::<String>()? {
            self.0.push(key);
            pairs.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{each, first_keys};

    fn ids(text: &str) -> Result<Vec<u64>, String> {
        let mut ids = Vec::new();
        let mut take = |entry: &super::Entry| ids.extend(entry["id"].as_u64());
        each(text.as_bytes(), &mut take).map_err(|error| error.to_string())?;
        Ok(ids)
    }

    #[test]
    fn pages_lists_and_objects_are_one_history() {
        for text in [
            r#"[{"id":1},{"id":2},{"id":3}]"#,
            r#"[{"id":1},{"id":2}][{"id":3}]"#,
            r#"[[{"id":1}],[],[{"id":2},{"id":3}]]"#,
            "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n",
            r#"{"apiVersion":"v1","items":[{"id":1},{"id":2},{"id":3}],"kind":"List"}"#,
        ] {
            assert_eq!(ids(text), Ok(vec![1, 2, 3]), "{text}");
        }
        for bad in [r#"[{"id":1},2]"#, r#"[{"id":1}"#, r#"[{"id":1}] x"#, "\"text\""] {
            assert!(ids(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_beginning_shows_its_keys() {
        assert_eq!(first_keys(br#"[[],[{"id":1,"sha":"2f"#), ["id", "sha"]);
        assert_eq!(first_keys(br#"{"apiVersion":"v1","items":[{"#), ["apiVersion", "items"]);
        assert!(first_keys(b"id,commit\n").is_empty());
    }
}
