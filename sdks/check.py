"""Checks, builds and tests the client libraries: `cargo xtask test` runs it.

It works on a copy, `target/sdks`, and leaves there what the conformance suite uses: `js/dist`, the installed Python package
in `python/installed`, and the examples, Go's as programs in `examples/go/bin`. It says what passed in TAP, with the sum at the end.
Variables: OPENCLAW_SDK_PYTHON (with what python/requirements.txt pins), OPENCLAW_SDK_NODE_MODULES (with what
js/package-lock.json pins), OPENCLAW_NODE, OPENCLAW_CHROMIUM. A library whose tools are missing is a failure, not left out; on
workerd it is tested where OPENCLAW_WRANGLER_MODULES says where miniflare is.
"""

import base64
import gzip
import hashlib
import hmac
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
ROOT = SOURCE.parent
WORK = ROOT / "target" / "sdks"
PYTHON = os.environ.get("OPENCLAW_SDK_PYTHON", sys.executable)
NODE = os.environ.get("OPENCLAW_NODE", "node")
MODULES = Path(os.environ.get("OPENCLAW_SDK_NODE_MODULES", SOURCE / "js" / "node_modules"))
MAX_BUNDLE = 12 * 1024
MAX_IMPORT_MS = 60

passed = failed = 0


def report(name: str, failure: str | None = None) -> None:
    global passed, failed
    if failure is None:
        passed += 1
        print(f"ok - {name}", flush=True)
    else:
        failed += 1
        print(f"not ok - {name}", flush=True)
        for line in failure.strip().splitlines()[-60:]:
            print(f"  {line}", flush=True)


def check(name: str, work: Callable[[], None]) -> bool:
    """One check; whether it passed."""
    began = time.monotonic()
    try:
        work()
    except Exception as error:
        report(name, str(error) or repr(error))
        return False
    report(f"{name} ({time.monotonic() - began:.1f} s)")
    return True


def run(*command: object, cwd: Path | None = None, **environment: str) -> str:
    """What it printed; an error with that where it fails."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}")
    return done.stdout


def counted(name: str, pattern: str, *command: object, cwd: Path, **environment: str) -> None:
    """Tests of a library's own: each line that the pattern finds is one; its first group says whether it failed."""
    try:
        output = run(*command, cwd=cwd, **environment)
    except RuntimeError as error:
        output = str(error)
        if not re.search(pattern, output, re.M):
            report(name, output)
    found = 0
    for match in re.finditer(pattern, output, re.M):
        bad, test = match.groups()
        found += 1
        report(f"{name}: {test}", output[match.start() :][:2000] if bad else None)
    if not found:
        report(f"{name} ran no test", output)


def copy() -> None:
    """The sources, without what builds left in them."""
    shutil.rmtree(WORK, ignore_errors=True)
    leave = shutil.ignore_patterns("node_modules", "dist", "__pycache__", ".mypy_cache", ".ruff_cache", "*.tgz")
    shutil.copytree(SOURCE, WORK, ignore=leave)
    shutil.copytree(ROOT / "examples", WORK / "examples", ignore=leave)


def javascript() -> None:
    js = WORK / "js"
    (js / "node_modules").symlink_to(MODULES.resolve())
    tool = lambda name: js / "node_modules" / ".bin" / name  # noqa: E731
    environment = {"PATH": f"{Path(NODE).parent if '/' in NODE else ''}:{os.environ['PATH']}"}
    check("js: lint", lambda: run(tool("biome"), "ci", "--colors=off", ".", cwd=js) and None)
    if not check("js: build", lambda: run(NODE, "build.mjs", cwd=js) and None):
        return

    def size() -> None:
        options = ("--bundle", "--minify", "--format=esm", "--outfile=bundle.js")
        run(tool("esbuild"), "dist/esm/index.js", *options, cwd=js)
        bytes_ = len(gzip.compress((js / "bundle.js").read_bytes(), 9))
        (js / "bundle.js").unlink()
        print(f"# js: {bytes_} bytes gzip")
        assert bytes_ <= MAX_BUNDLE, f"{bytes_} bytes, more than {MAX_BUNDLE}"

    def packed() -> None:
        run("npm", "pack", "--ignore-scripts", cwd=js, **environment)
        (archive,) = js.glob("*.tgz")
        run(NODE, tool("publint"), "run", archive, "--strict", cwd=js)
        run(NODE, tool("attw"), archive, "--no-emoji", "--no-color", cwd=js)
        with tempfile.TemporaryDirectory() as folder:
            # The seed's line as it is printed, from the archive, by both kinds of modules.
            run("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--offline", archive, cwd=Path(folder))
            use = "new OpenClawClient({ apiKey: process.env.OPENCLAW_API_KEY }).chat.completions.create"
            (Path(folder) / "a.mjs").write_text(f"import {{ OpenClawClient }} from '@openclaw/client';\n{use};\n")
            (Path(folder) / "b.cjs").write_text(f"const {{ OpenClawClient }} = require('@openclaw/client');\n{use};\n")
            for file in ("a.mjs", "b.cjs"):
                run(NODE, file, cwd=Path(folder), OPENCLAW_API_KEY="oc_test_seed")
        archive.unlink()

    check("js: at most 12 KB", size)
    check("js: the package, publint, attw, import and require", packed)
    pattern = r"^ {4}(not )?ok \d+ - (.*)$"
    counted("js", pattern, NODE, "--test", "--test-reporter=tap", "test/cases.test.mjs", cwd=js, OPENCLAW_PYTHON=PYTHON)
    elsewhere(js)


def elsewhere(js: Path) -> None:
    """The same cases on the other runtimes of JavaScript."""
    pattern = r"^(not )?ok - (.*)$"
    modules = js / "node_modules"
    binaries = {"deno": next(modules.glob("@deno/*/deno")), "bun": next(modules.glob("@oven/*/bin/bun"))}
    options = {"deno": ("run", "--allow-all", "--no-config"), "bun": ("run",)}
    with scripted() as address:
        for name, binary in binaries.items():
            command = (binary, *options[name], "test/standalone.mjs")
            settings = {"OPENCLAW_SCRIPTED": f"{address}/js-{name}", "DENO_NO_PACKAGE_JSON": "1"}
            counted(f"js on {name}", pattern, *command, cwd=js, **settings)
    hosts = ["chromium", *(["workerd"] if "OPENCLAW_WRANGLER_MODULES" in os.environ else [])]
    for name in hosts:
        counted(f"js on {name}", pattern, NODE, "test/hosted.mjs", name, cwd=js, OPENCLAW_PYTHON=PYTHON)


@contextmanager
def scripted() -> Iterator[str]:
    """The address of the scripted server, which ends with this."""
    command = [PYTHON, str(WORK / "scripted" / "server.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.kill()


def python() -> None:
    folder = WORK / "python"
    installed = folder / "installed"
    module = (PYTHON, "-m")

    def built() -> None:
        # The wheel is built twice: once as it is, once by way of the archive of sources.
        code = "from flit_core import buildapi as b; print(b.build_sdist('dist')); print(b.build_wheel('dist'))"
        (folder / "dist").mkdir(exist_ok=True)
        run(PYTHON, "-c", code, cwd=folder)
        run(*module, "twine", "check", "--strict", *(folder / "dist").iterdir(), cwd=folder)
        (wheel,) = (folder / "dist").glob("*.whl")
        pip = ("pip", "install", "--quiet", "--no-deps", "--no-index", "--target")
        run(*module, *pip, installed, wheel, cwd=folder)

    def quick() -> None:
        code = (
            "import time; began = time.process_time(); import openclaw; took = time.process_time() - began\n"
            "import sys; assert not {'httpx2', 'websockets'} & set(sys.modules); print(took * 1000)"
        )
        times = [float(run(PYTHON, "-c", code, PYTHONPATH=str(installed))) for _ in range(5)]
        print(f"# python: import openclaw takes {min(times):.0f} ms of CPU")
        assert min(times) <= MAX_IMPORT_MS, times

    def seed() -> None:
        code = 'import openclaw\nclient = openclaw.Client(api_key="your_api_key")\nprint(client.chat.completions.create)'
        run(PYTHON, "-W", "error", "-c", code, PYTHONPATH=str(installed))

    def foreign() -> None:
        with tempfile.TemporaryDirectory() as site:
            shutil.copytree(installed / "openclaw", Path(site) / "openclaw")
            (Path(site) / "openclaw-2026.1.0.dist-info").mkdir()
            said = run(PYTHON, "-c", "import openclaw", PYTHONPATH=site)
            assert "another project" in said, said

    check("python: ruff", lambda: run(*module, "ruff", "check", "src", "tests", cwd=folder) and None)
    check("python: format", lambda: run(*module, "ruff", "format", "--check", "src", "tests", cwd=folder) and None)
    check("python: mypy strict", lambda: run(*module, "mypy", "src", cwd=folder) and None)
    if not check("python: wheel, twine, installed", built):
        return
    check("python: quick to import", quick)
    check("python: the seed's lines", seed)
    check("python: warns of the other openclaw", foreign)
    for file in ("cases.py", "cases_sync.py"):
        command = (PYTHON, f"tests/{file}")
        counted("python", r"^(not )?ok - (.*)$", *command, cwd=folder, PYTHONPATH=str(installed), PYTHONUTF8="1")


def go() -> None:
    folder = WORK / "go"
    checker = WORK / "staticcheck"
    static = "honnef.co/go/tools/cmd/staticcheck"

    def formatted() -> None:
        files = run("gofmt", "-l", ".", cwd=folder)
        assert not files, files

    def linted() -> None:
        run("go", "vet", "./...", cwd=folder)
        run("go", "build", "-o", checker, static, cwd=folder / "tools")
        run(checker, "./...", cwd=folder)

    def modules() -> None:
        needed = run("go", "list", "-m", "all", cwd=folder).split("\n")
        assert [line.split(" ")[0] for line in needed if line] == [
            "github.com/openclaw/go-client",
            "github.com/coder/websocket",
        ], needed

    check("go: gofmt", formatted)
    check("go: one dependency", modules)
    check("go: vet, staticcheck", linted)
    command = ("go", "test", "-race", "-count=1", "-v", "./...")
    pattern = r"^ {4}--- (?:(FAIL)|PASS): TestCases/(\S+)"
    counted("go", pattern, *command, cwd=folder, OPENCLAW_PYTHON=PYTHON)


def examples() -> None:
    """Makes them ready for the conformance suite, and has those that need no gateway run."""
    folder = WORK / "examples"
    scope = folder / "js" / "node_modules" / "@openclaw"
    scope.mkdir(parents=True)
    (scope / "client").symlink_to(WORK / "js")

    def built() -> None:
        module = (folder / "go" / "go.mod").read_text().replace("../../sdks/go", str(WORK / "go"))
        (folder / "go" / "go.mod").write_text(module)
        (folder / "go" / "bin").mkdir()
        run("go", "vet", "./...", cwd=folder / "go")
        run("go", "build", "-o", "bin", "./...", cwd=folder / "go")
        run("go", "build", "-o", folder / "go" / "bin", "./gateway/checks", cwd=WORK / "go")

    check("examples: Go's are built", built)
    receivers = {
        "js": (NODE, folder / "js" / "webhook.mjs"),
        "python": (PYTHON, folder / "python" / "webhook.py"),
        "go": (folder / "go" / "bin" / "webhook",),
    }
    for name, command in receivers.items():
        check(f"examples: {name} receives webhooks", lambda command=command: receives(*command))


def receives(*command: object) -> None:
    """Whether the program takes a webhook that is signed rightly, and no other."""
    secret = base64.b64encode(b"a secret of webhooks").decode()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {"PORT": str(port), "OPENCLAW_WEBHOOK_SECRET": f"whsec_{secret}"}
    environment["PYTHONPATH"] = str(WORK / "python" / "installed")
    text = [str(part) for part in command]
    with subprocess.Popen(text, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True) as receiver:
        assert receiver.stdout is not None
        try:
            assert post(port, b'{"type":"chat.failed"}', b"another secret", 100) == 400
            body = b'{"type":"chat.completed","timestamp":"2026-02-28T12:00:00Z","data":{"model":"gpt-4"}}'
            assert post(port, body, b"a secret of webhooks") == 204
            assert receiver.stdout.readline().startswith("chat.completed ")
        finally:
            receiver.kill()


def post(port: int, body: bytes, key: bytes, tries: int = 1) -> int:
    now = str(int(time.time()))
    digest = hmac.new(key, f"msg_1.{now}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(digest).decode()}"
    headers = {"webhook-id": "msg_1", "webhook-timestamp": now, "webhook-signature": signature}
    for _ in range(tries):
        try:
            request = urllib.request.Request(f"http://127.0.0.1:{port}/", body, headers)
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except urllib.error.URLError:
            time.sleep(0.1)  # It has not begun to listen.
    raise RuntimeError("the receiver does not listen")


def main() -> int:
    copy()
    check("generated files are fresh", lambda: run(PYTHON, SOURCE / "generate" / "generate.py", "--check") and None)
    for library in (javascript, python, go, examples):
        if len(sys.argv) == 1 or library.__name__ in sys.argv:
            check(f"{library.__name__} has what it needs", library)
    print(f"# pass {passed}\n# fail {failed}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
