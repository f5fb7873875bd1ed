"""A reader of pickles that hold plain values and arrays of bytes; nothing else can be in them.

Loading a pickle runs whatever it says. Here nothing is called: each instruction that such a pickle
needs is carried out by a few lines of our own, and the first other one ends the reading.
Values nest only a few levels deep, since Python's own walk through deeper ones ends the process.
"""

import codecs
import io
import pickletools
from typing import Any, NoReturn

from catdcgan.console.errors import first_line_of
from catdcgan.datasets.idx import FormatError

NEEDED = "a data_batch of CIFAR-10's Python version is needed"
MOST_INSTRUCTIONS = 1_000_000  # a batch has about 50,000
MOST_LEVELS = 8  # of values in values; a batch has 4
SCALARS = (int, float, str, bytes, bytearray, bool, type(None))


class Array:
    """What a pickle says of an array, kept unseen: version, shape, type, order, bytes."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        """Begin with nothing."""
        self.state: Any = None

    def content(self) -> bytes:
        """Return the bytes of an array of unsigned bytes in rows.

        Raises:
            FormatError: it is an array of something else.
        """
        match self.state:
            case (_, tuple(), _Type(name="u1" | "|u1" | "uint8"), False | 0, bytes(raw)):
                return raw
            case (_, tuple(), _Type(name="u1" | "|u1" | "uint8"), False | 0, str(raw)):
                return raw.encode("latin1")
        raise FormatError(f"an array of something besides bytes; {NEEDED}")


class _Type:
    """What a pickle says of the type of an array's numbers."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


# What a pickle of an array names: a maker of arrays, one of types, one of bytes, and numpy's class.
_ARRAY, _TYPE, _ENCODE, _CLASS = (object() for _ in range(4))
_KNOWN = {
    "numpy.core.multiarray _reconstruct": _ARRAY,
    "numpy._core.multiarray _reconstruct": _ARRAY,
    "numpy ndarray": _CLASS,
    "numpy dtype": _TYPE,
    "_codecs encode": _ENCODE,
}
_MARK = object()
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_READERS = {ord(known.code): (known.name, known.arg) for known in pickletools.opcodes}
_LITERALS = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def read_pickle(data: bytes) -> Any:
    """Return what a pickle holds: scalars, lists, tuples, dictionaries and `Array`s.

    Texts of Python 2 are decoded as Latin-1.

    Raises:
        FormatError: it holds something else, or is damaged.
    """
    try:
        return _Reader(data).read()
    except FormatError:
        raise
    except Exception as error:
        # A damaged pickle can raise nearly anything.
        reason = first_line_of(error)
        raise FormatError(f"no pickle that can be read ({reason}); {NEEDED}") from error


class _Reader:
    """Carries out the instructions of one pickle."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)
        self._stack: list[Any] = []
        self._memo: dict[Any, Any] = {}
        self._levels: dict[int, int] = {}  # of the containers, by their identity
        self._closed: set[int] = set()  # those that lie in another, and take nothing more
        self._made: list[Any] = []  # kept, so that no identity is used twice

    def read(self) -> Any:
        for _ in range(MOST_INSTRUCTIONS):
            code = self._file.read(1)
            if not code:
                raise FormatError(f"no pickle that can be read (cut short); {NEEDED}")
            if code[0] not in _READERS:
                raise FormatError(f"no pickle that can be read (instruction {code!r}); {NEEDED}")
            name, argument = _READERS[code[0]]
            if name == "STRING":  # whose reader knows none but ASCII
                self._stack.append(_unquoted(self._file.readline()))
                continue
            value: Any = argument.reader(self._file) if argument else None
            if name == "STOP":
                return self._pop()
            if name in _LITERALS:
                self._stack.append(value)
            else:
                self._do(name, value)
        raise FormatError(f"a pickle of over {MOST_INSTRUCTIONS:,} instructions; {NEEDED}")

    def _do(self, name: str, value: Any) -> None:
        match name:
            case "PROTO" | "FRAME":
                pass
            case "MARK":
                self._stack.append(_MARK)
            case "POP":
                self._stack.pop()
            case "POP_MARK":
                self._pop_to_mark()
            case "DUP":
                self._stack.append(self._stack[-1])
            case "NONE" | "NEWTRUE" | "NEWFALSE":
                self._stack.append(_CONSTANTS[name])
            case "EMPTY_LIST" | "LIST":
                self._push([], self._pop_to_mark() if name == "LIST" else [])
            case "EMPTY_DICT" | "DICT":
                self._push({}, self._pop_to_mark() if name == "DICT" else [])
            case "TUPLE":
                self._push_tuple(self._pop_to_mark())
            case "EMPTY_TUPLE" | "TUPLE1" | "TUPLE2" | "TUPLE3":
                self._push_tuple([self._pop() for _ in range(_TUPLES[name])][::-1])
            case "APPEND" | "SETITEM":
                items = [self._pop() for _ in range(1 if name == "APPEND" else 2)][::-1]
                self._put_in(self._stack[-1], items)
            case "APPENDS" | "SETITEMS":
                items = self._pop_to_mark()
                self._put_in(self._stack[-1], items)
            case "MEMOIZE":
                self._memo[len(self._memo)] = self._stack[-1]
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                self._memo[value] = self._stack[-1]
            case "GET" | "BINGET" | "LONG_BINGET":
                self._stack.append(self._memo[value])
            case "GLOBAL":
                self._stack.append(_named(value))
            case "STACK_GLOBAL":
                attribute, module = self._pop(), self._pop()
                self._stack.append(_named(f"{module} {attribute}"))
            case "REDUCE":
                arguments, called = self._pop(), self._pop()
                self._stack.append(self._make(called, arguments))
            case "BUILD":
                self._build(self._pop())
            case _:
                _refuse(f"the instruction {name}")

    def _pop(self) -> Any:
        value = self._stack.pop()
        if value is _MARK:
            raise FormatError(f"no pickle that can be read (a mark for a value); {NEEDED}")
        return value

    def _pop_to_mark(self) -> list[Any]:
        items: list[Any] = []
        while (value := self._stack.pop()) is not _MARK:
            items.append(value)
        return items[::-1]

    def _push(self, container: Any, items: list[Any]) -> None:
        self._made.append(container)
        self._levels[id(container)] = 1
        self._put_in(container, items)
        self._stack.append(container)

    def _push_tuple(self, items: list[Any]) -> None:
        value = tuple(items)
        self._made.append(value)
        self._levels[id(value)] = self._close(items)
        self._stack.append(value)

    def _put_in(self, container: Any, items: list[Any]) -> None:
        if id(container) in self._closed:
            _refuse("a value that is in use already")
        level = self._close(items)
        if isinstance(container, list):
            container.extend(items)
        elif isinstance(container, dict):
            keys, values = items[::2], items[1::2]
            if not all(isinstance(key, SCALARS) for key in keys):
                _refuse("a key that is no plain value")
            container.update(zip(keys, values, strict=True))
        else:
            _refuse("something put in what is neither a list nor a dictionary")
        self._levels[id(container)] = max(self._levels[id(container)], level)

    def _close(self, items: list[Any]) -> int:
        """Let containers take nothing more; return the levels of one that holds them."""
        inner = [id(item) for item in items if not isinstance(item, SCALARS)]
        self._closed.update(inner)
        level = 1 + max((self._levels.get(identity, 1) for identity in inner), default=0)
        if level > MOST_LEVELS:
            _refuse(f"values more than {MOST_LEVELS} levels deep")
        return level

    def _make(self, called: Any, arguments: Any) -> Any:
        if called is _ARRAY:
            made: Any = Array()
        elif called is _TYPE:
            if not isinstance(arguments[0], str):
                _refuse("a type without a name")
            made = _Type(arguments[0])
        elif called is _ENCODE:
            text, *encoding = arguments
            if not isinstance(text, str) or encoding not in ([], ["latin1"]):
                _refuse("a text in an unknown encoding")
            return text.encode("latin1")
        else:
            _refuse("what it makes a value of")
        self._made.append(made)
        return made

    def _build(self, state: Any) -> None:
        target = self._stack[-1]
        if isinstance(target, Array):
            if id(target) in self._closed:
                _refuse("a value that is in use already")
            self._levels[id(target)] = self._close([state])
            target.state = state
        elif not isinstance(target, _Type):  # whose order and alignment mean nothing to bytes
            raise FormatError(f"a pickle that changes what reads it; {NEEDED}")


def _named(name: str) -> Any:
    if name not in _KNOWN:
        raise FormatError(f"a pickle that calls {name.replace(' ', '.')}; {NEEDED}")
    return _KNOWN[name]


def _unquoted(line: bytes) -> str:
    """Return the text of a line in quotes, with escapes, as Python 2 wrote them."""
    line = line.rstrip(b"\n")
    if len(line) < 2 or line[:1] not in (b"'", b'"') or line[:1] != line[-1:]:
        raise FormatError(f"no pickle that can be read (a text without quotes); {NEEDED}")
    return codecs.escape_decode(line[1:-1])[0].decode("latin1")


def _refuse(what: str) -> NoReturn:
    raise FormatError(f"a pickle with {what}; {NEEDED}")
