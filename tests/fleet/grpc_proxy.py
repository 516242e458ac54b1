"""A gRPC proxy that lets Bazel 7 talk to buildbox-casd.

    python3 grpc_proxy.py LISTEN BACKEND

Messages are passed on as bytes. Two differences are bridged:

- Bazel speaks version 2.0 of the remote execution API, and turns away from casd, which says that it supports 2.1 and
  later. All that Bazel uses is the same in both, so the answer to GetCapabilities gets 2.0 as the oldest version.
- casd has a result with a folder only when it has each subfolder's `Directory` message as a blob. Bazel uploads them
  within one `Tree`, as it should. Before a result is stored, its trees' messages are.
"""

from __future__ import annotations

import hashlib
import sys
from concurrent import futures
from typing import TYPE_CHECKING, Any

import grpc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_API = "/build.bazel.remote.execution.v2."
_CAPABILITIES = _API + "Capabilities/GetCapabilities"
_UPDATE = _API + "ActionCache/UpdateActionResult"
_UPLOAD = _API + "ContentAddressableStorage/BatchUpdateBlobs"
_READ = "/google.bytestream.ByteStream/Read"

_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_OF_THE_CONNECTION = ("grpc-", ":", "user-agent", "te", "content-type")
_NO_DEADLINE = 1e6  # grpc says it with a very large number of seconds
_MAX_BATCH = 1 << 20

# Numbers of fields, by message.
_CAPABILITIES_LOW_API_VERSION = 4
_SEMVER_MAJOR = 1
_UPDATE_ACTION_RESULT = 3
_RESULT_OUTPUT_DIRECTORIES = 3
_OUTPUT_DIRECTORY_TREE_DIGEST = 3
_DIGEST_HASH, _DIGEST_SIZE = 1, 2
_READ_RESOURCE, _READ_DATA = 1, 10
_TREE_ROOT, _TREE_CHILDREN = 1, 2
_BATCH_REQUESTS, _BATCH_DIGEST, _BATCH_DATA = 2, 1, 2


def fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of each field of a serialised message: numbers, or bytes of strings and messages."""
    position = 0
    while position < len(message):
        key, position = _number(message, position)
        value, position = _number(message, position)
        if key & 7 == 0:
            yield key >> 3, value
        elif key & 7 == 2:
            yield key >> 3, message[position : position + value]
            position += value
        else:
            raise ValueError(f"wire type {key & 7} is not expected here")


def serialised(*pairs: tuple[int, int | bytes]) -> bytes:
    """A message made of fields."""
    result = b""
    for number, value in pairs:
        if isinstance(value, int):
            result += _varint(number << 3) + _varint(value)
        else:
            result += _varint(number << 3 | 2) + _varint(len(value)) + value
    return result


def _number(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[position] & 127) << shift
        shift += 7
        position += 1
        if data[position - 1] < 128:
            return value, position


def _varint(value: int) -> bytes:
    result = b""
    while value > 127:
        result += bytes([value & 127 | 128])
        value >>= 7
    return result + bytes([value])


def with_low_version(capabilities: bytes) -> bytes:
    """A `ServerCapabilities` with 2.0 as the oldest version of the API."""
    kept = [field for field in fields(capabilities) if field[0] != _CAPABILITIES_LOW_API_VERSION]
    return serialised(*kept, (_CAPABILITIES_LOW_API_VERSION, serialised((_SEMVER_MAJOR, 2))))


def trees(update: bytes) -> Iterator[str]:
    """The resource names of the trees of an `UpdateActionResultRequest`."""
    for number, result in fields(update):
        if number == _UPDATE_ACTION_RESULT:
            for field, directory in fields(result):
                if field == _RESULT_OUTPUT_DIRECTORIES:
                    digest = dict(fields(dict(fields(directory))[_OUTPUT_DIRECTORY_TREE_DIGEST]))
                    yield f"blobs/{digest[_DIGEST_HASH].decode()}/{digest[_DIGEST_SIZE]}"


def uploads(tree: bytes) -> Iterator[bytes]:
    """`BatchUpdateBlobsRequest`s with all directories of a `Tree`."""
    batch: list[tuple[int, bytes]] = []
    size = 0
    for number, directory in fields(tree):
        if number in (_TREE_ROOT, _TREE_CHILDREN):
            name = hashlib.sha256(directory).hexdigest().encode()
            digest = serialised((_DIGEST_HASH, name), (_DIGEST_SIZE, len(directory)))
            batch.append((_BATCH_REQUESTS, serialised((_BATCH_DIGEST, digest), (_BATCH_DATA, directory))))
            size += len(directory)
            if size > _MAX_BATCH:
                yield serialised(*batch)
                batch, size = [], 0
    if batch:
        yield serialised(*batch)


class PassOn(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Passes every method on.

    Args:
        backend: the channel.
    """

    def __init__(self, backend: grpc.Channel) -> None:
        self._backend = backend

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        method = details.method
        before: Callable[[bytes], None] = self._upload_directories if method == _UPDATE else lambda _: None
        change = with_low_version if method == _CAPABILITIES else bytes

        def call(requests: Iterable[bytes], context: grpc.ServicerContext) -> Iterator[bytes]:
            left = context.time_remaining()
            answers = self._backend.stream_stream(method)(
                _each(requests, before),
                metadata=_to_pass_on(context.invocation_metadata()),
                timeout=left if left is not None and left < _NO_DEADLINE else None,
            )
            context.add_callback(answers.cancel)
            try:
                yield from map(change, answers)
            except grpc.RpcError as error:
                context.set_trailing_metadata(_to_pass_on(error.trailing_metadata() or ()))
                context.abort(error.code(), error.details())

        return grpc.stream_stream_rpc_method_handler(call)

    def _upload_directories(self, update: bytes) -> None:
        for name in trees(update):
            answers = self._backend.unary_stream(_READ)(serialised((_READ_RESOURCE, name.encode())))
            tree = b"".join(dict(fields(answer)).get(_READ_DATA, b"") for answer in answers)
            for request in uploads(tree):
                self._backend.unary_unary(_UPLOAD)(request)


def _each(requests: Iterable[bytes], before: Callable[[bytes], None]) -> Iterator[bytes]:
    for request in requests:
        before(request)
        yield request


def _to_pass_on(metadata: Iterable[Any]) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in metadata if not key.startswith(_OF_THE_CONNECTION)]


def main(listen: str, backend: str) -> None:
    """Serves until it is stopped."""
    server = grpc.server(futures.ThreadPoolExecutor(64), options=_OPTIONS)
    server.add_generic_rpc_handlers((PassOn(grpc.insecure_channel(backend, options=_OPTIONS)),))
    server.add_insecure_port(listen)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main(*sys.argv[1:])
