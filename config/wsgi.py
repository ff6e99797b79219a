"""The WSGI application that gunicorn serves."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

Application = Callable[[dict[str, Any], Any], Any]

# The largest body that any address takes is a bulk upload of 205 MB.
MOST_DRAINED = 210 * 1024**2
PIECE = 256 * 1024


def draining(site: Application) -> Application:
    """`site`, whose answer goes out after the request has come in whole.

    A refusal that is sent earlier closes the connection in the middle of an upload, and the
    client, or the proxy in its place, tells of a broken connection instead.
    """

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        answer = site(environ, start_response)
        left = MOST_DRAINED
        # Whatever is wrong with a body that nobody wants, the answer stands.
        with suppress(Exception):
            while left > 0 and (piece := environ["wsgi.input"].read(PIECE)):
                left -= len(piece)
        return answer

    return application


def below(path: str, site: Application) -> Application:
    """`site` as it is reached below `path`, which proxies pass on with the rest of the address.

    Addresses without it are answered too: probes come to the server itself.
    """

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        asked = environ["PATH_INFO"]
        if asked == path or asked.startswith(f"{path}/"):
            environ["PATH_INFO"] = asked[len(path) :] or "/"
        return site(environ, start_response)

    return application


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application: Application = draining(get_wsgi_application())
if settings.FORCE_SCRIPT_NAME:
    application = below(settings.FORCE_SCRIPT_NAME, application)
