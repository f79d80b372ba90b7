"""What a model of MLflow takes and gives by its signature, as the schemas of a document."""

KINDS = {
    "boolean": ({"type": "boolean"}, True),
    "integer": ({"type": "integer", "format": "int32"}, 1),
    "long": ({"type": "integer", "format": "int64"}, 1),
    "float": ({"type": "number", "format": "float"}, 1.0),
    "double": ({"type": "number", "format": "double"}, 1.0),
    "string": ({"type": "string"}, "a"),
    "binary": ({"type": "string", "format": "byte"}, "YQ=="),
    "datetime": ({"type": "string", "format": "date-time"}, "2026-01-01T00:00:00"),
}
"""The types of columns, as JSON Schema has them, and an example of each."""
NUMBERS = {"b": "boolean", "i": "long", "u": "long", "f": "double"}
VERSIONS = ["2", "3", "3.1"]


def told(served):
    """The schemas of input and output and the versions that they fit into; None where nothing tells them."""
    model = getattr(served, "model", None)
    metadata = getattr(model, "metadata", None)
    if metadata is None or metadata.get_input_schema() is None:
        return None
    schema, example = side(metadata.get_input_schema())
    taken = {
        "type": "object",
        "required": ["input_data"],
        "properties": {"input_data": schema},
        "example": {"input_data": example},
    }
    params = parameters(metadata)
    if params:
        taken["properties"]["params"] = {"type": "object", "properties": params}
    given = metadata.get_output_schema()
    if given is None:
        return taken, {"type": "object", "example": {}}, VERSIONS
    schema, example = side(given)
    return taken, dict(schema, example=example), VERSIONS


def side(schema):
    """A table as a list of rows, or tensors; and an example."""
    if schema.is_tensor_spec():
        if not schema.has_input_names():
            return tensor(schema.inputs[0])
        found = {spec.name: tensor(spec) for spec in schema.inputs}
        properties = {name: each for name, (each, _) in found.items()}
        example = {name: each for name, (_, each) in found.items()}
        return {"type": "object", "required": list(properties), "properties": properties}, example
    columns = [(str(spec.name), *kind(spec), getattr(spec, "required", True)) for spec in schema.inputs]
    if not schema.has_input_names():
        if len(columns) == 1:
            return {"type": "array", "items": columns[0][1]}, [columns[0][2]]
        row = {"type": "array", "items": {}}
        return {"type": "array", "items": row}, [[example for _, _, example, _ in columns]]
    row = {
        "type": "object",
        "required": [name for name, _, _, is_required in columns if is_required],
        "properties": {name: dict(each) for name, each, _, _ in columns},
    }
    if not row["required"]:
        del row["required"]
    return {"type": "array", "items": row}, [{name: example for name, _, example, _ in columns}]


def kind(spec):
    """The schema of a column, and an example."""
    said = getattr(spec, "type", None) or getattr(spec, "dtype", "")  # of a parameter
    return KINDS.get(str(said).rpartition(".")[2].lower(), ({}, None))


def tensor(spec):
    """The schema of nested lists, and an example."""
    schema, example = KINDS[NUMBERS.get(spec.type.kind, "string")]
    for size in reversed(spec.shape):
        schema = {"type": "array", "items": schema}
        if size >= 0:
            schema = dict(schema, minItems=int(size), maxItems=int(size))
        example = [example] * max(1, int(size))
    return schema, example


def parameters(metadata):
    """The schemas of the parameters that a prediction takes."""
    signature = getattr(metadata, "signature", None)
    params = getattr(signature, "params", None)
    return {spec.name: dict(kind(spec)[0]) for spec in params} if params else {}
