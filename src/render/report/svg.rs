//! The few shapes that charts are drawn with. Colours are classes; text from outside is escaped here.

use std::fmt::Write;

use crate::render::clean;

/// The most characters of one text from outside.
const LONGEST: usize = 90;

/// Makes text from outside plain in HTML and SVG, and cuts what is too long.
pub(super) fn plain(text: &str) -> String {
    let clean = clean(text);
    let mut out = String::with_capacity(clean.len());
    for letter in clean.chars().take(LONGEST) {
        entity(&mut out, letter);
    }
    if clean.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}

/// The same, whatever its length: for the report's own sentences, in which text from outside may stand.
pub(super) fn whole(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    crate::render::harmless(text).chars().for_each(|letter| entity(&mut out, letter));
    out
}

fn entity(out: &mut String, letter: char) {
    match letter {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        _ => out.push(letter),
    }
}

/// Where a text stands to its point.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing as it grows.
#[derive(Default)]
pub(super) struct Drawing(pub String);

impl Drawing {
    pub(super) fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let _ = writeln!(
            self.0,
            r#"<rect class="{class}" x="{x:.1}" y="{y:.1}" width="{:.1}" height="{:.1}"/>"#,
            width.max(0.0),
            height.max(0.0)
        );
    }

    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let _ = writeln!(self.0, r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#);
    }

    pub(super) fn path(&mut self, class: &str, way: &str) {
        let _ = writeln!(self.0, r#"<path class="{class}" d="{way}"/>"#);
    }

    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = plain(text);
        let _ = writeln!(self.0, r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#);
    }

    /// Wraps what was drawn into a picture that says what it shows.
    pub(super) fn picture(&self, name: &str, (width, height): (f64, f64), about: &str) -> String {
        format!(
            "<svg class=\"chart\" role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\">\n<title>{}</title>\n{}</svg>\n",
            whole(about),
            whole(name),
            self.0
        )
    }
}

/// A count as a length.
pub(super) fn float(count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts lie far below 2^52")]
    {
        count as f64
    }
}

/// The patterns that tell what colours tell, once a document.
pub(super) const PATTERNS: &str = r#"<defs>
<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/><line class="hatch-line" x1="0" y1="0" x2="0" y2="6"/></pattern>
<pattern id="cross" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect class="cross-ground" width="6" height="6"/><line class="cross-line" x1="0" y1="0" x2="0" y2="6"/></pattern>
<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse"><circle class="dot" cx="2" cy="2" r="1"/></pattern>
</defs>
"#;

#[cfg(test)]
mod tests {
    use super::{plain, whole};

    #[test]
    fn text_from_outside_is_no_markup() {
        assert_eq!(plain("<script>&\"'\u{1b}[31m"), "&lt;script&gt;&amp;&quot;&#39;\u{fffd}[31m");
        assert_eq!(plain(&"x".repeat(500)).chars().count(), 91);
        assert_eq!(whole(&"<".repeat(500)).len(), 2000);
    }
}
