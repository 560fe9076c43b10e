//! Skills on the wire.

use openclaw_core::Timestamp;
use openclaw_skills::{Skill, SkillStatus, manifest::Command};
use serde::Serialize;
use std::collections::BTreeMap;

/// A skill as it is shown.
#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Skill")
)]
pub(crate) struct SkillView {
    /// The account's own name for it.
    id: String,
    /// Always `skill`.
    object: &'static str,
    /// For people.
    name: String,
    /// The manifest's own.
    version: String,
    /// What it is good for.
    description: String,
    /// Whether it may be executed.
    status: SkillStatus,
    /// Whether it ships with the gateway, and stays as it is.
    builtin: bool,
    /// When it was installed; `null` for one that ships.
    created_at: Option<Timestamp>,
    /// When it was last changed; `null` for one that ships.
    updated_at: Option<Timestamp>,
    /// By name; left out of lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    commands: Option<BTreeMap<String, Command>>,
}

impl SkillView {
    /// With its commands.
    pub(crate) fn whole(skill: Skill) -> Self {
        let commands = skill.manifest.commands.clone();
        Self {
            commands: Some(commands),
            ..Self::summary(skill)
        }
    }

    /// Without them.
    pub(crate) fn summary(skill: Skill) -> Self {
        let manifest = skill.manifest;
        Self {
            id: manifest.id,
            object: "skill",
            name: manifest.name,
            version: manifest.version,
            description: manifest.description,
            status: skill.status,
            builtin: skill.times.is_none(),
            created_at: skill.times.map(|(created, _)| created),
            updated_at: skill.times.map(|(_, updated)| updated),
            commands: None,
        }
    }
}
