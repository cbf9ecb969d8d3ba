"""Why a socket ended, in a word that a person can act on."""

from websockets.asyncio.server import ServerConnection

_WORDS = {1000: "agent-stopped", 1001: "agent-stopped"}


def reason_of(websocket: ServerConnection) -> str:
    """The reason of an end that was not ours: the agent's goodbye, a missing pong, or a lost connection."""
    received, sent = websocket.protocol.close_rcvd, websocket.protocol.close_sent
    if received is not None:
        return _WORDS.get(received.code, f"closed-{received.code}")
    if sent is not None and sent.code == 1011 and "ping timeout" in sent.reason:
        return "ping-timeout"
    if sent is not None and sent.code == 1009:
        return "too-large"
    return "connection-lost" if sent is None else f"protocol-error-{sent.code}"
