"""Both packages are imported, and do what they are for."""

from cryptography.fernet import Fernet
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from rpds import HashTrieMap

key = Fernet.generate_key()
assert Fernet(key).decrypt(Fernet(key).encrypt(b"a secret")) == b"a secret"

private = ec.generate_private_key(ec.SECP256R1())
signature = private.sign(b"a contract", ec.ECDSA(hashes.SHA256()))
private.public_key().verify(signature, b"a contract", ec.ECDSA(hashes.SHA256()))

first = HashTrieMap({"a": 1})
assert dict(first.insert("b", 2)) == {"a": 1, "b": 2}
assert dict(first) == {"a": 1}

print("linked with", backend.openssl_version_text())
