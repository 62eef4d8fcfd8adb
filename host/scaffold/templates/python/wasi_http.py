"""`import wasi_http`, and `urllib`, `http.client`, `requests`, `urllib3` and `httpx` reach the
network: what they send goes out by `wasi:http`, through the host's gate.

The host decides what is granted, holds the secrets, speaks TLS and checks certificates. So a
connection here is a socket in name only: it keeps the request that a client writes, has the
host send it, and is read from as if the answer had come over a wire. What fails raises
`OSError`, which each client turns into its own error.
"""

import http.client
import io
import urllib.request

from componentize_py_types import Err, Ok
from wit_world.imports import outgoing_handler
from wit_world.imports import wasi_http_types as wasi
from wit_world.imports.streams import StreamError_Closed

# Of one hop, and the host's: it knows the address and the length, and asks for no compression.
HOPS = {"accept-encoding", "connection", "content-length", "host", "keep-alive", "te"}
HOPS |= {"proxy-connection", "transfer-encoding", "upgrade"}

METHODS = {
    name.upper(): getattr(wasi, f"Method_{name.capitalize()}")
    for name in ("get", "head", "post", "put", "delete", "options", "patch")
}


def send(method, scheme, authority, target, headers, body):
    """Has the host send a request; gives the status, headers as pairs, and the body."""
    try:
        return _answer(_sent(method, scheme, authority, target, headers, body))
    except Err as error:
        raise ConnectionError(f"{method} {scheme}://{authority}{target}: {_reason(error.value)}")


def _sent(method, scheme, authority, target, headers, body):
    fields = [(name, value.encode("latin-1")) for name, value in headers if name.lower() not in HOPS]
    request = wasi.OutgoingRequest(wasi.Fields.from_list(fields))
    request.set_method(METHODS[method]() if method in METHODS else wasi.Method_Other(method))
    request.set_scheme(wasi.Scheme_Https() if scheme == "https" else wasi.Scheme_Http())
    request.set_authority(authority)
    request.set_path_with_query(target)
    outgoing = request.body()
    answer = outgoing_handler.handle(request, None)
    if body:
        with outgoing.write() as stream:
            for start in range(0, len(body), 4096):
                stream.blocking_write_and_flush(body[start : start + 4096])
    wasi.OutgoingBody.finish(outgoing, None)
    return answer


def _answer(future):
    with future, future.subscribe() as ready:
        ready.block()
        outcome = future.get()
    # Whether it is there, whether it was taken before, and what came.
    if not (isinstance(outcome, Ok) and isinstance(outcome.value, Ok)):
        raise outcome.value if isinstance(outcome, Ok) else Err("there is no answer")
    with outcome.value.value as response:
        with response.headers() as fields:
            headers = [(name, value.decode("latin-1")) for name, value in fields.entries()]
        with response.consume() as body, body.stream() as stream:
            return response.status(), headers, _read(stream)


def _read(stream):
    parts = []
    while True:
        try:
            parts.append(stream.blocking_read(1 << 20))
        except Err as error:
            if isinstance(error.value, StreamError_Closed):
                return b"".join(parts)
            raise


def _reason(code):
    if isinstance(code, wasi.ErrorCode_HttpRequestDenied):
        return "denied by the host, which writes why to this plugin's standard error"
    return getattr(code, "value", None) or type(code).__name__.removeprefix("ErrorCode_")


class Wire:
    """What `http.client` takes for a socket."""

    def __init__(self, scheme, host, port):
        host = f"[{host}]" if ":" in host else host
        usual = 443 if scheme == "https" else 80
        self.scheme, self.authority = scheme, host if port == usual else f"{host}:{port}"
        self.written = bytearray()

    def sendall(self, data, flags=0):
        self.written += data

    def makefile(self, mode, buffering=None):
        head, _, body = bytes(self.written).partition(b"\r\n\r\n")
        self.written.clear()
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        if any(name.lower() == "transfer-encoding" for name, _ in headers):
            body = _unchunked(body)
        return io.BytesIO(_wire(*send(method, self.scheme, self.authority, target, headers, body)))

    def close(self):
        pass

    def settimeout(self, timeout):
        """The host's limits hold."""

    def setsockopt(self, *option):
        pass


def _unchunked(data):
    body, rest = b"", io.BytesIO(data)
    while size := int(rest.readline().split(b";")[0] or b"0", 16):
        body += rest.read(size)
        rest.readline()
    return body


def _wire(status, headers, body):
    """An answer in the bytes of HTTP/1.1. Each answer ends its connection, which costs nothing."""
    kept = [(name, value) for name, value in headers if name.lower() not in HOPS]
    kept += [("Connection", "close"), ("Content-Length", str(len(body)))]
    head = "".join(f"{name}: {value}\r\n" for name, value in kept)
    reason = http.client.responses.get(status, "")
    return f"HTTP/1.1 {status} {reason}\r\n{head}\r\n".encode("latin-1") + body


def _connect(self):
    self.sock = Wire(getattr(self, "scheme", "http"), self.host, self.port)


class HTTPSConnection(http.client.HTTPConnection):
    """This Python has no `ssl` and hence none of its own."""

    default_port = 443
    scheme = "https"

    def __init__(self, host, port=None, *, context=None, check_hostname=None, **options):
        super().__init__(host, port, **options)


class HTTPSHandler(urllib.request.AbstractHTTPHandler):
    """As in `urllib.request` where there is `ssl`."""

    def __init__(self, debuglevel=None, context=None, check_hostname=None):
        super().__init__(debuglevel)

    def https_open(self, request):
        return self.do_open(HTTPSConnection, request)

    https_request = urllib.request.AbstractHTTPHandler.do_request_


http.client.HTTPConnection.connect = _connect
http.client.HTTPSConnection = HTTPSConnection
urllib.request.HTTPSHandler = HTTPSHandler

try:
    import urllib3.connection
    import urllib3.connectionpool
except ImportError:
    pass
else:

    class _Secure(urllib3.connection.HTTPConnection):
        default_port = 443
        scheme = "https"
        # By the host.
        is_verified = True

        def __init__(self, host, port=None, **options):
            known = ("timeout", "source_address", "blocksize", "socket_options", "proxy", "proxy_config")
            super().__init__(host, port, **{name: options[name] for name in known if name in options})

    urllib3.connection.HTTPConnection._new_conn = lambda self: Wire(
        getattr(self, "scheme", "http"), self.host, self.port
    )
    urllib3.connectionpool.HTTPSConnectionPool.ConnectionCls = _Secure

try:
    import requests.adapters
except ImportError:
    pass
else:
    # It looks for a file of certificates, which is the host's to have.
    requests.adapters.HTTPAdapter.cert_verify = lambda self, conn, url, verify, cert: None

try:
    import httpx
except ImportError:
    pass
else:

    class _Transport(httpx.BaseTransport):
        def __init__(self, *_, **__):
            pass

        def handle_request(self, request):
            url = request.url
            authority, target = url.netloc.decode(), url.raw_path.decode()
            fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
            try:
                status, headers, body = send(request.method, url.scheme, authority, target, fields, request.read())
            except OSError as error:
                raise httpx.ConnectError(str(error), request=request) from error
            return httpx.Response(status, headers=headers, content=body, request=request)

    httpx._client.HTTPTransport = _Transport
