"""What `cargo xtask` asks of an AWS account, or of what stands in for one at AWS_ENDPOINT_URL. Answers are JSON.

    services.py identity                  who asks, and where
    services.py names PATH                the parameters right below PATH, by the last segment of their names
    services.py put PATH                  the object on standard input, each value as such a SecureString
    services.py outputs STACK             what the stack says of itself; {} where there is none
    services.py resource STACK NAME       the physical name of what the template calls NAME
    services.py invoke FUNCTION           what the function answers to the event on standard input, as text
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError


def identity():
    """The account, who asks, and the region."""
    who = boto3.client("sts").get_caller_identity()
    return {"account": who["Account"], "arn": who["Arn"], "region": boto3.session.Session().region_name}


def names(path):
    """Without the values: nobody here needs them."""
    pages = boto3.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path)
    return [parameter["Name"].rsplit("/", 1)[1] for page in pages for parameter in page["Parameters"]]


def put(path, values):
    """Overwrites those that are there."""
    ssm = boto3.client("ssm")
    for name, value in values.items():
        ssm.put_parameter(Name=f"{path}/{name}", Value=value, Type="SecureString", Overwrite=True)
    return list(values)


def outputs(stack):
    """By their keys."""
    try:
        found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return {}
        raise
    return {output["OutputKey"]: output["OutputValue"] for output in found[0].get("Outputs", [])}


def resource(stack, name):
    """Such as a function's name."""
    found = boto3.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=name)
    return found["StackResourceDetail"]["PhysicalResourceId"]


def invoke(function, event):
    """The answer as the function wrote it."""
    answer = boto3.client("lambda").invoke(FunctionName=function, Payload=event)
    return answer["Payload"].read().decode()


def main(arguments):
    """Does what the command line says; its exit status."""
    match arguments:
        case ["identity"]:
            answer = identity()
        case ["names", path]:
            answer = names(path)
        case ["put", path]:
            answer = put(path, json.load(sys.stdin))
        case ["outputs", stack]:
            answer = outputs(stack)
        case ["resource", stack, name]:
            answer = resource(stack, name)
        case ["invoke", function]:
            answer = invoke(function, sys.stdin.read())
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
