"""A faithful Flatchr on loopback: a real HTTP server for both of its hosts.

It needs neither Django nor anything of ours outside this package.
"""

from __future__ import annotations

from integrations.sandbox.server_control import Sandbox

__all__ = ["Sandbox"]
