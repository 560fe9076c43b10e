"""Requests that schemathesis makes up from the OpenAPI document, some right and some wrong.

    fuzz.py DOCUMENT BASE_URL KEY OPERATOR_TOKEN EXAMPLES [PATH]

EXAMPLES is how many of each kind an operation gets; with PATH only the operations of that path are asked for.
The same ones each time. Whatever is asked, the answer has a status and a media type that the document knows, and
never status 500. Prints how many were asked, or what is wrong.
"""

import json
import sys

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

# It is no HTTP.
LEFT_OUT = {("GET", "/ws")}
TIMEOUT = 60


def credential(operation, key, operator):
    """The one that the operation asks for: wrong ones have cases of their own."""
    security = operation.definition.raw.get("security") or []
    named = {name for one in security for name in one}
    token = operator if named == {"operator"} else key
    return {"Authorization": f"Bearer {token}"} if named else {}


def main():
    document, base_url, key, operator, examples, *only = sys.argv[1:]
    schema = schemathesis.openapi.from_dict(json.load(open(document)))
    names = ("status_code_conformance", "content_type_conformance")
    checks = [CHECKS.get_one(name) for name in names]
    session = requests.Session()
    asked, wrong = 0, []

    def ask(case, headers):
        nonlocal asked
        # Credentials and repeated requests have cases of their own.
        case.headers = {
            name: value
            for name, value in (case.headers or {}).items()
            if name.lower() not in ("authorization", "x-api-key", "api-key", "idempotency-key")
        }
        if case.query:
            case.query.pop("api_key", None)
        answer = case.call(base_url=base_url, session=session, headers=headers, timeout=TIMEOUT)
        asked += 1
        if answer.status_code == 500:
            raise AssertionError(f"500: {answer.text}")
        case.validate_response(answer, checks=checks)

    for found in schema.get_all_operations():
        operation = found.ok()
        if (operation.method.upper(), operation.path) in LEFT_OUT or (only and operation.path not in only):
            continue
        headers = credential(operation, key, operator)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                strategy = operation.as_strategy(generation_mode=mode)
                test = given(case=strategy)(lambda case: ask(case, headers))
                settings(
                    max_examples=int(examples),
                    derandomize=True,
                    database=None,
                    deadline=None,
                    phases=[Phase.explicit, Phase.generate],
                    suppress_health_check=list(HealthCheck),
                )(test)()
            except Exception as error:  # the others are tried, too
                if type(error).__name__ in ("Unsatisfiable", "SkipTest"):
                    continue
                wrong.append(f"{operation.method.upper()} {operation.path} ({mode.value}): {error}")
    for line in wrong:
        print(line, file=sys.stderr)
    print(json.dumps({"asked": asked, "wrong": len(wrong)}))
    sys.exit(bool(wrong))


main()
