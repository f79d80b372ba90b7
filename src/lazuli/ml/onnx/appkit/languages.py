"""How each language says names, texts, types and shapes."""

from __future__ import annotations

import json
import keyword
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["LANGUAGES", "Language", "pascal", "snake"]

_NUMBERS = ("float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


@dataclass(frozen=True)
class Language:
    """What differs between languages beyond their templates."""

    name: str
    title: str
    elements: Mapping[str, Mapping[str, str]]
    """For each type of element that can be said: the words that the templates use for it."""
    reserved: frozenset[str]
    """What no field may be called."""
    cased: Callable[[str], str]
    """The spelling that names of fields have."""
    comment: Callable[[str], str]
    """Words as they may stand in a comment of the code."""
    escape: str
    """How a character that is not printed stands in a text."""
    nothing: str
    """How a size that is not known stands in a shape."""
    big: str = ""
    """What stands after a whole number of 64 bits."""
    knows_maps: bool = True
    """Whether its runtime gives a model's maps, as the probabilities of classifiers often are."""

    def text(self, said: str) -> str:
        """The text as the language writes it between quotes, whatever it holds."""
        quoted = json.dumps(said, ensure_ascii=False)
        return "".join(char if char.isprintable() else self.escape.format(ord(char)) for char in quoted)

    def note(self, said: str) -> str:
        """The text as one line of a comment, whatever it holds."""
        line = " ".join(said.split())
        return self.comment("".join(char if char.isprintable() else " " for char in line))

    def identifier(self, said: str, taken: set[str]) -> str:
        """A name that can be one in the language and is not ``taken``: the same where possible. Then it is taken."""
        name = self.cased(said) or "value"
        name = name if name.isidentifier() else f"_{name}"
        name = f"{name}_" if name in self.reserved else name
        free = next(each for each in (name, *(f"{name}_{n}" for n in range(2, len(taken) + 3))) if each not in taken)
        taken.add(free)
        return free


def _kept(said: str) -> str:
    """The name itself where it is an identifier, else with ``_`` in place of what no identifier may hold."""
    said = unicodedata.normalize("NFKC", said)
    if said.isidentifier() and not said.startswith("__"):
        return said
    return re.sub("_+", "_", "".join(char if f"_{char}".isidentifier() else "_" for char in said)).strip("_")


def pascal(said: str) -> str:
    """``CreditRisk`` for ``credit-risk`` and ``credit_risk``; capitals within a word stay."""
    return "".join(word[:1].upper() + word[1:] for word in _kept(said).split("_"))


def snake(said: str) -> str:
    """``credit_risk`` for ``credit-risk`` and ``CreditRisk``, ``xml_model`` for ``XMLModel``."""
    return re.sub(r"(?<=[^\W_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", _kept(said)).strip("_").lower()


def _of_numpy(kind: str) -> dict[str, str]:
    return {"element": f"np.{kind}", "key": "int"}


_NUMPY = {
    **{kind: _of_numpy(kind) for kind in ("float16", *_NUMBERS)},
    "bool": _of_numpy("bool_"),
    "string": {"element": "np.object_", "key": "str"},
}


def _of_typescript(kind: str) -> dict[str, str]:
    is_big = kind in ("int64", "uint64")
    array = f"{'Big' if is_big else ''}{kind.capitalize()}Array"  # Float32Array, Uint8Array, BigInt64Array
    return {
        "element": "number | bigint" if is_big else "number",
        "array": array,
        "converted": f"{array}.from(data, BigInt)" if is_big else f"{array}.from(data)",
        "key": "bigint",
    }


_TYPESCRIPT = {
    **{kind: _of_typescript(kind) for kind in _NUMBERS},
    "bool": {"element": "boolean", "array": "Uint8Array", "converted": "Uint8Array.from(data, Number)"},
    "string": {"element": "string", "array": "string[]", "converted": "Array.from(data)", "key": "string"},
}


def _of_dotnet(element: str, windows: str) -> dict[str, str]:
    parsed = f"{element}.Parse(said, CultureInfo.InvariantCulture)"
    return {"element": element, "windows": windows, "parsed": parsed, "key": element}


_DOTNET = {
    "float32": _of_dotnet("float", "TensorFloat"),
    "float64": _of_dotnet("double", "TensorDouble"),
    "int8": _of_dotnet("sbyte", "TensorInt8Bit"),
    "int16": _of_dotnet("short", "TensorInt16Bit"),
    "int32": _of_dotnet("int", "TensorInt32Bit"),
    "int64": _of_dotnet("long", "TensorInt64Bit"),
    "uint8": _of_dotnet("byte", "TensorUInt8Bit"),
    "uint16": _of_dotnet("ushort", "TensorUInt16Bit"),
    "uint32": _of_dotnet("uint", "TensorUInt32Bit"),
    "uint64": _of_dotnet("ulong", "TensorUInt64Bit"),
    "bool": _of_dotnet("bool", "TensorBoolean") | {"parsed": "bool.Parse(said)"},
    "string": _of_dotnet("string", "TensorString") | {"parsed": "said"},
}

_WORDS_OF_TYPESCRIPT = """
    await break case catch class const constructor continue debugger default delete do else enum export extends false
    finally for function if implements import in instanceof interface let new null package private protected public
    return static super switch this throw true try typeof var void while with yield
"""
_MEMBERS_OF_DOTNET = "Equals Finalize GetHashCode GetType MemberwiseClone ReferenceEquals ToString"

LANGUAGES = {
    "python": Language(
        name="python",
        title="Python",
        elements=_NUMPY,
        reserved=frozenset(keyword.kwlist),
        cased=_kept,
        comment=lambda said: said.replace("\\", "\\\\").replace('"', '\\"'),
        escape="\\U{:08x}",
        nothing="None",
    ),
    "csharp": Language(
        name="csharp",
        title="C#",
        elements=_DOTNET,
        reserved=frozenset(_MEMBERS_OF_DOTNET.split()),
        cased=pascal,
        comment=lambda said: said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        escape="\\U{:08x}",
        nothing="null",
    ),
    "javascript": Language(
        name="javascript",
        title="JavaScript",
        elements=_TYPESCRIPT,
        reserved=frozenset(_WORDS_OF_TYPESCRIPT.split()),
        cased=_kept,
        comment=lambda said: said.replace("*/", "*\\/"),
        escape="\\u{{{:x}}}",
        nothing="null",
        big="n",
        knows_maps=False,
    ),
}
"""The languages that kits are written in, by name."""
