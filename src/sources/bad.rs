//! What is wrong with a file of which nothing is used where anything is wrong.

/// How many bad places are shown.
const SHOWN: usize = 20;

/// The first bad places, and how many there are: a file that is no log at all has millions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bad {
    shown: Vec<(usize, String)>,
    count: usize,
}

impl Bad {
    pub(super) fn push(&mut self, place: usize, what: String) {
        self.count += 1;
        if self.shown.len() < SHOWN {
            self.shown.push((place, what));
        }
    }

    /// Takes in what is wrong further on, its places counted from here.
    pub(super) fn extend(&mut self, later: Self, passed: usize) {
        self.count += later.count;
        let room = SHOWN - self.shown.len();
        self.shown.extend(later.shown.into_iter().take(room).map(|(place, what)| (place + passed, what)));
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What is shown, without its places.
    pub(super) fn shown(&self) -> impl Iterator<Item = &str> {
        self.shown.iter().map(|(_, what)| what.as_str())
    }

    /// All of it for people: what cannot be used, each place as it is told, and how many more there are.
    pub(super) fn told(&self, what: &str, place: impl Fn(usize) -> String) -> String {
        let mut text = format!("{what} cannot be used");
        for (number, what) in &self.shown {
            text.push_str(&format!("\n{}: {what}", place(*number)));
        }
        if self.count > self.shown.len() {
            text.push_str(&format!("\n… and {} more", self.count - self.shown.len()));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Bad;

    #[test]
    fn a_file_that_is_no_log_costs_no_memory_for_each_of_its_lines() {
        let mut bad = Bad::default();
        for line in 1..=1000 {
            bad.push(line, "no".to_owned());
        }
        assert_eq!(bad.shown().count(), 20);
        let told = bad.told("the log", |line| format!("log:{line}"));
        assert!(
            told.starts_with("the log cannot be used\nlog:1: no\n") && told.ends_with("\n… and 980 more"),
            "{told}"
        );
    }
}
