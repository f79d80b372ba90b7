"""What a script takes and gives, as Swagger 2 and OpenAPI 3 documents."""

import importlib
import json
import os
import sys

OPENAPI = {"2": "2.0", "3": "3.0.3", "3.1": "3.1.0"}
"""What a caller asks for, and the version that a document names."""
BEARER = {"type": "apiKey", "name": "Authorization", "in": "header", "description": "For example: Bearer abc123"}
INFO = {
    "title": "ML service",
    "description": "API specification for the Azure Machine Learning service ML service",
    "version": "1.0",
}
ASKED = "The input payload for executing the real-time machine learning service."
FAILED = "The service failed to execute due to an error."
ROUTES = (
    (
        "/",
        "get",
        "ServiceHealthCheck",
        "Simple health check endpoint to ensure the service is up at any given point.",
        "If service is up and running, this response will be returned with the content 'Healthy'",
    ),
    (
        "/score",
        "post",
        "RunMLService",
        "Run web service's model and get the prediction output",
        "The service processed the input correctly and provided a result prediction, if applicable.",
    ),
    (
        "/swagger.json",
        "get",
        "GetSwaggerSpec",
        "Get the Swagger specification.",
        "The Swagger specification.",
    ),
)


def documents(run, root, schemas=None):
    """The documents by version, as JSON: those of the code folder, else those that the decorators of ``run`` tell.

    ``schemas`` are those of input and output and the versions that they fit into, where the model itself tells them.
    """
    taken, given, versions = schemas or told(run)
    found = {}
    for version in OPENAPI:
        file = os.path.join(root, f"swagger{version}.json")
        if os.path.isfile(file):
            with open(file, encoding="utf-8") as stream:
                found[version] = json.dumps(json.load(stream))
        elif version in versions:
            found[version] = json.dumps((swagger if version == "2" else openapi)(version, taken, given))
    return found


def told(run):
    """The schemas of input and output, and the versions of documents that they fit into."""
    nothing = {"type": "object", "example": {}}
    if "inference_schema" not in sys.modules:
        return nothing, nothing, list(OPENAPI)
    schema_util = importlib.import_module("inference_schema.schema_util")
    versions = {"2.0": "2", "3.0": "3", "3.1": "3.1"}
    known = [versions[version] for version in schema_util.get_supported_versions(run) if version in versions]
    schemas = [schema_util.get_input_schema(run), schema_util.get_output_schema(run)]
    taken, given = (nothing if schema == {"type": "object"} else schema for schema in schemas)
    return taken, given, known


def swagger(version, taken, given):
    """The Swagger 2 document."""
    paths = {}
    for path, method, name, description, answer in ROUTES:
        route: dict = {"operationId": name, "description": description}
        paths[path] = {method: route}
        said: dict = {"description": answer, "schema": {"type": "string"}}
        if path == "/":
            said["examples"] = {"application/json": "Healthy"}
        elif path == "/score":
            route["security"] = [{"Bearer": []}]
            body = {
                "name": "serviceInputPayload",
                "in": "body",
                "description": ASKED,
                "schema": ref("2", "ServiceInput"),
            }
            route["parameters"] = [body]
            said["schema"] = ref("2", "ServiceOutput")
        else:
            route["parameters"] = [
                {"name": "version", "in": "query", "required": False, "type": "integer", "enum": [2, 3]}
            ]
        failed = {"description": FAILED, "schema": ref("2", "ErrorResponse")}
        route["responses"] = {"200": said, "default": failed}
    return {
        "swagger": OPENAPI[version],
        "info": INFO,
        "schemes": ["https"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"Bearer": BEARER},
        "paths": paths,
        "definitions": definitions(taken, given),
    }


def openapi(version, taken, given):
    """The OpenAPI document of version 3.0 or 3.1."""
    paths = {}
    for path, method, name, description, answer in ROUTES:
        route: dict = {"operationId": name, "description": description}
        paths[path] = {method: route}
        said: dict = {"text/plain": {"schema": {"type": "string"}}}
        if path == "/":
            said = {"text/plain": {"schema": {"type": "string", "example": "Healthy"}}}
        elif path == "/score":
            route["security"] = [{"Bearer": []}]
            route["requestBody"] = {"description": ASKED, "content": in_json("ServiceInput")}
            said = in_json("ServiceOutput")
        else:
            asked = {"type": "integer", "enum": [2, 3]}
            route["parameters"] = [{"name": "version", "in": "query", "required": False, "schema": asked}]
        failed = {"description": FAILED, "content": in_json("ErrorResponse")}
        route["responses"] = {"200": {"description": answer, "content": said}, "default": failed}
    return {
        "openapi": OPENAPI[version],
        "info": INFO,
        "security": [{"Bearer": []}],
        "paths": paths,
        "components": {"schemas": definitions(taken, given), "securitySchemes": {"Bearer": BEARER}},
    }


def definitions(taken, given):
    """The schemas that both kinds of documents name."""
    error = {"type": "object", "properties": {"message": {"type": "string"}}}
    return {"ServiceInput": taken, "ServiceOutput": given, "ErrorResponse": error}


def ref(version, name):
    """A reference to a schema of the document."""
    return {"$ref": f"#/definitions/{name}" if version == "2" else f"#/components/schemas/{name}"}


def in_json(name):
    """A body of JSON that has a schema of the document."""
    return {"application/json": {"schema": ref("3", name)}}
