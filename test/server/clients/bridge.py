"""Drives boto3 for tests: a request in JSON on each line of standard input, its answer on a line of standard output.

Bytes are {"$bytes": base64} and points in time {"$timeMs": milliseconds}, so that an answer tells which types boto3 gave.
"""

import base64
import datetime
import json
import sys

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import ClientError


def plain(value):
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise TypeError("a time without its zone")
        return {"$timeMs": round(value.timestamp() * 1000)}
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def native(value):
    if isinstance(value, dict):
        if "$bytes" in value:
            return base64.b64decode(value["$bytes"])
        if "$timeMs" in value:
            return datetime.datetime.fromtimestamp(value["$timeMs"] / 1000, datetime.timezone.utc)
        return {key: native(each) for key, each in value.items()}
    if isinstance(value, list):
        return [native(each) for each in value]
    return value


clients = {}


def client_of(settings):
    name = json.dumps(settings, sort_keys=True)
    if name not in clients:
        keys = settings["keys"]
        clients[name] = boto3.session.Session().client(
            settings["service"],
            region_name=settings["region"],
            endpoint_url=settings["url"],
            aws_access_key_id=keys["accessKeyId"],
            aws_secret_access_key=keys["secretAccessKey"],
            aws_session_token=keys.get("sessionToken"),
            verify=settings.get("ca"),
            config=Config(retries={"mode": "standard", "total_max_attempts": settings.get("attempts", 1)}),
        )
    return clients[name]


def known(client):
    """What this version of botocore knows: methods and members by operation."""
    model = client.meta.service_model
    methods = {operation: method for method, operation in client.meta.method_to_api_mapping.items()}

    def members(shape):
        return list(shape.members) if shape is not None else []

    operations = {}
    for name in model.operation_names:
        operation = model.operation_model(name)
        operations[name] = {
            "method": methods[name],
            "input": members(operation.input_shape),
            "output": members(operation.output_shape),
        }
    return operations


def answer(request):
    client = client_of(request["client"])
    what = request["do"]
    if what == "known":
        return {"version": botocore.__version__, "operations": known(client)}
    if what == "pages":
        pages = client.get_paginator(request["method"]).paginate(
            **native(request["input"]), PaginationConfig={"PageSize": request["size"]}
        )
        return [plain(page) for page in pages]
    if what == "presign":
        return client.generate_presigned_url(request["method"], ExpiresIn=request["seconds"], HttpMethod="GET")
    return plain(getattr(client, request["method"])(**native(request["input"])))


def failure(request, error):
    told = {"class": type(error).__name__, "text": str(error)}
    if isinstance(error, ClientError):
        modeled = getattr(client_of(request["client"]).exceptions, type(error).__name__, None)
        metadata = error.response["ResponseMetadata"]
        told["isModeled"] = modeled is not None and isinstance(error, modeled)
        told["code"] = error.response["Error"]["Code"]
        told["message"] = error.response["Error"]["Message"]
        told["status"] = metadata["HTTPStatusCode"]
        told["requestId"] = metadata.get("RequestId")
    return told


for line in sys.stdin:
    asked = json.loads(line)
    try:
        reply = {"ok": answer(asked)}
    except Exception as error:  # whatever it is, the test has to see it
        reply = {"error": failure(asked, error)}
    print(json.dumps(reply), flush=True)
