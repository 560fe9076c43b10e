"""The tables and the bucket of template.yaml where CloudFormation is not: at stores on this machine.

    tables.py create ENDPOINT kv=NAME ledger=NAME    makes those that are not there
    tables.py create-bucket ENDPOINT NAME            makes it where it is not there
    tables.py put-config TABLE [ENDPOINT]            puts the JSON document on standard input under `config`

Several may follow each other, with `--` between them. Region and credentials come from the usual variables; an endpoint on this machine takes any.
"""

import json
import os
import sys
from functools import cache
from itertools import groupby
from pathlib import Path

import boto3
import yaml

TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
# The template's names of the tables.
TABLES = {"kv": "KvTable", "ledger": "LedgerTable"}
# The key under which the functions look for their configuration.
CONFIG = "config"


class Template(yaml.SafeLoader):
    """Reads CloudFormation's YAML: `!Ref` and the like become what they are applied to."""


def _inside(loader, _suffix, node):
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


Template.add_multi_constructor("!", _inside)


@cache
def resources():
    """What the template is made of."""
    with TEMPLATE.open(encoding="utf-8") as file:
        return yaml.load(file, Template)["Resources"]  # noqa: S506, a SafeLoader


def schema(which):
    """What `create_table` takes of the table's properties, and its attribute for expiry."""
    properties = resources()[TABLES[which]]["Properties"]
    taken = {name: properties[name] for name in ("AttributeDefinitions", "KeySchema", "BillingMode")}
    if "StreamSpecification" in properties:
        # CloudFormation leaves out that it is on.
        taken["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
    return taken, properties["TimeToLiveSpecification"]


@cache
def client(endpoint=None, service="dynamodb"):
    """DynamoDB, or another service, at `endpoint`, else where the environment says."""
    if endpoint is None:
        return boto3.client(service)
    given = os.environ.get
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=given("AWS_REGION", "us-east-1"),
        aws_access_key_id=given("AWS_ACCESS_KEY_ID", "local"),
        aws_secret_access_key=given("AWS_SECRET_ACCESS_KEY", "local"),
    )


def create(dynamodb, which, name):
    """Makes the table `name`; of one that is there only the stream, where that is not."""
    taken, expiry = schema(which)
    try:
        dynamodb.create_table(TableName=name, **taken)
    except dynamodb.exceptions.ResourceInUseException:
        there = dynamodb.describe_table(TableName=name)["Table"]
        if "StreamSpecification" in taken and "StreamSpecification" not in there:
            dynamodb.update_table(TableName=name, StreamSpecification=taken["StreamSpecification"])
        return
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)


def create_bucket(s3, name):
    """Makes the bucket `name`; leaves one that is there."""
    if name in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        return
    region = s3.meta.region_name
    # The first of the regions is the one that must not be named.
    if region == "us-east-1":
        s3.create_bucket(Bucket=name)
    else:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})


def put_config(dynamodb, table, text):
    """Puts the configuration, once it is JSON."""
    document = json.dumps(json.loads(text), separators=(",", ":"))
    item = {"k": {"S": CONFIG}, "v": {"B": document.encode()}}
    dynamodb.put_item(TableName=table, Item=item)


def do(arguments):
    """Does one thing; whether there is such a thing."""
    match arguments:
        case ["create", endpoint, *tables] if tables:
            pairs = [table.split("=", 1) for table in tables]
            if all(len(pair) == 2 and pair[0] in TABLES for pair in pairs):
                for which, name in pairs:
                    create(client(endpoint), which, name)
                return True
        case ["create-bucket", endpoint, name]:
            create_bucket(client(endpoint, "s3"), name)
            return True
        case ["put-config", table, *endpoint] if len(endpoint) <= 1:
            put_config(client(*endpoint), table, sys.stdin.read())
            return True
    return False


def main(arguments):
    """Does what the command line says; its exit status."""
    parts = [list(part) for between, part in groupby(arguments, lambda one: one == "--") if not between]
    if parts and all(do(part) for part in parts):
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
