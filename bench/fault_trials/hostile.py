"""What a target may answer that is no good answer: cut, endless, garbled, or hostile on purpose."""

import gzip
import json
import re
import socket
import struct
import time
from email.utils import formatdate

from . import common
from .common import MARKUP

# What a terminal, a shell, a browser, an XML reader and a Markdown reader would each take for something else than text.
EVIL = f"\x1b[31m{MARKUP}(1)</script>]]>--><img src=x onerror=fdmark()>&\x07\x9b2J\r\n\x00`$(touch fdmark)`'\"|\n"


class Kind:
    """A way of answering. `bad`: whoever is answered so was not answered as expected; `partly`: some may take it
    for an answer, such as those who try what must be refused, or who write and need no body."""

    def __init__(self, name, answer, bad=True, partly=False):
        self.name, self.answer, self.bad, self.partly = name, answer, bad, partly


class Exchange:
    """One request that a kind answers: what was asked, what the mock says to it, and the way back."""

    def __init__(self, stream, status, headers, body):
        self.stream, self.status, self.headers, self.body = stream, status, headers, body
        self.until = time.monotonic() + 45

    def send(self, data):
        self.stream.sendall(data)

    def forever(self, data, pause_s=0.0):
        """The same again and again, until the other side has gone or a run would long be over."""
        while time.monotonic() < self.until and not common.CHILDREN.stopping:
            self.send(data)
            if pause_s:
                time.sleep(pause_s)

    def hold(self):
        """Says nothing more, and leaves the connection open."""
        self.stream.settimeout(1)
        while time.monotonic() < self.until and not common.CHILDREN.stopping:
            try:
                if not self.stream.recv(65536):
                    return
            except socket.timeout:
                pass

    def reset(self):
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def head(status="200 OK", length=None, kind="application/json", more=()):
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Date: {formatdate(usegmt=True)}", *more]
    lines += [] if length is None else [f"Content-Length: {length}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def says(body, status="200 OK", kind="application/json", more=()):
    """A whole answer with this body."""
    body = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    return lambda exchange: exchange.send(head(status, len(body), kind, more) + body)


def raw(data, then="close"):
    def answer(exchange):
        exchange.send(data)
        if then == "hold":
            exchange.hold()
        elif then == "reset":
            exchange.reset()
        return True  # the connection is over

    return answer


def begins(data, do):
    def answer(exchange):
        exchange.send(data)
        do(exchange)
        return True

    return answer


def changed(change, more=()):
    """The mock's own answer, with its bytes changed."""

    def answer(exchange):
        body = change(exchange.body)
        exchange.send(head(f"{exchange.status} Said", len(body), more=more) + body)

    return answer


def valued(change):
    """The mock's own answer, with every value of its JSON changed."""

    def walk(value):
        if isinstance(value, dict):
            return {key: walk(inner) for key, inner in value.items()}
        return [walk(inner) for inner in value] if isinstance(value, list) else change(value)

    def of_bytes(body):
        try:
            return json.dumps(walk(json.loads(body))).encode()
        except ValueError:
            return body

    return changed(of_bytes)


def error(message, status="500 Internal Server Error", code="INTERNAL_ERROR", more=()):
    detail = {"error_code": code, "message": message, "request_id": message[:40]}
    return says(json.dumps({"detail": detail}), status, more=more)


def with_headers(*more):
    return lambda exchange: exchange.send(head(f"{exchange.status} Said", len(exchange.body), more=more) + exchange.body)


def slowly(data, pause_s):
    def answer(exchange):
        for place in range(len(data)):
            exchange.send(data[place : place + 1])
            time.sleep(pause_s)
        exchange.hold()
        return True

    return answer


def bomb():
    """64 MiB of nothing, packed."""
    return gzip.compress(b'{"data":"' + b" " * (64 << 20) + b'"}')


ONE = head(length=2) + b"{}"
NUMBERS = (1e308, -1, 18446744073709551616, 0.1, 10**400)


def huge(value):
    return 99999999999999999999999 if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def kinds():
    long = "x" * 100_000
    deep = b'{"data":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    packed = None

    def of_a_bomb(exchange):
        nonlocal packed
        packed = packed or bomb()
        exchange.send(head(length=len(packed), more=("Content-Encoding: gzip",)) + packed)

    return [
        # Bodies that are cut, too long, or never end.
        Kind("cut body, closed", raw(head(length=500) + b'{"data":')),
        Kind("cut body, reset", raw(head(length=500) + b'{"data":', "reset")),
        Kind("cut body, half-open", raw(head(length=500) + b'{"data":', "hold")),
        Kind("length too short", raw(head(length=3) + b'{"data":{}}')),
        Kind("length of exabytes", raw(head(length=1 << 62) + b"{}", "hold")),
        Kind("length negative", raw(head(length=-5) + b"{}")),
        Kind("length no number", raw(head(length="many") + b"{}")),
        Kind("two lengths", raw(head(length=2, more=("Content-Length: 9",)) + b"{}       ")),
        Kind("endless body", begins(head(), lambda exchange: exchange.forever(b" " * 65536))),
        Kind("endless chunks", begins(chunked, lambda exchange: exchange.forever(b"1000\r\n" + b" " * 4096 + b"\r\n"))),
        Kind("endless headers", begins(b"HTTP/1.1 200 OK\r\n", lambda exchange: exchange.forever(b"X-A: " + b"a" * 999 + b"\r\n"))),
        Kind("endless status line", begins(b"HTTP/1.1 200 ", lambda exchange: exchange.forever(b"O" * 4096))),
        Kind("endless 100 Continue", begins(b"", lambda exchange: exchange.forever(b"HTTP/1.1 100 Continue\r\n\r\n"))),
        Kind("a flood of 103, then good", lambda e: (e.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 50), good(e))[1], bad=False),
        Kind("slow bytes", slowly(head(length=2) + b"{}", 0.5)),
        Kind("slow body", begins(head(length=9_999), lambda exchange: exchange.forever(b" ", 0.3))),
        Kind("20 MB body", says(b'{"data":"' + b"a" * (20 << 20) + b'"}')),
        # Framing.
        Kind("chunked garbage", raw(chunked + b"zz\r\nnonsense\r\n")),
        Kind("chunk of exabytes", raw(chunked + b"ffffffffffffffff\r\n{}")),
        Kind("chunk without end", raw(chunked + b"2\r\n{}\r\n", "hold")),
        Kind("chunked and length", raw(chunked[:-2] + b"Content-Length: 1\r\n\r\n2\r\n{}\r\n0\r\n\r\n")),
        Kind("unknown transfer encoding", raw(chunked.replace(b"chunked", b"rot13") + b"{}")),
        Kind("HTTP/0.9", raw(b"<html>hello</html>")),
        Kind("HTTP/2 preface", raw(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00\x03\x00\x00\x00\x64" * 3)),
        Kind("HTTP/3.7", raw(ONE.replace(b"HTTP/1.1", b"HTTP/3.7"))),
        Kind("a mail server", raw(b"220 mail.example.com ESMTP\r\n")),
        Kind("TLS alert", raw(b"\x15\x03\x01\x00\x02\x02\x46")),
        Kind("random bytes", raw(bytes((i * 197 + 31) % 256 for i in range(5000)))),
        Kind("closed at once", raw(b"")),
        Kind("reset at once", raw(b"", "reset")),
        Kind("reset after headers", raw(head(length=100), "reset")),
        Kind("half-open, nothing said", raw(b"", "hold")),
        Kind("two answers at once", raw(ONE + ONE)),
        Kind("a good answer, then garbage", lambda e: (good(e), e.send(b"\x00garbage"), True)[2], bad=False),
        # Headers and statuses.
        Kind("header of 1 MB", raw(head(length=2, more=("X-Long: " + "a" * (1 << 20),)) + b"{}")),
        Kind("5,000 headers", raw(head(length=2, more=[f"X-{i}: a" for i in range(5000)]) + b"{}")),
        Kind("control bytes in a header", raw(b"HTTP/1.1 200 OK\r\nX-Request-Id: \x1b[31m\x00\r\nContent-Length: 2\r\n\r\n{}")),
        Kind("status 999", says("{}", "999 Beyond")),
        Kind("status 99999", raw(b"HTTP/1.1 99999 No\r\nContent-Length: 0\r\n\r\n")),
        Kind("status 101, upgraded", raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "hold")),
        Kind("200 and nothing", says(b"")),
        Kind("204", raw(b"HTTP/1.1 204 No Content\r\n\r\n"), partly=True),
        Kind("304", raw(b"HTTP/1.1 304 Not Modified\r\n\r\n")),
        Kind("401 for all", error("who?", "401 Unauthorized", "TOKEN_EXPIRED"), partly=True),
        Kind("418", error("a teapot", "418 I'm a teapot", "TEAPOT"), partly=True),
        Kind("redirect to itself", says(b"", "302 Found", more=("Location: /",))),
        Kind("redirect to a script", says(b"", "308 Moved", more=(f"Location: javascript:{MARKUP}",))),
        Kind("redirect to another host", says(b"", "307 There", more=("Location: http://198.51.100.7/",))),
        Kind("429, Retry-After huge", error("later", "429 Slow", "RATE_LIMITED", ("Retry-After: 99999999999999999999",))),
        Kind("429, Retry-After negative", error("later", "429 Slow", "RATE_LIMITED", ("Retry-After: -5",))),
        Kind("429, Retry-After a date", error("later", "429 Slow", "RATE_LIMITED", ("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT",))),
        Kind("503, Retry-After 0", error("later", "503 Busy", "UNAVAILABLE", ("Retry-After: 0",))),
        Kind("Date in the year 1", with_headers("Date: Mon, 01 Jan 0001 00:00:00 GMT"), bad=False),
        Kind("Date in the year 9999", with_headers("Date: Fri, 31 Dec 9999 23:59:59 GMT"), bad=False),
        Kind("Date nonsense", with_headers("Date: yesterday"), bad=False),
        # Encodings.
        Kind("gzip bomb", of_a_bomb),
        Kind("gzip that is none", says(b"\x1f\x8bnonsense", more=("Content-Encoding: gzip",))),
        Kind("unknown encoding", says("{}", more=("Content-Encoding: zz",))),
        Kind("UTF-16", says('{"data":{}}'.encode("utf-16"), kind="application/json; charset=utf-16")),
        Kind("Latin-1 letters", says('{"data":"é'.encode("latin-1") + b'"}')),
        Kind("byte order mark", changed(lambda body: b"\xef\xbb\xbf" + body), bad=False),
        Kind("NUL bytes", says(b"\x00" * 4096)),
        Kind("HTML page", says(f"<html><body>{MARKUP}(1)</script></body></html>", kind="text/html")),
        Kind("HTML error page", says(f"<h1>{EVIL}</h1>", "502 Bad Gateway", "text/html")),
        # JSON.
        Kind("duplicated keys", changed(lambda body: body.replace(b"{", b'{"id":"a","id":"b","data":1,', 1)), bad=False),
        Kind("nested 200,000 deep", says(deep)),
        Kind("huge numbers", valued(huge), bad=False),
        Kind("NaN and Infinity", says('{"data":{"total":NaN,"appointments":[Infinity]}}')),
        Kind("numbers for texts", valued(lambda value: 7 if isinstance(value, str) else value), bad=False),
        Kind("null for everything", valued(lambda value: None), bad=False),
        Kind("lists for everything", valued(lambda value: [value]), bad=False),
        Kind("lone surrogates", valued(lambda value: value + "\ud800" if isinstance(value, str) else value), bad=False),
        Kind("texts of 100,000 letters", valued(lambda value: value + long if isinstance(value, str) else value), bad=False),
        Kind("hostile texts", valued(lambda value: value + EVIL if isinstance(value, str) else value), bad=False),
        Kind("times far off", valued(lambda v: re.sub(r"^\d{4}-", "9999-", v) if isinstance(v, str) else v), bad=False),
        Kind("times that are none", valued(lambda v: re.sub(r"^\d{4}-\d\d", "0000-00", v) if isinstance(v, str) else v), bad=False),
        Kind("an object where a list is", changed(lambda body: body.replace(b"[", b'{"a":[').replace(b"]", b"]}")), bad=False),
        Kind("cut JSON", changed(lambda body: body[: len(body) // 2])),
        Kind("hostile error message", error(EVIL)),
        Kind("hostile error code", error("no", code=EVIL)),
        Kind("hostile 400", error(EVIL * 40, "400 Bad", "VALIDATION_ERROR"), partly=True),
        Kind("error of 100,000 letters", error(long)),
        Kind("200 that is an error", says(json.dumps({"success": False, "error": EVIL}))),
    ]  # fmt: skip


def good(exchange):
    exchange.send(head(f"{exchange.status} Said", len(exchange.body)) + exchange.body)
