"""Messages of WeChat official accounts and WeCom: signatures, the encrypted form, the answer to the first call.

Signature: SHA-1 of the sorted token, timestamp and nonce; of an encrypted message also of the ciphertext, as
``msg_signature``. Encryption: AES-256-CBC under the EncodingAESKey, whose first 16 bytes are the initialisation vector;
PKCS#7 padding to 32 bytes; inside 16 random bytes, the length as four bytes, the message, the receiver's id.
(WeChat and WeCom developer documentation, "消息加解密说明")
"""

import base64
import binascii
import struct

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from ninefold.base import refused, stable_key
from ninefold.collect.connectors.settings import HookKind, Webhook
from ninefold.collect.imports.readers.objects import json_text

from .model import HookRequest, Opened
from .rules import bad_signature, check_age, same, sha1_of
from .xml import read_xml

_BLOCK = 32


def echo(request: HookRequest, hook: Webhook, token: str, aes_key: str, *, now_s: float) -> bytes:
    """The answer to the vendor's first call, which proves that we know the token: its ``echostr``.

    WeCom sends it encrypted and wants it back in the clear.
    """
    text = request.query.get("echostr", "")
    if hook.kind is HookKind.WECOM:
        _check(request, hook, (token, text), "msg_signature", now_s=now_s)
        return opened(text, aes_key, hook.app_id)
    _check(request, hook, (token,), "signature", now_s=now_s)
    return text.encode()


def open_wechat(request: HookRequest, hook: Webhook, token: str, aes_key: str, *, now_s: float) -> Opened:
    """A message of an official account or of WeCom. With an AES key configured, plain messages are refused."""
    outer = read_xml(request.body)
    message = outer
    if aes_key:
        sealed = str(outer.get("Encrypt", ""))
        if not sealed:
            raise refused("not_encrypted", "the message is not encrypted", hint="choose the secure mode at the vendor")
        _check(request, hook, (token, sealed), "msg_signature", now_s=now_s)
        message = read_xml(opened(sealed, aes_key, hook.app_id))
    else:
        _check(request, hook, (token,), "signature", now_s=now_s)
    if "Encrypt" in message:
        raise refused("no_aes_key", "the message is encrypted, but no aes_key is configured")
    return Opened(payload=message, name=_name(message))


def opened(sealed: str, aes_key: str, app_id: str) -> bytes:
    """The message inside a ciphertext.

    Raises:
        Error: refused ``bad_signature`` when it does not decrypt, or was meant for another receiver.
    """
    try:
        key = base64.b64decode(aes_key + "=", validate=True)
        cipher = Cipher(AES(key), CBC(key[:16])).decryptor()
        padded = cipher.update(base64.b64decode(sealed, validate=True)) + cipher.finalize()
    except (binascii.Error, ValueError):
        raise bad_signature() from None
    pad = padded[-1] if padded else 0
    if not 1 <= pad <= _BLOCK or len(padded) < 20 + pad or padded[-pad:] != bytes([pad]) * pad:
        raise bad_signature()
    content = padded[16:-pad]
    (length,) = struct.unpack(">I", content[:4])
    message, receiver = content[4 : 4 + length], content[4 + length :]
    if len(message) != length or (app_id and receiver != app_id.encode()):
        raise bad_signature()
    return message


def sealed_with(message: bytes, aes_key: str, app_id: str, salt: bytes) -> str:
    """The ciphertext of a message: the inverse of :func:`opened`, for answers and tests.

    Args:
        message: the clear text.
        aes_key: the 43 characters of the EncodingAESKey.
        app_id: whom it is for.
        salt: 16 random bytes.
    """
    key = base64.b64decode(aes_key + "=")
    content = salt + struct.pack(">I", len(message)) + message + app_id.encode()
    pad = _BLOCK - len(content) % _BLOCK
    cipher = Cipher(AES(key), CBC(key[:16])).encryptor()
    return base64.b64encode(cipher.update(content + bytes([pad]) * pad) + cipher.finalize()).decode()


def _check(request: HookRequest, hook: Webhook, parts: tuple[str, ...], name: str, *, now_s: float) -> None:
    query = request.query
    stamp = query.get("timestamp", "")
    check_age(stamp, hook.tolerance_seconds, now_s=now_s)
    if not same(sha1_of(*parts, stamp, query.get("nonce", "")), query.get(name, "")):
        raise bad_signature()


def _name(message: dict[str, object]) -> str:
    """The name by which the vendor repeats a message: its MsgId, and for events all that they say.

    Sender, time and kind are not enough: WeCom's events all come from ``sys``, several in a second.
    """
    return str(message["MsgId"]) if message.get("MsgId") else stable_key(json_text(dict(sorted(message.items()))))
