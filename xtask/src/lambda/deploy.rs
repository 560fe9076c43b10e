//! `cargo xtask deploy lambda`: from the checkout to a public address, in one command that can be run
//! again. What it does beside `sam build` and `sam deploy`: the secrets, and the configuration.

use super::{
    FUNCTIONS, Tools, build,
    smoke::{UPSTREAM, rehearse},
};
use crate::{
    cargo, dashboard,
    deploy::{Document, Environment, Progress, Secrets, Values, healthy, next, plan},
    process,
    steps::Steps,
};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Options of `deploy lambda`.
#[derive(Args)]
pub(crate) struct Options {
    /// Which of the environments in samconfig.toml.
    #[arg(long, value_enum, default_value = "dev")]
    env: Environment,
    /// The region [default: AWS_REGION, AWS_DEFAULT_REGION, or the profile's].
    #[arg(long)]
    region: Option<String>,
    /// The gateway's configuration; without, what is deployed stays.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where generated secrets are kept, mode 0600 [default: .secrets/openclaw-aws-ENV.env].
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// Says what would be done, checks the template and builds, without an account.
    #[arg(long)]
    dry_run: bool,
    /// Deploys to a double of AWS on this machine, twice, and uses what is deployed.
    #[arg(long, conflicts_with_all = ["env", "region", "config", "secrets", "dry_run"])]
    rehearse: bool,
}

/// Does all of it and prints what to do with it.
pub(crate) fn run(options: &Options) -> Result<()> {
    dashboard::build()?;
    if options.rehearse {
        let upstream = cargo::binary("openclaw-conformance", UPSTREAM, cargo::PROFILE)?;
        return rehearse(&Tools::install()?, &build::for_this_machine()?, &upstream);
    }
    let document = options.config.as_deref().map(Document::read).transpose()?;
    let usual = format!(".secrets/openclaw-aws-{}.env", options.env.name());
    let file = options.secrets.clone();
    let file = file.unwrap_or_else(|| cargo::root().join(usual));
    let secrets = Secrets::new(Some(file), Some(options.env), document.as_ref())?;
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let region = options.region.clone().or_else(|| set("AWS_REGION"));
    let deployment = Deployment {
        tools: &Tools::install()?,
        env: options.env,
        secrets: &secrets,
        document: document.as_ref(),
        built: None,
        // The tools look at this one only.
        account: Vec::from_iter(region.map(|region| ("AWS_DEFAULT_REGION", region))),
    };
    eprintln!("{}", deployment.plan());
    if let Some(document) = &document {
        document.check()?;
    }
    if options.dry_run {
        return deployment.try_out();
    }
    let stack = deployment.carry_out()?;
    healthy(&stack.address)?;
    println!("{}", next(&stack.address, &secrets));
    println!("\nThe WebSocket is at {}", stack.sockets);
    Ok(())
}

/// SAM's own look at the template, with its linter.
pub(crate) fn validate(tools: &Tools) -> Result<()> {
    let mut validate = build::sam(tools, &["validate", "--lint"]);
    // It wants one, and looks nothing up.
    validate.env("AWS_DEFAULT_REGION", "us-east-1");
    process::capture(&mut validate).map(drop)
}

/// All that is known before anything is done.
pub(super) struct Deployment<'a> {
    pub(super) tools: &'a Tools,
    pub(super) env: Environment,
    pub(super) secrets: &'a Secrets,
    pub(super) document: Option<&'a Document>,
    /// The folder of functions that are built already, for a double of AWS; without, `sam build` makes them.
    pub(super) built: Option<&'a Path>,
    /// Variables for SAM and boto3 beside our own; they choose account and region.
    pub(super) account: Vec<(&'static str, String)>,
}

/// The template with the functions in the folder `built`, and where it is.
fn template(built: &Path) -> Result<PathBuf> {
    let mut template = fs::read_to_string(cargo::root().join("template.yaml"))?;
    for name in FUNCTIONS {
        let sources = format!("CodeUri: functions/{name}\n");
        ensure!(
            template.contains(&sources),
            "template.yaml has no {sources}"
        );
        let made = format!("CodeUri: {}\n", build::resource(name));
        template = template.replace(&sources, &made);
    }
    let file = built.join("template.yaml");
    fs::write(&file, template)?;
    Ok(file)
}

/// What is deployed.
pub(super) struct Stack {
    /// The base address.
    pub(super) address: String,
    /// The WebSocket's.
    pub(super) sockets: String,
    /// The name of the table of keys and configuration.
    kv: String,
}

impl Deployment<'_> {
    fn plan(&self) -> String {
        let env = self.env.name();
        plan(&[
            "look who we are in AWS, and where".into(),
            "sam build".into(),
            format!("secrets below {}, {}", self.path(), self.secrets.plan()),
            format!("sam deploy --config-env {env}: the stack {}", self.stack()),
            Document::plan(self.document, "its table"),
            "ask the gateway how it is".into(),
        ])
    }

    /// What can be seen without an account.
    fn try_out(&self) -> Result<()> {
        let mut steps = Steps::new(2);
        steps.step("the template", || validate(self.tools))?;
        steps
            .step("sam build", || build::built(self.tools))
            .map(drop)
    }

    /// Leaves what is there, makes what is missing.
    pub(super) fn carry_out(&self) -> Result<Stack> {
        let mut steps = Progress::new(if self.built.is_some() { 4 } else { 5 });
        let who = steps.step("who we are", || self.ask(&["identity"], ""))?;
        let Some(region) = who["region"].as_str() else {
            bail!("which region? --region or the variable AWS_REGION says it");
        };
        eprintln!(
            "      {} in {region}",
            who["arn"].as_str().unwrap_or_default()
        );
        if self.built.is_none() {
            steps.step("sam build", || build::built(self.tools))?;
        }
        steps.step("secrets", || self.put_secrets())?;
        let stack = steps.step("sam deploy", || self.deploy())?;
        steps.step("configuration", || self.put_document(&stack))?;
        Ok(stack)
    }

    fn put_secrets(&self) -> Result<()> {
        let path = self.path();
        let there = self.ask(&["names", &path], "")?;
        let there = there.as_array().context("no list of parameters")?;
        let held = |name: &str| vec![there.iter().any(|known| known == name)];
        let upload = self.secrets.to_upload(held)?.into_iter();
        let (vendors, own): (Values, Values) =
            upload.partition(|(name, _)| self.secrets.is_vendors(name));
        for (path, values) in [(path, own), (self.vendors_path(), vendors)] {
            self.ask(&["put", &path], &serde_json::to_string(&values)?)?;
        }
        Ok(())
    }

    fn deploy(&self) -> Result<Stack> {
        let mut sam = build::sam(self.tools, &["deploy", "--config-env", self.env.name()]);
        if let Some(built) = self.built {
            sam.arg("--template-file").arg(template(built)?);
            // It is looked for beside the template otherwise.
            sam.arg("--config-file")
                .arg(cargo::root().join("samconfig.toml"));
        }
        process::capture(sam.envs(self.account.clone()))?;
        let outputs = self.ask(&["outputs", &self.stack()], "")?;
        let output = |name: &str| {
            let value = outputs[name].as_str().map(str::to_owned);
            value.with_context(|| format!("the stack has no output {name}"))
        };
        Ok(Stack {
            address: output("Address")?,
            sockets: output("SocketAddress")?,
            kv: output("KvTable")?,
        })
    }

    fn put_document(&self, stack: &Stack) -> Result<()> {
        let Some(document) = self.document else {
            return Ok(());
        };
        let mut put = self.tools.tables();
        put.args(["put-config", &stack.kv]);
        self.told(&mut put, &document.json()).map(drop)
    }

    /// What `services.py` answers.
    pub(super) fn ask(&self, arguments: &[&str], input: &str) -> Result<Value> {
        let mut ask = Command::new(&self.tools.python);
        ask.arg(cargo::root().join("platforms/aws/services.py"));
        let said = self.told(ask.args(arguments), input)?;
        Ok(serde_json::from_str(&said)?)
    }

    /// Secrets go in by standard input: others see a command line.
    fn told(&self, command: &mut Command, input: &str) -> Result<String> {
        let said = process::output(command.envs(self.account.clone()), input)?;
        if !said.status.success() {
            // The last line of Python's says what it was.
            let why = said.stderr.trim().lines().last().unwrap_or_default();
            bail!("{why}");
        }
        Ok(said.stdout)
    }

    /// Where they look for the keys of vendors that no configuration names.
    pub(super) fn vendors_path(&self) -> String {
        format!("{}/vendors", self.path())
    }

    /// Where the template's functions look for secrets.
    pub(super) fn path(&self) -> String {
        format!("/openclaw/{}", self.env.name())
    }

    /// As samconfig.toml names it.
    pub(super) fn stack(&self) -> String {
        format!("openclaw-{}", self.env.name())
    }
}
