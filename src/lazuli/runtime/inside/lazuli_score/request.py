"""What a script that takes raw HTTP sees: ``AMLRequest``, ``AMLResponse`` and ``rawhttp``.

They have the attributes of Flask's classes that scoring scripts use, where Azure's are Flask's.
"""

import io
import json
import re
from urllib.parse import parse_qsl, unquote

TEXT = "text/html; charset=utf-8"
RAW = set()
"""The functions that were marked by :func:`rawhttp`."""


def rawhttp(function):
    """Mark ``run()`` as one that takes an :class:`AMLRequest`."""
    RAW.add(function)
    return function


class Headers:
    """Headers by name, whatever its case; a name may have several values."""

    def __init__(self, pairs=()):
        self._pairs = [(name, str(value)) for name, value in pairs]

    def get(self, name, default=None, type=None):
        """The first value of a name, through ``type`` where that is given."""
        for key, value in self._pairs:
            if key.lower() == name.lower():
                return converted(value, default, type)
        return default

    def getlist(self, name):
        """All values of a name."""
        return [value for key, value in self._pairs if key.lower() == name.lower()]

    def add(self, name, value):
        """Add a value beside those that are there."""
        self._pairs.append((name, str(value)))

    def keys(self):
        """The names."""
        return [name for name, _ in self._pairs]

    def values(self):
        """The values."""
        return [value for _, value in self._pairs]

    def items(self):
        """Names and values."""
        return list(self._pairs)

    def update(self, other):
        """Set the values of a mapping."""
        for name, value in dict(other).items():
            self[name] = value

    def __contains__(self, name):
        return self.get(name) is not None

    def __getitem__(self, name):
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name, value):
        if name in self:
            del self[name]
        self.add(name, value)

    def __delitem__(self, name):
        self._pairs = [(key, value) for key, value in self._pairs if key.lower() != name.lower()]

    def __iter__(self):
        return iter(self.keys())

    def __len__(self):
        return len(self._pairs)

    def __repr__(self):
        return f"Headers({self._pairs!r})"


class Values(dict):
    """Values by name, the first of each; :meth:`getlist` has them all."""

    def __init__(self, pairs=()):
        super().__init__()
        self.lists = {}
        for name, value in pairs:
            self.setdefault(name, value)
            self.lists.setdefault(name, []).append(value)

    def get(self, name, default=None, type=None):
        """The first value of a name, through ``type`` where that is given."""
        return converted(self[name], default, type) if name in self else default

    def getlist(self, name):
        """All values of a name."""
        return list(self.lists.get(name, []))

    def to_dict(self, flat=True):
        """A plain dictionary, of first values or of lists."""
        return dict(self) if flat else {name: list(values) for name, values in self.lists.items()}


def converted(value, default, type):
    """A value through a type, and the default where it does not fit."""
    try:
        return value if type is None else type(value)
    except ValueError:
        return default


class File:
    """A file of a form."""

    def __init__(self, name, filename, headers, content):
        self.name, self.filename, self.headers = name, filename, headers
        self.content_type = self.mimetype = headers.get("Content-Type")
        self.stream = io.BytesIO(content)

    def __getattr__(self, name):  # read, seek, readline and their kin
        return getattr(self.__dict__["stream"], name)

    def __iter__(self):
        return iter(self.stream)

    def save(self, where):
        """Write the content to a path or an open file."""
        content = self.stream.read()
        if hasattr(where, "write"):
            where.write(content)
        else:
            with open(where, "wb") as file:
                file.write(content)


class AMLRequest:
    """A request as it came."""

    def __init__(self, message):
        self.method, self.path, self._body = message.method, unquote(message.path), message.body
        self.query_string = message.query.encode("latin-1")
        self.headers = Headers(message.headers)
        self.args = Values(pairs(message.query))
        self.stream = io.BytesIO(self._body)
        self.full_path = f"{message.path}?{message.query}"
        self.host = self.headers.get("Host", "localhost")
        self.base_url = f"http://{self.host}{message.path}"
        self.url = self.base_url + (f"?{message.query}" if message.query else "")
        self.content_type = self.headers.get("Content-Type")
        self.content_length = len(self._body)
        self.mimetype = (self.content_type or "").partition(";")[0].strip().lower()
        self._form = None

    def get_data(self, cache=True, as_text=False, parse_form_data=False):
        """The body, as bytes or as text."""
        return self._body.decode("utf-8", "replace") if as_text else self._body

    @property
    def data(self):
        """The body as bytes."""
        return self._body

    @property
    def is_json(self):
        """Whether the body is said to be JSON."""
        return self.mimetype == "application/json" or self.mimetype.endswith("+json")

    @property
    def json(self):
        """The body, read as JSON."""
        return self.get_json()

    def get_json(self, force=False, silent=False, cache=True):
        """The body, read as JSON. Raises ValueError for what is not, unless that is to be ``silent``."""
        try:
            if not (force or self.is_json):
                raise ValueError("Did not attempt to load JSON data: the Content-Type is not 'application/json'.")
            return json.loads(self._body.decode("utf-8"))
        except ValueError:
            if silent:
                return None
            raise

    @property
    def form(self):
        """The fields of a form."""
        return self._parts()[0]

    @property
    def files(self):
        """The files of a form."""
        return self._parts()[1]

    @property
    def values(self):
        """The query's values, and behind them the form's."""
        both = [*self.args.lists.items(), *self.form.lists.items()]
        return Values((name, value) for name, values in both for value in values)

    @property
    def cookies(self):
        """The cookies."""
        words = [cookie.partition("=") for cookie in str(self.headers.get("Cookie", "")).split(";") if "=" in cookie]
        return Values((name.strip(), value.strip()) for name, _, value in words)

    def _parts(self):
        if self._form is None:
            self._form = read_form(self.mimetype, self.content_type or "", self._body)
        return self._form


def pairs(query):
    """Names and values of a query or of a form's body."""
    return parse_qsl(query, keep_blank_values=True)


def read_form(mimetype, content_type, body):
    """The fields and the files of a form."""
    if mimetype == "application/x-www-form-urlencoded":
        return Values(pairs(body.decode("utf-8", "replace"))), Values()
    boundary = parameter(content_type, "boundary")
    if mimetype != "multipart/form-data" or not boundary:
        return Values(), Values()
    fields, files = [], []
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1"))[1:]:
        if part.startswith(b"--"):
            break
        head, _, content = part.partition(b"\r\n\r\n")
        lines = [line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n") if ":" in line]
        headers = Headers((name.strip(), value.strip()) for name, _, value in lines)
        place = headers.get("Content-Disposition", "")
        name, filename = parameter(place, "name"), parameter(place, "filename")
        if filename is None:
            fields.append((name, content.decode("utf-8", "replace")))
        else:
            files.append((name, File(name, filename, headers, content)))
    return Values(fields), Values(files)


def parameter(header, name):
    """A parameter of a header's value, quoted or not."""
    found = re.search(rf';\s*{name}=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))', header, re.IGNORECASE)
    if not found:
        return None
    quoted, bare = found.groups()
    return bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted)


class AMLResponse:
    """An answer that says its own status and headers."""

    default_mimetype = "text/html"

    def __init__(self, message, status_code=200, response_headers=None, json_str=False, run_function_failed=False):
        self.status_code = status_code
        self.run_function_failed = run_function_failed
        self.headers = Headers([("Content-Type", "application/json" if json_str else TEXT)])
        self.headers.update(response_headers or {})
        self.set_data(json.dumps(message) if json_str else message)

    def get_data(self, as_text=False):
        """The body, as bytes or as text."""
        return self._body.decode("utf-8", "replace") if as_text else self._body

    def set_data(self, body):
        """Put another body in place."""
        self._body = bytes(body) if isinstance(body, (bytes, bytearray, memoryview)) else str(body).encode("utf-8")

    data = property(get_data, set_data)

    @property
    def content_type(self):
        """What the body is."""
        return self.headers.get("Content-Type")

    @content_type.setter
    def content_type(self, value):
        self.headers["Content-Type"] = value

    @property
    def mimetype(self):
        """What the body is, without its charset."""
        return (self.content_type or "").partition(";")[0].strip()

    @mimetype.setter
    def mimetype(self, value):
        self.headers["Content-Type"] = f"{value}; charset=utf-8" if value.startswith("text/") else value
