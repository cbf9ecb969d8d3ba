"""The internal certificate authority: who may call itself a device or a gateway."""
