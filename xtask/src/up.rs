//! `cargo xtask up`: the gateway with a real small model behind it.

use crate::{
    Runtime, cache, cargo,
    config::{self, Config},
    dashboard,
    gateway::{self, Gateway, Local},
    lambda,
    model::{self, Model},
    process::{self, Service},
    steps::Steps,
    workers::{self, Dev, Tools},
};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::json;
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    thread,
};

/// First line of an environment file that `up` wrote, and may therefore replace and remove.
const MARK: &str = "# Written by `cargo xtask up`; gone when it ends.";

/// Options of `up`.
#[derive(Args)]
pub(crate) struct Options {
    /// Where the gateway runs.
    #[arg(default_value = "native")]
    runtime: Runtime,
    /// The port to listen on [default: the configuration's, else 3000; for Workers 8787, for Lambda 9100].
    #[arg(long)]
    port: Option<u16>,
    /// A configuration (README, "Configuration"). Its provider `local` becomes the small model,
    /// which is left out when the file has models and all go elsewhere.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// An OpenAI-compatible server in place of the small model, with all models that it lists. Its
    /// key, where it needs one, is taken from OPENCLAW_UPSTREAM_KEY.
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// Where to write OPENCLAW_BASE_URL, OPENCLAW_API_KEY and OPENCLAW_ADMIN_TOKEN once everything
    /// answers; removed at the end.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// With a month of requests made up in `target/demo`, an account of its own there (natively only).
    #[arg(long)]
    demo: bool,
}

/// Starts everything, prints how to use it, and ends it again on Ctrl-C, SIGTERM or when a part dies.
pub(crate) fn run(options: &Options) -> Result<()> {
    if options.demo && options.runtime != Runtime::Native {
        bail!("--demo is there natively only");
    }
    let mut config = Config::read(options.config.as_deref())?;
    let port = port(options, &config);
    gateway::check_port(port)?;
    let env_file = options
        .env_file
        .as_deref()
        .map(EnvFile::claim)
        .transpose()?;
    // What the model is asked for its address must be known before minutes of building.
    let asked = match &options.upstream {
        Some(url) if config.has_local() => Some(config::unasked(url)),
        Some(url) => Some(config::upstream(url)?),
        None => None,
    };
    let small = asked.is_none() && config.wants_local();
    if let Some(upstream) = asked {
        config.add(upstream)?;
    }

    let mut steps = Steps::new(if small { 3 } else { 2 });
    let data = match options.demo {
        true => cargo::target().join("demo"),
        false => data_folder(options.runtime, &config),
    };
    let data = std::path::absolute(data)?;
    let own = cache::folder()?.join(format!("up-{}", cache::hash(&data)));
    fs::create_dir_all(&own)?;
    let (gateway, fetched) = prepare(&mut steps, small, || {
        let gateway = gateway(options.runtime, port, data.clone(), own.clone())?;
        if options.demo && !data.exists() {
            gateway::write_private(&own.join("key"), &dashboard::demo(&data)?)?;
        }
        Ok(gateway)
    })?;
    if let Some(file) = &options.config {
        gateway.check_config(file)?;
    }
    let mut model = None;
    if let Some(fetched) = fetched {
        let (service, url) = steps.step("model: starting", || model::start(&fetched))?;
        config.add(config::small_model(&url))?;
        model = Some(service);
    }
    let mut service = steps.step("gateway: starting", || gateway.start(&config.text(), true))?;
    let (key, is_new) = gateway.key()?;
    if let Some(file) = &env_file {
        file.write(&*gateway, &key)?;
    }
    let code = gateway::sign_in_code(&gateway.address(), &key)?;
    greet(&*gateway, &config, &key, is_new);
    println!(
        "\ndashboard, signed in by this link once:\n{}/dashboard/#/sign-in?code={code}",
        gateway.address()
    );
    println!("\nCtrl-C ends it.");
    let ended = watch(&mut service, model.as_mut());
    eprintln!("ending: the gateway finishes what is in flight; Ctrl-C once more does not wait");
    service.stop();
    if let Some(model) = &mut model {
        model.stop();
    }
    ended
}

/// Where the gateway listens when nobody says: where people look for it on that runtime.
fn port(options: &Options, config: &Config) -> u16 {
    let usual = match options.runtime {
        Runtime::Native => config.port().unwrap_or(3000),
        Runtime::Workers => 8787,
        Runtime::Lambda => 9100,
    };
    options.port.unwrap_or(usual)
}

/// Where its data stays between runs; for Workers that is wrangler's own place.
fn data_folder(runtime: Runtime, config: &Config) -> PathBuf {
    let place = |place| cargo::root().join(place);
    match runtime {
        Runtime::Native => config.data_folder().unwrap_or_else(|| place("data")),
        Runtime::Workers => place(".wrangler/state"),
        Runtime::Lambda => place(".aws-local"),
    }
}

/// Builds it.
fn gateway(runtime: Runtime, port: u16, data: PathBuf, own: PathBuf) -> Result<Box<dyn Local>> {
    dashboard::build()?;
    Ok(match runtime {
        Runtime::Native => Box::new(Gateway {
            binary: cargo::server()?,
            port,
            data,
            own,
        }),
        Runtime::Workers => {
            let tools = Tools::install()?;
            workers::build(&tools, &workers::DEPLOYED, workers::Profile::Ci)?;
            Box::new(Dev {
                tools,
                port,
                state: data,
                own,
            })
        }
        Runtime::Lambda => Box::new(lambda::Dev::prepare(port, &data, own)?),
    })
}

/// Builds the gateway while, with `small`, the model is fetched.
fn prepare(
    steps: &mut Steps,
    small: bool,
    build: impl FnOnce() -> Result<Box<dyn Local>>,
) -> Result<(Box<dyn Local>, Option<Model>)> {
    let mut what = "gateway: building".to_owned();
    if small {
        what = format!("{what}; {}", model::step()?);
    }
    steps.step(&what, || {
        let fetching = small.then(|| thread::spawn(model::fetch));
        let built = build();
        if built.is_err() {
            // Whoever fetches must not be left behind.
            process::interrupt();
        }
        let fetched = fetching.map(|thread| match thread.join() {
            Ok(model) => model,
            Err(_) => bail!("fetching the model panicked"),
        });
        Ok((built?, fetched.transpose()?))
    })
}

/// Returns when a signal comes; an error when a part ends by itself.
fn watch(gateway: &mut Service, mut model: Option<&mut Service>) -> Result<()> {
    while process::pause().is_ok() {
        gateway.check()?;
        if let Some(model) = &mut model {
            model.check()?;
        }
    }
    Ok(())
}

fn greet(gateway: &dyn Local, config: &Config, key: &str, is_new: bool) {
    let address = gateway.address();
    let made = if is_new {
        " (made just now, with the account `local`)"
    } else {
        ""
    };
    let socket = gateway.socket_address();
    println!("\naddress  {address}/v1\nsocket   {socket}\nkey      {key}{made}");
    if let Some(model) = config.example() {
        let question = r#"[{"role":"user","content":"What is the capital of France?"}]"#;
        let body = format!("{{\"model\":{},\"messages\":{question}}}", json!(model));
        println!(
            "\ncurl {address}/v1/chat/completions -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{body}'"
        );
    }
}

/// The file of `--env-file`, which is there while everything answers.
struct EnvFile<'p>(&'p Path);

impl<'p> EnvFile<'p> {
    /// Takes the path for ours: an older file of ours goes, another's stays and is an error.
    fn claim(path: &'p Path) -> Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) if text.is_empty() || text.starts_with(MARK) => fs::remove_file(path)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Ok(_) => bail!(
                "{} is there and was not written by `up`: name another file",
                path.display()
            ),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot replace {}", path.display()));
            }
        }
        Ok(Self(path))
    }

    fn write(&self, gateway: &dyn Local, key: &str) -> Result<()> {
        let (address, admin) = (gateway.address(), gateway.admin_token()?);
        let socket = gateway.socket_address();
        let text = format!(
            "{MARK}\nOPENCLAW_BASE_URL={address}\nOPENCLAW_WS_URL={socket}\nOPENCLAW_API_KEY={key}\nOPENCLAW_ADMIN_TOKEN={admin}\n"
        );
        gateway::write_private(self.0, &text)
    }
}

impl Drop for EnvFile<'_> {
    fn drop(&mut self) {
        // It may never have been written.
        let _ = fs::remove_file(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_of_ours_is_replaced() {
        let folder = std::env::temp_dir().join(format!("openclaw-xtask-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("up.env");
        fs::write(&path, format!("{MARK}\nold")).unwrap();
        drop(EnvFile::claim(&path).unwrap());
        assert!(!path.exists());
        fs::write(&path, "SOMETHING=else\n").unwrap();
        assert!(EnvFile::claim(&path).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "SOMETHING=else\n");
        fs::remove_dir_all(folder).unwrap();
    }
}
