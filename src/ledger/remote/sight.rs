//! What a clone sees of the ledger's remote: where its volumes end, and whether that still contains what it saw before.

use std::collections::BTreeMap;

use git2::Oid;

use super::book::{load, volume};
use super::git::without_secrets;
use super::{RECENT, Remote, THERE};
use crate::ledger::Trouble;
use crate::ledger::chain::Entry;

/// The place of a volume.
pub(super) fn at(under: &str, number: u32) -> String {
    format!("{under}{number:06}")
}

impl Remote {
    /// Asks the remote where its volumes end.
    pub(super) fn list(&self) -> Result<BTreeMap<u32, Oid>, Trouble> {
        let said = self.git.run(&["ls-remote", "--refs"], &[&format!("{THERE}*")])?;
        if !said.ok {
            return Err(Trouble::new(format!("{} cannot be read: {}", self.name, said.why()), said.remedy()));
        }
        let mut there = BTreeMap::new();
        // The pattern is that of a name's end: a branch may be called so too.
        let own = |line: &&str| line.split_once('\t').is_none_or(|(_, place)| place.starts_with(THERE));
        for line in said.out.lines().filter(own) {
            let read = line.split_once('\t').and_then(|(id, place)| {
                let number: u32 = place.strip_prefix(THERE)?.parse().ok()?;
                (place == at(THERE, number) && number > 0).then_some((number, Oid::from_str(id).ok()?))
            });
            let (number, id) = read.ok_or_else(|| self.unreadable("it has a ref there that is no volume"))?;
            there.insert(number, id);
        }
        Ok(there)
    }

    /// The newest volume that this clone has seen, and where it ended.
    pub(super) fn seen(&self) -> Result<Option<(u32, Oid)>, Trouble> {
        let cannot = |error: git2::Error| {
            let what =
                format!("what this clone has seen of the ledger {} cannot be read: {}", self.name, error.message());
            Trouble::new(what, "see that `git for-each-ref refs/deploy-rhythm` works, then ask again")
        };
        let refs = self.repo.references_glob(&format!("{}*", self.seen)).map_err(cannot)?;
        let kept: Vec<_> = refs.collect::<Result<_, _>>().map_err(cannot)?;
        let kept =
            kept.iter().filter_map(|one| Some((one.name().ok()?.rsplit('/').next()?.parse().ok()?, one.target()?)));
        let all = kept.chain(self.tip.as_ref().map(|tip| (tip.book.volume, tip.commit)));
        Ok(all.max_by_key(|(number, id)| {
            // Of one volume, what this process has seen itself.
            (*number, self.tip.as_ref().is_some_and(|tip| tip.commit == *id))
        }))
    }

    /// Brings what is known up to what the remote has.
    pub(super) fn look(&mut self) -> Result<(), Trouble> {
        // What was seen is read first: what comes after may be newer, and never older.
        let seen = self.seen()?;
        let there = self.list()?;
        let now = (self.clock)();
        let newest = there.last_key_value().map(|(number, id)| (*number, *id));
        let Some((newest, id)) = newest else {
            if let Some((number, _)) = seen {
                return Err(self.gone(number, "is not there any more"));
            }
            (self.tip, self.there, self.looked, self.glanced) = (None, there, Some(now), Some(now));
            return Ok(());
        };
        let first = seen.map_or(newest, |(number, _)| number);
        if let Some(missing) = (first..=newest.max(first)).find(|number| !there.contains_key(number)) {
            return Err(self.gone(missing, "is not there any more"));
        }
        let known = |number: &u32, id: &Oid| {
            let kept = self.repo.refname_to_id(&at(&self.seen, *number)).ok();
            kept == Some(*id) || self.tip.as_ref().is_some_and(|tip| tip.commit == *id)
        };
        let needed: Vec<String> = (first..=newest)
            .filter(|number| there.get(number).is_some_and(|id| !known(number, id)))
            .map(|number| at(THERE, number))
            .collect();
        if !needed.is_empty() {
            self.fetch(&needed, seen.map(|(_, id)| id))?;
        }
        if let Some((number, before)) = seen
            && let Some(id) = there.get(&number)
            && !self.contains(*id, before)
        {
            return Err(self.gone(number, "does not contain any more what this clone has seen of it"));
        }
        for number in first + 1..=newest {
            let of = |number: u32| there.get(&number).copied().unwrap_or(Oid::ZERO_SHA1);
            let (_, previous) = volume(&self.repo, of(number)).map_err(|what| self.unreadable(&what))?;
            if previous != Some(of(number - 1).to_string()) {
                return Err(self.gone(number, "does not follow from the volume before it"));
            }
        }
        let tip = load(&self.repo, id, self.tip.as_ref()).map_err(|what| self.unreadable(&what))?;
        if tip.book.volume != newest {
            return Err(self.unreadable(&format!("volume {newest} says that it is {}", tip.book.volume)));
        }
        self.tip = Some(tip);
        for (number, id) in there.range(first..) {
            self.remember(*number, *id);
        }
        (self.there, self.looked, self.glanced) = (there, Some(now), Some(now));
        Ok(())
    }

    pub(super) fn fetch(&self, places: &[String], have: Option<Oid>) -> Result<(), Trouble> {
        let have = have.map(|id| format!("--negotiation-tip={id}"));
        // Nothing of the repository's own history is in a ledger: where nothing of that is here, nothing is offered.
        let mut call = match have {
            Some(_) => vec!["fetch"],
            None => vec!["-c", "fetch.negotiationAlgorithm=noop", "fetch"],
        };
        call.extend(have.as_deref());
        let quiet = ["--no-tags", "--no-prune", "--no-write-fetch-head", "--no-recurse-submodules", "--no-filter"];
        call.extend(quiet);
        call.extend(["--no-auto-gc", "--refmap=", "--quiet"]);
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        let said = self.git.run(&call, &places)?;
        match said.ok {
            true => Ok(()),
            false => Err(Trouble::new(format!("{} cannot be fetched: {}", self.name, said.why()), said.remedy())),
        }
    }

    /// Whether a commit is another, or comes after it.
    pub(super) fn contains(&self, newer: Oid, older: Oid) -> bool {
        newer == older || self.repo.graph_descendant_of(newer, older).unwrap_or(false)
    }

    /// Keeps what was seen from being tidied away, and remembers it. Another process may do the same: then it has.
    pub(super) fn remember(&self, number: u32, id: Oid) {
        let place = at(&self.seen, number);
        let _ = match self.repo.refname_to_id(&place) {
            Ok(before) if before == id || !self.contains(id, before) => return,
            Ok(before) => self.repo.reference_matching(&place, id, true, before, "ledger"),
            Err(_) => self.repo.reference(&place, id, false, "ledger"),
        };
    }

    /// Looks at the remote, unless it just did.
    pub(super) fn look_again(&mut self) -> Result<(), Trouble> {
        let now = (self.clock)();
        match self.looked.is_some_and(|before| before <= now && now < before + RECENT) {
            true => Ok(()),
            false => self.look(),
        }
    }

    /// Every entry: the volumes before the newest are fetched where they are not here.
    pub(super) fn read_all(&mut self, entries: &mut Vec<Entry>) -> Result<(), Trouble> {
        let there = self.list()?;
        let missing: Vec<(u32, Oid)> = there
            .iter()
            .filter(|(number, id)| self.repo.refname_to_id(&at(&self.seen, **number)).ok() != Some(**id))
            .map(|(number, id)| (*number, *id))
            .collect();
        let places: Vec<String> = missing.iter().map(|(number, _)| at(THERE, *number)).collect();
        if !places.is_empty() {
            self.fetch(&places, self.seen()?.map(|(_, id)| id))?;
        }
        for (number, id) in missing {
            self.remember(number, id);
        }
        let mut before: Option<(u32, Oid)> = None;
        for (number, id) in there {
            let (of_volume, previous) = volume(&self.repo, id).map_err(|what| self.unreadable(&what))?;
            let follows = match before {
                None => number == 1 && previous.is_none(),
                Some((last, end)) => number == last + 1 && previous == Some(end.to_string()),
            };
            entries.extend(of_volume);
            if !follows {
                return Err(self.gone(number, "does not follow from the volume before it"));
            }
            before = Some((number, id));
        }
        Ok(())
    }

    pub(super) fn unreadable(&self, what: &str) -> Trouble {
        Trouble::new(
            format!("the ledger {} cannot be understood: {what}", self.name),
            "use the newest deploy-rhythm; `ledger verify` names the place, `ledger export --entries` prints what can be read",
        )
    }

    pub(super) fn gone(&self, number: u32, what: &str) -> Trouble {
        let (seen, place) = (at(&self.seen, number), at(THERE, number));
        let remote = without_secrets(&self.git.remote);
        Trouble::new(
            format!("the ledger {} was deleted or replaced: {place} {what}", self.name),
            format!(
                "put it back, `git push {remote} '{}*:{THERE}*'`; if that was meant, forget it in this clone: `git update-ref -d {seen}`",
                self.seen
            ),
        )
    }
}
