//! Lists that come in pages.

use serde::de::DeserializeOwned;

use super::answer::Answer;
use super::ask::Ask;
use super::client::GitHub;
use super::trouble::Trouble;

/// How many pages of one list are followed.
pub(super) const MOST: usize = 30;

/// How many items a page has, at most.
pub(super) const PER_PAGE: &str = "100";

/// Items, as far as they were read.
#[derive(Clone, Debug)]
pub struct Paged<T> {
    pub items: Vec<T>,
    /// What kept the rest from being read: nothing where the list is whole, or as long as it was asked for.
    pub cut: Option<Trouble>,
    /// Whether the list ended.
    pub whole: bool,
}

impl<T> Paged<T> {
    /// The items of a list that must be whole.
    ///
    /// # Errors
    ///
    /// Fails where it is not.
    pub fn all(self, what: &str) -> Result<Vec<T>, Trouble> {
        match self {
            Self { whole: true, items, .. } => Ok(items),
            Self { cut, .. } => Err(cut.unwrap_or_else(|| Trouble::TooLarge { what: what.to_owned() })),
        }
    }
}

impl GitHub {
    /// Follows a list until it ends or `enough` says so; the first page must come.
    pub(super) fn pages<P: DeserializeOwned, T>(
        &self,
        ask: Ask,
        items: impl Fn(P) -> Vec<T>,
        mut enough: impl FnMut(&[T]) -> bool,
    ) -> Result<Paged<T>, Trouble> {
        let mut paged = Paged { items: Vec::new(), cut: None, whole: false };
        let mut ask = ask.with(&[("per_page", PER_PAGE)]);
        for page in 0..MOST {
            let read = self.ask(&ask).and_then(|answer: Answer| Ok((answer.read::<P>(&ask.what)?, answer.next())));
            let (one, next) = match read {
                Ok(read) => read,
                Err(trouble) if page == 0 => return Err(trouble),
                Err(trouble) => {
                    paged.cut = Some(trouble);
                    return Ok(paged);
                }
            };
            paged.items.extend(items(one));
            let Some(next) = next else {
                paged.whole = true;
                return Ok(paged);
            };
            if enough(&paged.items) {
                return Ok(paged);
            }
            ask.path = next;
        }
        Ok(paged)
    }

    /// A whole list.
    pub(super) fn list<P: DeserializeOwned, T>(
        &self,
        ask: Ask,
        items: impl Fn(P) -> Vec<T>,
    ) -> Result<Vec<T>, Trouble> {
        let what = ask.what.clone();
        self.pages(ask, items, |_| false)?.all(&what)
    }
}
