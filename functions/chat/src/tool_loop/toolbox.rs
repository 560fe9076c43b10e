//! The skills that are offered to a model, as tools.

use futures_util::FutureExt;
use openclaw_core::{BoxFuture, Code, Error, Result};
use openclaw_schema::{parse, parse_text};
use openclaw_skills::{Asked, CallerChat, Chat, SkillStatus, Skills, manifest::Execute};
use openclaw_web::{App, InProcess, RequestId, RequestQuota};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// How many skills one request may offer.
const MAX_SKILLS: usize = 16;

/// How many commands they may have together: what OpenAI takes as tools.
const MAX_TOOLS: usize = 128;

/// Lifetime of the token of a model call in seconds: the shortest there is. It only begins the call.
const TOKEN_SECONDS: i64 = 60;

/// The skills of one request.
pub(super) struct Toolbox {
    app: App,
    skills: Skills,
    quota: RequestQuota,
    request: RequestId,
    /// By the name that the model calls.
    tools: BTreeMap<String, Tool>,
}

/// A command of a skill.
#[derive(Clone, Debug)]
pub(super) struct Tool {
    pub(super) skill: String,
    pub(super) command: String,
    /// Whether it calls a model.
    is_prompt: bool,
    /// OpenAI's object of `tools`.
    definition: String,
}

impl Toolbox {
    /// Those of the caller's account with these ids; 400 names one that is none.
    pub(super) async fn open(
        app: &App,
        quota: &RequestQuota,
        request: &RequestId,
        ids: &[String],
    ) -> Result<Self> {
        let account = &quota.caller().account.id;
        if ids.len() > MAX_SKILLS {
            let issue = format!("must name at most {MAX_SKILLS} skills");
            return Err(Error::invalid("skills", issue));
        }
        let settings = &app.config.skills;
        let skills = Skills::new(
            app.ports.clone(),
            app.egress.clone(),
            settings,
            app.sealer.clone(),
        );
        let mut tools = BTreeMap::new();
        for (at, id) in ids.iter().enumerate() {
            let wrong = |issue: &str| Error::invalid(format!("skills[{at}]"), issue);
            let skill = match skills.find(account, id).await {
                Ok(skill) if skill.status == SkillStatus::Active => skill,
                Ok(_) => return Err(wrong("is disabled")),
                Err(error) if error.code == Code::NotFound => {
                    return Err(wrong("names no skill of this account"));
                }
                Err(error) => return Err(error),
            };
            for (command, (name, details)) in
                skill.manifest.commands.keys().zip(skill.manifest.tools())
            {
                let description = [&*skill.manifest.description, &*details.description];
                let description = description.join("\n");
                let function = json!({
                    "name": name,
                    "description": description.trim(),
                    "parameters": details.parameters,
                });
                let tool = Tool {
                    skill: id.clone(),
                    command: command.clone(),
                    is_prompt: matches!(details.execute, Execute::Prompt(_)),
                    definition: json!({"type": "function", "function": function}).to_string(),
                };
                tools.insert(name, tool);
            }
        }
        if tools.len() > MAX_TOOLS {
            let issue = format!("must have at most {MAX_TOOLS} commands together");
            return Err(Error::invalid("skills", issue));
        }
        Ok(Self {
            app: app.clone(),
            skills,
            quota: quota.clone(),
            request: request.clone(),
            tools,
        })
    }

    /// The tools by their names, as a request has them.
    pub(super) fn definitions(&self) -> Vec<(String, String)> {
        let tools = self.tools.iter();
        tools
            .map(|(name, tool)| (name.clone(), tool.definition.clone()))
            .collect()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.tools.contains_key(name)
    }

    pub(super) fn find(&self, name: &str) -> Option<&Tool> {
        self.tools.get(name)
    }

    /// Executes a command with the arguments that the model wrote. Dropped, it is cancelled.
    pub(super) fn run(&self, name: &str, arguments: &str) -> BoxFuture<'static, Result<Value>> {
        let Some(tool) = self.tools.get(name).cloned() else {
            let error = Error::not_found(format_args!("tool '{name}'"));
            return std::future::ready(Err(error)).boxed();
        };
        let (app, skills) = (self.app.clone(), self.skills.clone());
        let (quota, RequestId(request)) = (self.quota.clone(), self.request.clone());
        let arguments = match arguments.trim() {
            "" => "{}".to_owned(),
            arguments => arguments.to_owned(),
        };
        async move {
            let parameters = parse(parse_text(arguments.as_bytes())?, "parameters")?;
            let chat = tool.is_prompt.then(|| chat_for(&app, &quota)).transpose()?;
            let Tool { skill, command, .. } = tool;
            let account = &quota.caller().account.id;
            let executed = skills.execute(Asked {
                account,
                request: &request,
                skill: &skill,
                command: &command,
                parameters: &parameters,
                chat: chat.as_ref().map(|chat| chat as &dyn Chat),
            });
            let executed = executed.await?;
            let kept = skills.keep(&skill, &executed.execution)?;
            if let Err(error) = app.ports.ledger.transact(account, vec![kept]).await {
                tracing::warn!(request = &*request, %error, "an execution was not kept");
            }
            executed.result
        }
        .boxed()
    }
}

/// The models, for the caller of a skill that calls one: a request of its own, counted and accounted.
fn chat_for(app: &App, quota: &RequestQuota) -> Result<CallerChat> {
    let caller = quota.caller();
    let (key, generation) = (&caller.key.id, caller.generation());
    let now = app.ports.clock.now();
    let token = app
        .authenticator
        .pass(key, generation, TOKEN_SECONDS, now)?;
    let endpoints = InProcess::new(app, crate::router(app));
    Ok(CallerChat::new(Arc::new(endpoints), token))
}
