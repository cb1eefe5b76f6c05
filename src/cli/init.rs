//! `init`: a commented policy fitted to what the repository holds.

use std::path::{Path, PathBuf};

use clap::Args;

use super::hook::install::{self, Hook};
use super::{Outcome, workflows};
use crate::error::Error;
use crate::sources::deployments::{LOGS, TAGS};
use crate::sources::files;
use crate::sources::git::Repo;
use crate::sources::policy::PATHS;

/// Write a commented policy fitted to this repository
#[derive(Debug, Args)]
pub struct Init {
    /// The repository
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,

    /// Print the policy instead of writing it
    #[arg(long, conflicts_with = "hook")]
    print: bool,

    /// Write hooks instead of the policy, beside what is there; safe to run twice
    #[arg(long, value_enum, value_name = "HOOK")]
    hook: Vec<Hook>,

    /// Write workflows that use the GitHub Action at this place, beside what is there; safe to run twice
    #[arg(long, value_name = "OWNER/NAME@REF", conflicts_with_all = ["print", "hook"], value_parser = workflows::place)]
    action: Option<String>,

    /// Remove the hooks that `--hook` names
    #[arg(long, requires = "hook")]
    remove: bool,
}

/// What was seen in a repository, and what follows from it.
struct Finding {
    seen: String,
    extends: Option<&'static str>,
    history: Option<String>,
}

impl Init {
    pub(super) fn run(self) -> Result<Outcome, Error> {
        let repo = Repo::open(&self.repo).map_err(|error| Error::usage(error.to_string()))?;
        let top = repo.workdir().filter(|top| !repo.is_bare() && *top != repo.git_dir()).ok_or_else(|| {
            Error::usage("a bare repository has no working tree to write to").hint("run `init` in a clone")
        })?;
        if !self.hook.is_empty() {
            let folder = self.repo.canonicalize().unwrap_or_else(|_| top.to_owned());
            return install::hooks(&repo, &folder, &self.hook, self.remove).map(Outcome::done);
        }
        if let Some(action) = &self.action {
            return workflows::write(top, action).map(Outcome::done);
        }
        let findings = look(&repo, top)?;
        let text = policy(&findings);
        if self.print {
            return Ok(Outcome::done(text));
        }
        for path in PATHS {
            if top.join(path).exists() {
                return Err(Error::usage(format!("{path} exists already, and is left as it is"))
                    .hint("`deploy-rhythm init --print` shows what would be written"));
            }
        }
        files::create(&top.join(PATHS[0]), &text)?;
        let begin = match findings.iter().any(|finding| finding.history.is_some()) {
            true => "",
            false => {
                "  touch deploys.jsonl             # an empty log: nothing was deployed yet; without any record rules hold\n"
            }
        };
        Ok(Outcome::done(format!(
            "wrote {}\n\nnext:\n{begin}  deploy-rhythm policy validate   # after each edit\n  deploy-rhythm check             # judged by it; in force for all once it lands on the default branch\n",
            PATHS[0]
        )))
    }
}

fn look(repo: &Repo, top: &Path) -> Result<Vec<Finding>, Error> {
    let has = |path: &str| top.join(path).exists();
    let text = |path: &str| {
        files::read(&top.join(path), 1024 * 1024)
            .map(|bytes| bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default())
    };
    let mut findings = Vec::new();
    let database = text("config/database.yml")?;
    if database.contains("sqlite3") {
        findings.push(Finding {
            seen: "config/database.yml uses SQLite".to_owned(),
            extends: Some("sqlite-single-volume"),
            history: None,
        });
    } else {
        for file in ["config/deploy.yml", "docker-compose.yml", "compose.yml", "fly.toml", "litestream.yml"] {
            if text(file)?.contains("sqlite") {
                findings.push(Finding {
                    seen: format!("{file} mentions SQLite"),
                    extends: Some("sqlite-single-volume"),
                    history: None,
                });
                break;
            }
        }
    }
    for file in ["CLAUDE.md", ".claude", "AGENTS.md", "GEMINI.md", ".github/copilot-instructions.md"] {
        if has(file) {
            findings.push(Finding {
                seen: format!("{file}: agents work here"),
                extends: Some("agents"),
                history: None,
            });
            break;
        }
    }
    if let Some(log) = LOGS.into_iter().find(|log| has(log)) {
        findings.push(Finding {
            seen: format!("a deploy log, {log}"),
            extends: None,
            history: Some(format!("  log: {log}")),
        });
    }
    if let Some(audit) = files::ending_with(&top.join(".kamal"), "-audit.log")?.first() {
        findings.push(Finding {
            seen: format!("Kamal's audit log, .kamal/{audit}"),
            extends: None,
            history: Some(format!("  kamal: .kamal/{audit}")),
        });
    } else if has("config/deploy.yml") {
        findings.push(Finding { seen: "config/deploy.yml: Kamal, whose audit log lies on the host (`kamal audit | deploy-rhythm check --deploys -`)".to_owned(), extends: None, history: None });
    }
    if !repo.deploy_tags(TAGS, "production").map_err(|error| Error::failure(error.to_string()))?.deployments.is_empty()
    {
        findings.push(Finding {
            seen: format!("deploy tags, {TAGS}"),
            extends: None,
            history: Some(format!("  tags: \"{TAGS}\"")),
        });
    }
    Ok(findings)
}

fn policy(findings: &[Finding]) -> String {
    let mut extends: Vec<&str> = findings.iter().filter_map(|finding| finding.extends).collect();
    if extends.is_empty() {
        extends.push("continuous");
    }
    let mut out = String::from(
        "# The rhythm of deploys of this repository, judged by deploy-rhythm.\n#\n# What was found here:\n",
    );
    for finding in findings {
        out.push_str(&format!("#   - {}\n", finding.seen));
    }
    if findings.is_empty() {
        out.push_str("#   - nothing that tells how it is deployed\n");
    }
    out.push_str("#\n# After each edit: `deploy-rhythm policy validate`, and `deploy-rhythm policy show` for what follows from it.\n\nversion: 1\n\n");
    out.push_str("# Required where a rule speaks of local time: windows, freezes, budgets by the day.\n# timezone: Europe/Paris\n\n");
    out.push_str("# Built-in policies, joined: `deploy-rhythm policy show --built-in NAME` prints one.\n");
    out.push_str(&format!("extends: [{}]\n\n", extends.join(", ")));
    let history: Vec<&str> = findings.iter().filter_map(|finding| finding.history.as_deref()).collect();
    if history.is_empty() {
        out.push_str("# Where deployments are recorded. None were found: deploy through `deploy-rhythm run -- COMMAND`, which keeps a\n# ledger, give them with `--deploys FILE`, tag each deploy\n# (`git tag -m deploy deploy/production/20260204-1403`), or keep a log in JSON Lines, at first an empty one:\n# history:\n#   log: deploys.jsonl\n\n");
    } else {
        out.push_str("# Where deployments are recorded.\nhistory:\n");
        out.push_str(&history.join("\n"));
        out.push_str("\n\n");
    }
    out.push_str(
        "environments:\n  production:\n    # Your own rules add to those inherited; give each its reason: findings print it.\n    soft-mandatory: []\n    #  - deployment-window: {days: mon-thu, from: \"09:00\", to: \"16:00\"}\n    #    because: nobody is there to watch in the evening\n    # without: [batch-size]     # drops an inherited rule\n    # override: {roles: [cli], expires: 2h, per-month: 4}   # at a terminal: `deploy-rhythm override`\n",
    );
    out
}
