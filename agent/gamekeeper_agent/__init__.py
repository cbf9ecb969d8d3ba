"""The program that runs on every machine that Gamekeeper looks after."""

VERSION = "0.1.0"
