//! The template as it is, deployed to MiniStack as `deploy lambda` deploys it, and used: what stands
//! between the functions and their callers (SAM, CloudFormation, API Gateway's routes, SSM, the tables)
//! is tried as far as MiniStack is like AWS. It is not in what it streams (below), and it does not look at
//! policies: told to, it refuses what AWS allows (`dynamodb:LeadingKeys`, the path of a parameter), so
//! `agreement.rs` compares them with the code. The suite itself runs elsewhere.

use super::{
    MiniStack, Tools,
    deploy::{Deployment, Stack},
};
use crate::{
    cargo,
    deploy::{Document, Environment, Secrets},
    gateway, http, process,
    process::Service,
};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::{fs, net::TcpListener, path::Path, process::Command, time::Duration};

/// The suite's provider.
pub(crate) const UPSTREAM: &str = "openclaw-upstream";

/// A deployment to MiniStack of the functions in the folder `built`, the same again, and calls to it. Their
/// provider is the program `upstream`.
pub(crate) fn rehearse(tools: &Tools, built: &Path, upstream: &Path) -> Result<()> {
    let own = cargo::root().join("target/aws/smoke");
    let _ = fs::remove_dir_all(&own);
    fs::create_dir_all(&own)?;
    let ministack = MiniStack::start(tools, &own)?;
    let url = &ministack.url;
    let (_upstream, config) = self::upstream(upstream)?;
    let file = own.join("openclaw.toml");
    fs::write(&file, config)?;
    let document = Document::read(&file)?;
    let secrets = Secrets::new(Some(own.join("secrets.env")), None, Some(&document))?;
    let deployment = Deployment {
        tools,
        env: Environment::Dev,
        secrets: &secrets,
        document: Some(&document),
        built: Some(built),
        account: account(url),
    };
    // A vendor that nothing but its variable makes a provider.
    let vendor = json!({"CEREBRAS_API_KEY": "a key"}).to_string();
    deployment.ask(&["put", &deployment.vendors_path()], &vendor)?;
    let stack = deployment.carry_out()?;
    let kept = secrets.to_upload(|_| vec![false])?;
    let again = deployment.carry_out()?;
    ensure!(stack.address == again.address, "{} moved", stack.address);
    ensure!(
        kept == secrets.to_upload(|_| vec![false])?,
        "secrets changed"
    );
    let token = kept
        .get("OPENCLAW_ADMIN_TOKEN")
        .context("no operator's token")?;
    Deployed {
        address: reachable(url, &stack)?,
        sockets: sockets(url, &stack)?,
        deployment,
    }
    .check(token)
}

/// The gateway as MiniStack runs it.
struct Deployed<'a> {
    address: String,
    sockets: String,
    deployment: Deployment<'a>,
}

impl Deployed<'_> {
    /// Every function answers what it is to answer, by the route that the template gives it.
    fn check(&self, token: &str) -> Result<()> {
        let health = self.get("/v1/health", None)?;
        ensure!(health["checks"]["storage"] == "ok", "health: {health}");
        let nowhere = http::get(&format!("{}/nowhere", self.address), None);
        let nowhere = nowhere.err().map(|error| error.to_string());
        let missing = nowhere.as_ref().is_some_and(|error| error.contains("404"));
        ensure!(missing, "a path that is nowhere: {nowhere:?}");
        let key = gateway::new_key(&self.address, token, "pro")?;
        let models = self.get("/api/v1/models", Some(&key))?;
        ensure!(models["data"][0]["id"] == MODEL, "models: {models}");
        let ids = models["data"].as_array().into_iter().flatten();
        let mut ids = ids.filter_map(|model| model["id"].as_str());
        let has_vendors = ids.any(|id| id.starts_with("cerebras/"));
        ensure!(has_vendors, "no model of the vendor: {models}");
        let body = json!({"api_key": key}).to_string();
        let made = http::post(&format!("{}/v1/auth/token", self.address), None, &body)?;
        let made: Value = serde_json::from_str(&made)?;
        let bearer = made["token"].as_str().context("no token")?;
        let answer = self.chat(bearer, false)?;
        ensure!(
            answer.contains(r#""object":"chat.completion""#),
            "chat: {answer}"
        );
        let answer = self.chat(bearer, true)?;
        ensure!(answer.ends_with("data: [DONE]\n\n"), "stream: {answer}");
        self.chat_on_socket(&key)?;
        self.process_file(bearer)?;
        let usage = self.get("/v1/analytics/usage", Some(&key))?;
        ensure!(usage["total_requests"] == 3, "usage: {usage}");
        ensure!(
            usage["errors"] == 0 && usage["interrupted"] == 0,
            "usage: {usage}"
        );
        Ok(())
    }

    fn get(&self, path: &str, key: Option<&str>) -> Result<Value> {
        let said = http::get(&format!("{}{path}", self.address), key)?;
        Ok(serde_json::from_str(&said)?)
    }

    /// A chat on the WebSocket: `$connect`, messages, the function's calls of itself and `@connections`.
    fn chat_on_socket(&self, key: &str) -> Result<()> {
        let mut chat = Command::new(&self.deployment.tools.python);
        chat.arg(cargo::root().join("xtask/src/lambda/socket_chat.py"));
        let said = process::output(chat.args([&self.sockets, MODEL]), key)?;
        let frames = said.stdout.lines().map(serde_json::from_str);
        let frames: Vec<Value> = frames.collect::<Result<_, _>>()?;
        let told = || format!("the WebSocket: {} {}", said.stdout, said.stderr);
        let [welcome, chunks @ .., complete] = &frames[..] else {
            bail!(told());
        };
        ensure!(welcome["type"] == "auth_ok", told());
        ensure!(complete["type"] == "chat_complete", told());
        let texts = chunks.iter().filter_map(|chunk| chunk["content"].as_str());
        let text = texts.collect::<String>();
        ensure!(!text.is_empty() && complete["content"] == *text, told());
        Ok(())
    }

    /// A file's way from its upload by a job to its text: the ledger's stream, the dispatcher, the function that
    /// looks into it.
    fn process_file(&self, bearer: &str) -> Result<()> {
        let form = "--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nuser_data\r\n\
                    --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n\
                    Hello\r\n--x--\r\n";
        let kind = "multipart/form-data; boundary=x";
        let made = event("POST", "/v1/files/upload", bearer, kind, form);
        let made: Value = serde_json::from_str(&self.invoke("FilesFunction", &made)?.1)?;
        let path = format!("/v1/files/{}", made["id"].as_str().context("no file")?);
        for _ in 0..LOOKS {
            let asked = event("GET", &path, bearer, kind, "");
            let file: Value = serde_json::from_str(&self.invoke("FilesFunction", &asked)?.1)?;
            if file["status"] == "processed" {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        bail!("{path} is not processed")
    }

    /// A chat's answer.
    fn chat(&self, bearer: &str, stream: bool) -> Result<String> {
        let message = json!({"role": "user", "content": "Hello!"});
        let body = json!({"model": MODEL, "messages": [message], "stream": stream}).to_string();
        let path = "/v1/chat/completions";
        let event = event("POST", path, bearer, "application/json", &body);
        let (head, body) = self.invoke("ChatFunction", &event)?;
        let expected = match stream {
            true => "text/event-stream",
            false => "application/json",
        };
        ensure!(head["headers"]["content-type"] == expected, "{head}");
        Ok(body)
    }

    /// The head and body of a streamed answer. MiniStack's API Gateway answers 500 where an integration
    /// streams: so the function is invoked by its name, with the event that API Gateway sends.
    fn invoke(&self, function: &str, event: &Value) -> Result<(Value, String)> {
        let stack = self.deployment.stack();
        let name = self.deployment.ask(&["resource", &stack, function], "")?;
        let name = name.as_str().context("the function has no name")?;
        let said = self.deployment.ask(&["invoke", name], &event.to_string())?;
        // MiniStack shows the bytes of a streamed answer as a JSON string.
        let said: String = serde_json::from_str(said.as_str().context("no text")?)?;
        let (head, body) = said.split_once("\0\0\0\0\0\0\0\0").context("no head")?;
        let head: Value = serde_json::from_str(head)?;
        let is_done = matches!(head["statusCode"].as_u64(), Some(200..300));
        ensure!(is_done, "{head} {body}");
        Ok((head, body.to_owned()))
    }
}

/// How often it is asked whether a job is done: half a minute.
const LOOKS: u32 = 60;

/// A request as a REST API's event.
fn event(method: &str, path: &str, bearer: &str, kind: &str, body: &str) -> Value {
    let bearer = format!("Bearer {bearer}");
    let context = json!({
        "httpMethod": method, "path": format!("/dev{path}"), "protocol": "HTTP/1.1", "stage": "dev",
        "requestId": "smoke", "resourcePath": "/{proxy+}", "identity": {"sourceIp": "127.0.0.1"},
    });
    json!({
        "resource": "/{proxy+}", "path": path, "httpMethod": method,
        "headers": {"authorization": bearer, "content-type": kind},
        "multiValueHeaders": {"authorization": [bearer], "content-type": [kind]},
        "queryStringParameters": null, "multiValueQueryStringParameters": null,
        "pathParameters": {"proxy": path.trim_start_matches('/')}, "requestContext": context,
        "body": body, "isBase64Encoded": false,
    })
}

/// The model of the configuration.
const MODEL: &str = "small";

/// The provider, and a configuration with a model there.
fn upstream(program: &Path) -> Result<(Service, String)> {
    let port = free_port()?;
    let mut command = Command::new(program);
    command.args(["--port", &port.to_string()]);
    let service = Service::start("upstream", &mut command, false, Duration::from_secs(2))?;
    let config = format!(
        "[[providers]]\nid = \"mock\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\n\n\
         [[models]]\nid = \"{MODEL}\"\nname = \"Small\"\ncontext_length = 8192\n\
         pricing = {{ prompt = 0.01, completion = 0.02 }}\n\
         targets = [{{ provider = \"mock\", model = \"gpt-4-0613\" }}]\n"
    );
    Ok((service, config))
}

/// The variables that lead SAM and boto3 to MiniStack, and to nobody's account.
fn account(url: &str) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL", url.into()),
        ("AWS_DEFAULT_REGION", "us-east-1".into()),
        ("AWS_ACCESS_KEY_ID", "test".into()),
        ("AWS_SECRET_ACCESS_KEY", "test".into()),
    ]
}

/// Where MiniStack has what is to be at the stack's address.
fn reachable(url: &str, stack: &Stack) -> Result<String> {
    let (api, stage) = named(&stack.address)?;
    Ok(format!("{url}/restapis/{api}/{stage}/_user_request_"))
}

/// And at the WebSocket's.
fn sockets(url: &str, stack: &Stack) -> Result<String> {
    let (api, stage) = named(&stack.sockets)?;
    let url = url.replacen("http", "ws", 1);
    Ok(format!("{url}/_aws/execute-api/{api}/{stage}"))
}

/// The API and the stage that an address names.
fn named(address: &str) -> Result<(&str, &str)> {
    let (_, host) = address.split_once("://").context("no address")?;
    let (api, rest) = host.split_once('.').context("no API")?;
    let (_, stage) = rest.rsplit_once('/').context("no stage")?;
    Ok((api, stage))
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
