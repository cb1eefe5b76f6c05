//! The ids of directives: they survive moving a line and changing a number.

use std::collections::BTreeMap;

use super::directive::{Directive, Scope};

/// Gives every directive its id; equal ones are told apart by their order.
pub fn settle(directives: &mut [Directive]) {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for directive in directives {
        let id = hash(directive);
        let count = known.entry(id.clone()).or_default();
        *count += 1;
        directive.id = if *count == 1 { id } else { format!("{id}-{count}") };
    }
}

/// Hashes kind, object, polarity, scope and the words, numbers left out.
fn hash(directive: &Directive) -> String {
    let Scope { environment, branch, service, path, actor, condition } = &directive.scope;
    let mut text = format!("{}\n{}\n{}\n", directive.kind, directive.object, directive.polarity);
    for part in [environment, branch, service, path, actor, condition] {
        text.push_str(&words(part.as_deref().unwrap_or_default()));
        text.push('\n');
    }
    text.push_str(&words(&directive.text));
    format!("{:016x}", fnv(text.as_bytes()))
}

/// The words of a text in lower case, without digits and punctuation.
fn words(text: &str) -> String {
    let letters = text.to_lowercase();
    let words = letters.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// FNV-1a, 64 bits: stable over releases and platforms.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::{fnv, words};

    #[test]
    fn numbers_and_marks_do_not_count() {
        assert_eq!(words("At most 3 deploys, per hour!"), words("at most 10 deploys per hour"));
        assert_eq!(fnv(b"a"), 0xaf63_dc4c_8601_ec8c);
    }
}
