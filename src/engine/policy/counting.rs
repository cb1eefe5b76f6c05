//! What counts as a deployment of an environment, of all that GitHub records there.

use super::pattern::Pattern;
use super::reader::Problems;
use super::yaml::Yaml;

/// Which of GitHub's records count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counting {
    /// The runs of this workflow are the rollouts, whatever deployments there are.
    pub workflow: Option<String>,
    /// Deployments of another task do not count.
    pub task: Option<String>,
    /// What does not count, by what is told of it.
    pub ignore: Ignoring,
}

/// Patterns of what does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ignoring {
    pub tasks: Vec<Pattern>,
    pub creators: Vec<Pattern>,
    pub descriptions: Vec<Pattern>,
}

impl Ignoring {
    /// Whether something does not count.
    #[must_use]
    pub fn fits(&self, task: Option<&str>, creator: Option<&str>, description: Option<&str>) -> bool {
        let any = |patterns: &[Pattern], text: Option<&str>| {
            text.is_some_and(|text| patterns.iter().any(|pattern| pattern.fits(text)))
        };
        any(&self.tasks, task) || any(&self.creators, creator) || any(&self.descriptions, description)
    }
}

impl Counting {
    /// The words of a deployment that does not count, or nothing.
    #[must_use]
    pub fn leaves_out(
        &self,
        task: Option<&str>,
        creator: Option<&str>,
        description: Option<&str>,
    ) -> Option<&'static str> {
        match &self.task {
            Some(wanted) if task.is_some_and(|task| task != wanted) => Some("of another task"),
            _ => self.ignore.fits(task, creator, description).then_some("ignored by the policy"),
        }
    }

    /// Reads `{workflow, task, ignore}`.
    pub(super) fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        let fields = problems.fields(yaml, "`deployments`", &["workflow", "task", "ignore"])?;
        let mut counting = Self::default();
        if let Some(value) = fields.get("workflow") {
            counting.workflow = problems.text(value, "`workflow` of `deployments`");
            let name = counting.workflow.as_deref().unwrap_or_default();
            if name.contains(['/', '\\']) || name.contains(char::is_whitespace) {
                let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
                let fix = format!("write the name of its file alone: `{file}`");
                problems.add(value.place, format!("`{name}` is no name of a workflow's file"), fix);
            }
        }
        if let Some(value) = fields.get("task") {
            counting.task = problems.text(value, "`task` of `deployments`");
            if counting.workflow.is_some() {
                let fix = "keep one of the two";
                problems.add(value.place, "`task` is of deployments, and `workflow` counts runs instead", fix);
            }
        }
        if let Some(value) = fields.get("ignore") {
            let fields = problems.fields(value, "`ignore` of `deployments`", &["task", "creator", "description"])?;
            let mut patterns = |key: &str| -> Vec<Pattern> {
                let texts = fields.get(key).map(|value| problems.texts(value, &fields.name(key)));
                texts.unwrap_or_default().iter().map(|text| Pattern::new(text)).collect()
            };
            counting.ignore = Ignoring {
                tasks: patterns("task"),
                creators: patterns("creator"),
                descriptions: patterns("description"),
            };
            let ignores = &counting.ignore;
            if counting.workflow.is_some() && !(ignores.tasks.is_empty() && ignores.descriptions.is_empty()) {
                let fix = "ignore runs by their `creator`";
                problems.add(value.place, "`workflow` counts runs, which have no task and no description", fix);
            }
        }
        Some(counting)
    }
}
