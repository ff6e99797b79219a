"""Django's settings and Relais' own, from environment variables with working defaults.

The variables are documented in `docs/configuration.md` and `.env.example`.
"""

from __future__ import annotations

import os
import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.urls import reverse_lazy
from kombu import Exchange, Queue

from config import networks, public_url
from config.environment import CHECKOUT, DATA_DIR, close_to_others, env
from integrations.encryption.secret_files import keys_in_file, read_or_create
from integrations.lanes import Lane

BASE_DIR = Path(__file__).resolve().parent.parent
# Templates and static files are beside the code in a checkout, and below it in a package.
ASSETS_DIR = CHECKOUT or BASE_DIR / "config"

# It holds candidates' data and secrets: readable by this user only.
try:
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"{DATA_DIR} cannot be made: {error.strerror}.") from None
if not os.access(DATA_DIR, os.R_OK | os.X_OK):
    raise ImproperlyConfigured(f"{DATA_DIR} belongs to somebody else: run Relais as that user.")
close_to_others(DATA_DIR)

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or read_or_create(
    DATA_DIR / "secret_key", get_random_secret_key
)
# Earlier ones, which still open what they have signed.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
# The first key encrypts, every key decrypts: to rotate, put a new key in front. Without the
# variable they are in this file, which is made with the first credentials.
CREDENTIALS_KEYS_PATH = DATA_DIR / "credentials_keys"
CREDENTIALS_KEYS = env.list("CREDENTIALS_KEYS", default=[]) or keys_in_file(CREDENTIALS_KEYS_PATH)
for _place, _key in enumerate(CREDENTIALS_KEYS, 1):
    try:
        Fernet(_key)
    except ValueError as _error:
        raise ImproperlyConfigured(
            f"CREDENTIALS_KEYS: number {_place} is no key of Fernet, 32 bytes in URL-safe base64."
        ) from _error

_public = public_url.parse(env.str("PUBLIC_URL", default="http://127.0.0.1:8000"))
PUBLIC_URL = str(_public)
# A path in it is the part of every address that `config/wsgi.py` takes off, and links begin with.
FORCE_SCRIPT_NAME = _public.path or None
_root = f"{_public.path}/"
HTTPS = _public.https
ALLOWED_HOSTS = networks.hosts(
    "ALLOWED_HOSTS", env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
)
if DEBUG:
    networks.refuse_debug(_public.host, ALLOWED_HOSTS)
CSRF_TRUSTED_ORIGINS = [_public.origin]

SECURE_SSL_REDIRECT = HTTPS
# Probes come from the internal network, without TLS.
SECURE_REDIRECT_EXEMPT = [rf"^{re.escape(_root[1:])}(livez|readyz|healthz|metrics)$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
# Another site on the same host has cookies of its own.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = _root
# Browsers let no other host, and nothing without TLS, set cookies that are called so: `__Host-`
# holds for a whole host only, and `__Secure-` is what is left for a site below a path.
_prefix = "" if not HTTPS else "__Secure-" if FORCE_SCRIPT_NAME else "__Host-"
SESSION_COOKIE_NAME = f"{_prefix}sessionid"
CSRF_COOKIE_NAME = f"{_prefix}csrftoken"
LANGUAGE_COOKIE_NAME = f"{_prefix}django_language"
MESSAGES_COOKIE_NAME = f"{_prefix}messages"
MESSAGE_STORAGE = "integrations.admin.accounts.cookies.MessageStorage"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# Counted from the last request; see `integrations.admin.accounts.sessions`.
SESSION_COOKIE_AGE = int(env.float("SESSION_HOURS", default=12) * 3600)
# Counted from signing in, however much a session is used; `integrations.accounts.sessions`.
SESSION_MAX_SECONDS = env.float("SESSION_MAX_HOURS", default=168) * 3600
# The number of proxies in front, each of which appends the address of its client to
# `X-Forwarded-For`; with too few, every client has the address of a proxy.
TRUSTED_PROXIES = networks.proxies(
    "TRUSTED_PROXIES", env.int("TRUSTED_PROXIES", default=1 if HTTPS else 0)
)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    # TLS ends at a proxy in front of gunicorn, which sets this header.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# HSTS for subdomains and the preload list are decisions of the domain's owner.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    # Relais has a site of its own. To look for other packages' pages, as Django does otherwise, is
    # to load them into every process, which takes half as long again to start.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "import_export",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "integrations",
]

MIDDLEWARE = [
    "integrations.client_address.RequesterMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.content_policy.ContentPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "integrations.admin.accounts.cookies.EarlierCookieMiddleware",
    "integrations.admin.accounts.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.body_limits.BodyLimitMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "integrations.admin.accounts.sessions.DashboardMiddleware",
    # Last, so that its response to a locked login is the one that is sent.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
LOGIN_URL = reverse_lazy("admin:login")

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ASSETS_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR}/relais.sqlite3")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # WAL: readers never wait for the writer. IMMEDIATE: a writer waits for another one at the
    # start of its transaction, where `timeout` applies, instead of failing in the middle.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # A new file gives room back a little at a time, which it has to know before its first page
        # is written; a file that is there keeps its own way (`docs/operations.md`).
        "init_command": "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; "
        # What is removed is overwritten, whatever SQLite was built with (`docs/personal-data.md`).
        "PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;",
    }
else:
    # Seconds after which a server that cannot be reached is taken for gone.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
AUTH_PASSWORD_VALIDATORS.append({"NAME": "integrations.accounts.passwords.OwnWordsValidator"})
# Seconds for which a link to set a password is valid; it works once.
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
# Too many wrong passwords lock the user for that address only, so that nobody can lock out others.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "integrations.accounts.lockout.client_ip"
AXES_LOCKOUT_CALLABLE = "integrations.admin.accounts.login.locked_answer"
# The audit trail records logins, and the dashboard has a button that unlocks.
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# Who must sign in with a second factor: none, administrators or all.
REQUIRE_SECOND_FACTOR = env.str("REQUIRE_SECOND_FACTOR", default="none")
if REQUIRE_SECOND_FACTOR not in ("none", "administrators", "all"):
    raise ImproperlyConfigured("REQUIRE_SECOND_FACTOR is none, administrators or all.")
# Days for which entries of the audit trail are kept; 0: for ever.
AUDIT_KEEP_DAYS = env.int("AUDIT_KEEP_DAYS", default=0)

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = HTTPS
# One catalogue for the templates and the code.
LOCALE_PATHS = [BASE_DIR / "integrations" / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Paris")
USE_I18N = True
USE_TZ = True

STATIC_URL = f"{_root}static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [ASSETS_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
    # CVs: under DATA_DIR, served only by a view that checks permissions.
    "submissions": {"BACKEND": "integrations.submissions.storage.PrivateStorage"},
}

# The program that makes PDFs of Word files, so that CVs can be read in the dashboard; blank: none.
OFFICE_PROGRAM = env.str(
    "OFFICE_PROGRAM", default=shutil.which("soffice") or shutil.which("libreoffice") or ""
)

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="filesystem://")
if CELERY_BROKER_URL == "filesystem://":
    # The host is not used, but without one each connection logs that it is missing.
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT = "config.broker:Transport"
    _broker = DATA_DIR / "broker"
    for _folder in ("messages", "control"):
        (_broker / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker / "messages"),
        "data_folder_out": str(_broker / "messages"),
        "control_folder": str(_broker / "control"),
        # Seconds. The default of 1 would delay each job by half a second on average; 0.1 costs an
        # idle worker 0.4 % of a core (`docs/performance.md §7`).
        "polling_interval": 0.1,
    }
else:
    # With the broker down, a request must not wait for the default six seconds of retries: the
    # job's row is stored, and the sweep finds it.
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.2,
        "interval_max": 0.5,
    }
CELERY_TASK_QUEUES = [Queue(lane, Exchange(lane), routing_key=lane) for lane in Lane]
CELERY_TASK_DEFAULT_QUEUE = Lane.NOW.value
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat")
CELERY_TIMEZONE = TIME_ZONE

# The hosts of each Flatchr environment (defaults: `docs/flatchr-api.md §0.1`). They are not form
# fields, so that a user cannot have a key sent to another host.
FLATCHR_ENDPOINTS = {
    "production": {
        "api_url": env.str("FLATCHR_API_URL", default="https://api.flatchr.io"),
        "careers_url": env.str("FLATCHR_CAREERS_URL", default="https://careers.flatchr.io"),
    },
    "demo": {
        "api_url": env.str("FLATCHR_DEMO_API_URL", default="https://api.demo.flatchr.io"),
        "careers_url": env.str(
            "FLATCHR_DEMO_CAREERS_URL", default="https://careers.demo.flatchr.io"
        ),
    },
    "sandbox": {
        "api_url": env.str("FLATCHR_SANDBOX_URL", default="http://127.0.0.1:8765"),
        "careers_url": env.str("FLATCHR_SANDBOX_URL", default="http://127.0.0.1:8765"),
    },
}
for _environment, _addresses in FLATCHR_ENDPOINTS.items():
    for _address in _addresses.values():
        networks.flatchr_address(_environment, _address)

# Requests to Flatchr for each tenant, shared by all workers: burst, and rate per second.
FLATCHR_BURST = env.int("FLATCHR_BURST", default=20)
FLATCHR_RATE = env.float("FLATCHR_RATE", default=10.0)
FLATCHR_EVENTS_PER_MINUTE = env.int("FLATCHR_EVENTS_PER_MINUTE", default=300)

SYNC_MAX_SECONDS = env.int("SYNC_MAX_SECONDS", default=6 * 3600)
EXCHANGE_RETENTION_DAYS = env.int("EXCHANGE_RETENTION_DAYS", default=30)
# For how long the feed of changes can be resumed.
CHANGES_KEEP_DAYS = env.int("CHANGES_KEEP_DAYS", default=30)
# The web server's processes, and threads in each. How many of these may wait for Flatchr at once
# (`integrations.tenants.live_calls`); of the others, half may wait for a change in the feed.
WEB_CONCURRENCY = env.int("WEB_CONCURRENCY", default=2)
WEB_THREADS = env.int("WEB_THREADS", default=8)
LIVE_CALLS = env.int("LIVE_CALLS", default=max(1, WEB_THREADS // 2))
CHANGES_WAITING = max(0, (WEB_THREADS - LIVE_CALLS) // 2)
# Of a run's requests that went well, the log has the first, then one in so many; of a tenant's, the
# newest (0: all).
EXCHANGE_FIRST = env.int("EXCHANGE_FIRST", default=50)
EXCHANGE_SAMPLE = env.int("EXCHANGE_SAMPLE", default=20)
EXCHANGE_MAX_EACH = env.int("EXCHANGE_MAX_EACH", default=1000)
# Days for which runs are kept (0: for good), and scheduled ones that changed nothing (0: as long
# as others).
RUN_KEEP_DAYS = env.int("RUN_KEEP_DAYS", default=90)
RUN_UNCHANGED_KEEP_DAYS = env.int("RUN_UNCHANGED_KEEP_DAYS", default=7)
for _name, _least in {
    "EXCHANGE_RETENTION_DAYS": 1,
    "EXCHANGE_FIRST": 0,
    "EXCHANGE_SAMPLE": 1,
    "EXCHANGE_MAX_EACH": 0,
    "RUN_KEEP_DAYS": 0,
    "RUN_UNCHANGED_KEEP_DAYS": 0,
}.items():
    if globals()[_name] < _least:
        raise ImproperlyConfigured(f"{_name} is a number of at least {_least}.")

# The largest CV, in bytes, and the days for which it is kept after its submission has ended.
SUBMISSION_MAX_BYTES = env.int("SUBMISSION_MAX_BYTES", default=10 * 1024**2)
SUBMISSION_KEEP_DAYS = env.int("SUBMISSION_KEEP_DAYS", default=30)
# The most rows of a bulk upload; the most drafts, and uploads that have not ended, of one tenant.
BULK_MAX_ROWS = env.int("BULK_MAX_ROWS", default=2000)
SUBMISSION_MAX_DRAFTS = env.int("SUBMISSION_MAX_DRAFTS", default=1000)
BULK_MAX_OPEN = env.int("BULK_MAX_OPEN", default=20)
for _name in ("SUBMISSION_MAX_DRAFTS", "BULK_MAX_OPEN"):
    if globals()[_name] < 1:
        raise ImproperlyConfigured(f"{_name} is a number of at least 1.")
# Exports of more rows are written by a worker; their files are kept for so many days.
EXPORT_ROWS_AT_ONCE = env.int("EXPORT_ROWS_AT_ONCE", default=50_000)
EXPORT_KEEP_DAYS = env.int("EXPORT_KEEP_DAYS", default=7)
# Events of webhooks and their deliveries are kept for so many days.
WEBHOOK_KEEP_DAYS = env.int("WEBHOOK_KEEP_DAYS", default=30)
# Networks (CIDR) that are not public, but that requests to hosts named by users may reach.
EGRESS_ALLOWED_NETWORKS = networks.networks(
    "EGRESS_ALLOWED_NETWORKS", env.list("EGRESS_ALLOWED_NETWORKS", default=[])
)

# The HTTP API: requests per minute for each key (0: no limit), concurrent actions for each tenant,
# and the largest request body in bytes.
API_RATE_LIMIT = env.int("API_RATE_LIMIT", default=12_000)
API_CONCURRENCY = env.int("API_CONCURRENCY", default=30)
API_CONCURRENCY_GIVEN = bool(env.str("API_CONCURRENCY", default=""))
API_MAX_BYTES = env.int("API_MAX_BYTES", default=32 * 1024**2)
# Origins whose pages may call the API from a browser, such as https://app.example.
API_CORS_ORIGINS = networks.origins(
    "API_CORS_ORIGINS", env.list("API_CORS_ORIGINS", default=[]), wildcards=False
)

# Origins whose pages may embed a connection link, such as https://app.example.
CONNECT_FRAME_ANCESTORS = networks.origins(
    "CONNECT_FRAME_ANCESTORS", env.list("CONNECT_FRAME_ANCESTORS", default=[])
)

# `smtp+tls://user:password@mail.example:587`; without it, no e-mail is sent.
EMAIL_ENABLED = bool(env.str("EMAIL_URL", default=""))
if EMAIL_ENABLED:
    vars().update(env.email("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
# Seconds to wait for a mail server.
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="Relais <relais@localhost>")
# A Slack-compatible incoming webhook for alerts, in place of the one set in the dashboard.
ALERTS_CHAT_URL = env.str("ALERTS_CHAT_URL", default="")

LOG_FORMAT = env.str("LOG_FORMAT", default="text")
if LOG_FORMAT not in ("text", "json"):
    raise ImproperlyConfigured("LOG_FORMAT is text or json.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {
            "()": "config.logs.MaskingFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        },
        "json": {"()": "config.logs.JsonFormatter"},
    },
    "filters": {
        "no_probes": {"()": "config.logs.NoProbes"},
        "route_names": {"()": "config.logs.RouteNames"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # Its messages about logins repeat the audit trail.
        "axes": {"level": "WARNING"},
        "django.request": {"filters": ["no_probes", "route_names"]},
        "django.security.csrf": {"filters": ["route_names"]},
        # Of `runserver`: through our handler, whose formatters mask.
        "django.server": {"filters": ["route_names"], "propagate": True},
        # It tells each process that it has been loaded.
        "pikepdf": {"level": "WARNING"},
    },
}

# Whoever sends it as a bearer token may read `/metrics`; without it there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
if METRICS_TOKEN:
    # Read by prometheus-client when it is imported: each process keeps its counts in files there.
    METRICS_DIR = DATA_DIR / "metrics"
    METRICS_DIR.mkdir(mode=0o700, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(METRICS_DIR)

from config.unfold import UNFOLD  # noqa: E402, F401
