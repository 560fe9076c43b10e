use crate::{context::SkillsContext, run::run};
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use openclaw_core::{Code, Error};
use openclaw_mcp::{
    Tool,
    server::{self, Identity, Message, Method, Reply, Request},
};
use openclaw_schema::list::Page;
use openclaw_skills::{Skill, SkillStatus, parse_tool_name};
use openclaw_web::{App, Json, RawJson, RequestId, RequestQuota, Result};

/// Who answers.
const OURSELVES: Identity = Identity {
    name: "openclaw-api",
    version: env!("CARGO_PKG_VERSION"),
    instructions: "The skills of an account. A tool's name is the skill's id, two underscores and the command.",
};

/// Skills of one page.
const PAGE: usize = 100;

/// The account's skills as a Model Context Protocol server: one message of JSON-RPC. 403 for pages of origins
/// that may not call.
pub(crate) async fn call_mcp(
    State(app): State<App>,
    Extension(context): Extension<SkillsContext>,
    Extension(quota): Extension<RequestQuota>,
    request: RequestId,
    headers: HeaderMap,
    RawJson(body): RawJson,
) -> Result<Response> {
    ensure_origin(&app, &headers)?;
    let reply = match server::read(&headers, &body) {
        Err(refused) => refused,
        Ok(Message::Note) => Reply::accepted(),
        Ok(Message::Request(asked)) => match &asked.method {
            Method::Initialize { .. } | Method::Discover | Method::Ping => {
                asked.introduce(&OURSELVES)
            }
            Method::ListTools { .. } => asked.list(tools(&context, &quota).await?, &OURSELVES),
            Method::CallTool { .. } => {
                called(&app, &context, &quota, &request, &headers, &asked).await?
            }
        },
    };
    let status = StatusCode::from_u16(reply.status).map_err(Error::internal)?;
    Ok(match reply.body {
        Some(body) => (status, Json(body)).into_response(),
        None => status.into_response(),
    })
}

/// Whatever a page of another origin asks a browser to send is refused, so that a name which leads to this
/// host makes no page of this origin (DNS rebinding).
fn ensure_origin(app: &App, headers: &HeaderMap) -> Result<()> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let listed = app.config.cors.origins.iter();
    let is_listed = |listed: &String| listed == "*" || origin == listed.as_str();
    if listed.into_iter().any(is_listed) {
        return Ok(());
    }
    let message = "Pages of this origin may not call";
    Err(Error::new(Code::Forbidden, message).into())
}

/// The commands of all skills that may be executed.
async fn tools(context: &SkillsContext, quota: &RequestQuota) -> Result<Vec<Tool>> {
    let account = &quota.caller().account.id;
    let mut tools = vec![];
    let mut page = Page {
        limit: PAGE,
        after: None,
    };
    loop {
        let skills = context.skills.list(account, &page).await?.into_data();
        let active = skills
            .iter()
            .filter(|skill| skill.status == SkillStatus::Active);
        tools.extend(active.flat_map(tools_of));
        match skills.last() {
            Some(last) if skills.len() == PAGE => page.after = Some(last.manifest.id.clone()),
            _ => return Ok(tools),
        }
    }
}

fn tools_of(skill: &Skill) -> impl Iterator<Item = Tool> {
    let about = &skill.manifest.description;
    skill.manifest.tools().map(move |(name, command)| {
        let description = [about.as_str(), &command.description].join("\n");
        let description = description.trim();
        Tool {
            name,
            title: None,
            description: Some(description.to_owned()).filter(|text| !text.is_empty()),
            input_schema: command.parameters.clone(),
            output_schema: None,
        }
    })
}

async fn called(
    app: &App,
    context: &SkillsContext,
    quota: &RequestQuota,
    request: &RequestId,
    headers: &HeaderMap,
    asked: &Request,
) -> Result<Reply> {
    let Method::CallTool { name, arguments } = &asked.method else {
        return Ok(Reply::accepted());
    };
    let Some((skill, command)) = parse_tool_name(name) else {
        return Ok(asked.no_tool(name));
    };
    let found = context.skills.find(&quota.caller().account.id, skill).await;
    let schema = match &found {
        Ok(found) => found
            .manifest
            .commands
            .get(command)
            .map(|it| &it.parameters),
        Err(error) if error.code == Code::NotFound => None,
        Err(_) => return Ok(found.map(|_| Reply::accepted())?),
    };
    let Some(schema) = schema else {
        return Ok(asked.no_tool(name));
    };
    if let Err(refused) = asked.check_arguments(headers, schema) {
        return Ok(refused);
    }
    let outcome = run(app, context, quota, request, (skill, command), arguments).await;
    let outcome = match outcome {
        Ok(executed) => executed.result.map_err(|error| error.message.into_owned()),
        // A model that reads what is wrong with its arguments writes better ones.
        Err(error) if matches!(error.0.code, Code::InvalidRequest | Code::Conflict) => {
            Err(error.0.message.into_owned())
        }
        Err(error) => return Err(error),
    };
    Ok(asked.called(outcome, &OURSELVES))
}
