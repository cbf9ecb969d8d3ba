"""Devices and their agents: enrolment, certificates, presence, commands, and the gateway that they connect to."""
