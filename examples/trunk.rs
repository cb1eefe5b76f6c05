//! Prints each landing on a repository's HEAD, oldest first: its commit, its second, and how many commits it brought.
//!
//! `cargo run --release --example trunk REPO`; `benches/side-by-side` measures it.

use std::io::{BufWriter, Write};
use std::path::Path;

use deploy_rhythm::sources::git::Repo;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let place = std::env::args_os().nth(1).ok_or("usage: trunk REPO")?;
    let repo = Repo::open(Path::new(&place))?;
    let history = repo.trunk_history(&repo.head()?, None).map_err(|missing| missing.what)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for (landing, batch) in history.landings.iter().zip(&history.batches) {
        writeln!(out, "{} {} {batch}", landing.commit, landing.at.timestamp())?;
    }
    out.flush()?;
    Ok(())
}
