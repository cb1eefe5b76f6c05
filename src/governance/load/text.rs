//! Bytes into text: size, encoding, frontmatter.

use super::unseen::Reason;

/// Readers skip a larger file.
pub const LARGEST: usize = 4 * 1024 * 1024;

/// The text of a file, and what is wrong with it where it can be read all the same.
pub fn decode(bytes: &[u8]) -> Result<(String, Option<Reason>), Reason> {
    if bytes.len() > LARGEST {
        return Err(Reason::TooLarge);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.contains(&0) {
        return Err(Reason::Binary);
    }
    let text = String::from_utf8_lossy(bytes);
    let replaced = matches!(text, std::borrow::Cow::Owned(_)).then_some(Reason::NotUtf8);
    Ok((text.replace("\r\n", "\n").replace('\r', "\n"), replaced))
}

/// The frontmatter of a text, and the byte at which its body begins.
pub fn frontmatter(text: &str) -> Option<(&str, usize)> {
    let rest = text.strip_prefix("---\n")?;
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if matches!(line.trim_end(), "---" | "...") {
            return Some((&rest[..at], 4 + at + line.len()));
        }
        at += line.len();
    }
    None
}

/// The globs of a rule file's `paths`: a YAML list, or one string with commas; none where it is no YAML.
pub fn paths(frontmatter: &str) -> Vec<String> {
    let mut globs = Vec::new();
    let mut inside = false;
    for line in frontmatter.lines() {
        let item = line.trim();
        if let Some(value) = line.strip_prefix("paths:") {
            inside = true;
            globs.extend(split_outside_braces(value.trim().trim_start_matches('[').trim_end_matches(']')));
        } else if let Some(value) = item.strip_prefix("- ").filter(|_| inside) {
            globs.push(value);
        } else if !item.is_empty() && !item.starts_with('#') {
            inside = false;
        }
    }
    let clean = |glob: &str| glob.trim().trim_matches(['"', '\'']).to_owned();
    globs.into_iter().map(clean).filter(|glob| !glob.is_empty()).collect()
}

/// Parts between commas that are no part of a brace expansion.
fn split_outside_braces(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, Reason, decode, frontmatter, paths};

    #[test]
    fn what_is_no_text_is_said() {
        assert_eq!(decode(b"a\0b"), Err(Reason::Binary));
        assert_eq!(decode(&vec![b'a'; LARGEST + 1]), Err(Reason::TooLarge));
        assert_eq!(decode(b"caf\xe9").map(|(_, why)| why), Ok(Some(Reason::NotUtf8)));
        assert_eq!(decode(b"\xef\xbb\xbfa\r\nb"), Ok(("a\nb".into(), None)));
    }

    #[test]
    fn paths_come_in_two_forms() {
        let (yaml, body) =
            frontmatter("---\npaths:\n  - \"src/**/*.{ts,js}\"\n  - docs/*\n---\nText").expect("frontmatter");
        assert_eq!(paths(yaml), ["src/**/*.{ts,js}", "docs/*"]);
        assert_eq!(body, 53 - 4);
        assert_eq!(paths("paths: src/**/*.{ts,js}, docs/*"), ["src/**/*.{ts,js}", "docs/*"]);
        assert_eq!(paths("paths: ["), [] as [String; 0]);
        assert!(frontmatter("---\nnever closed").is_none());
    }
}
