"""Descriptors and classes of the messages that .proto files declare, by Google's protoc and runtime."""

import os
import tempfile

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc


def descriptor_set(files):
    """What protoc makes of files, as bytes: path to text; the last one may import the others."""
    common = os.path.join(os.path.dirname(protoc.__file__), "_proto")
    with tempfile.TemporaryDirectory() as directory:
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(directory, path)), exist_ok=True)
            with open(os.path.join(directory, path), "w", encoding="utf-8") as file:
                file.write(text)
        out = os.path.join(directory, "out")
        code = protoc.main(["protoc", f"-I{directory}", f"-I{common}", "--include_imports", f"--descriptor_set_out={out}",
                            list(files)[-1]])
        assert code == 0, f"protoc does not take {list(files)[-1]}"
        with open(out, "rb") as file:
            return file.read()


def message_classes(files):
    """A function that gives the class of a message by its full name. `files`: as above."""
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set(files)).file:
        pool.Add(file)
    return lambda name: message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
