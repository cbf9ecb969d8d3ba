"""Updates: an artefact is fetched, its signature checked, put ready, and installed by the owner's own command."""

import asyncio
import binascii
import re
from base64 import b64decode
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gamekeeper_agent.commands.action import ActionFailed, Done, Errand, Scalar
from gamekeeper_agent.commands.actions import run_program
from gamekeeper_agent.files import write_atomically
from gamekeeper_agent.https import InsecureAddress, Unreachable, check_address, request
from gamekeeper_agent.policy import UpdatePolicy

_LIMIT = 200 * 1024 * 1024
_VERSION = re.compile(r"\A[0-9A-Za-z][0-9A-Za-z.+-]{0,63}\Z")


async def update(errand: Errand) -> Done:
    """Take the update of `url` and `version`; `signature` is base64 Ed25519 over version, a NUL and the content."""
    policy = errand.policy.update
    if policy is None:
        raise ActionFailed("update-not-configured", "this machine names nobody whose updates it takes")
    version, url = errand.params.get("version"), errand.params.get("url")
    if not isinstance(version, str) or not _VERSION.match(version):
        raise ActionFailed("bad-params", "version is missing or not a version")
    if not isinstance(url, str):
        raise ActionFailed("bad-params", "url is missing")
    await errand.progress(5, "fetching")
    content = await asyncio.to_thread(_fetch, url)
    await errand.progress(60, "checking the signature")
    _check(policy, version, content, errand.params.get("signature"))
    folder = errand.folder / "updates"
    folder.mkdir(mode=0o700, exist_ok=True)
    artefact = folder / version
    await asyncio.to_thread(write_atomically, artefact, content)
    data: dict[str, Scalar] = {"version": version, "size": len(content), "sha256": sha256(content).hexdigest()}
    if policy.command is None:
        return Done("the update is put ready; this machine installs updates by hand", data)
    await errand.progress(80, "installing")
    code, text = await run_program([*policy.command, str(artefact)])
    if code != 0:
        raise ActionFailed("install-failed", f"{policy.command[0]} answered {code}: {text}")
    return Done("installed; a restart of the agent begins it", data)


def _fetch(url: str) -> bytes:
    try:
        check_address(url)
        answer = request("GET", url, limit=_LIMIT)
    except (Unreachable, InsecureAddress) as error:
        raise ActionFailed("fetch-failed", str(error)) from error
    if answer.status != 200:
        raise ActionFailed("fetch-failed", f"the server answered {answer.status}")
    return answer.body


def _check(policy: UpdatePolicy, version: str, content: bytes, signature: object) -> None:
    if not isinstance(signature, str):
        raise ActionFailed("bad-params", "signature is missing")
    try:
        raw = b64decode(signature, validate=True)
        key = Ed25519PublicKey.from_public_bytes(policy.public_key)
        key.verify(raw, version.encode() + b"\x00" + content)
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise ActionFailed("bad-signature", "not signed by the one whose updates this machine takes") from error
