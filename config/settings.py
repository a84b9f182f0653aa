"""All settings, driven by the environment; .env.example lists what may be set."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

from sms_django.gateways.logs import logging_for

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# pytest sets this variable for itself and its children, so that no test, and no process that a
# test starts, can reach the database that the environment names.
UNDER_TEST = "PYTEST_VERSION" in os.environ
SMS_ENV = "local" if UNDER_TEST else env.str("SMS_ENV", default="local")
if SMS_ENV not in {"local", "production"}:
    raise ImproperlyConfigured(f"SMS_ENV must be local or production, not {SMS_ENV!r}.")
LOCAL = SMS_ENV == "local"
VAR_DIR = Path(env.str("SMS_VAR", default=str(BASE_DIR / "var")))


# --- secrets and hosts ---------------------------------------------------------------------------
def local_secrets() -> dict[str, str]:
    """The keys of this checkout, made on the first start and kept in var/secrets.env."""
    path = VAR_DIR / "secrets.env"
    if not path.exists():
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"secrets.{secrets.token_hex(8)}.tmp")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(
                f"{name}={secrets.token_urlsafe(48)}\n" for name in ("SECRET_KEY", "SMS_JWT_KEY")
            )
        try:
            # A link appears whole or not at all: two first starts at once end with one set.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def required(name: str) -> str:
    """A variable that production cannot do without."""
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"Set {name}: production does not start without it.")
    return value


SHORTEST_KEY = 32


def key(name: str, made: dict[str, str]) -> str:
    """A signing key, from the environment or, on a developer's machine, from those made there."""
    value = (env.str(name, default="") or made[name]) if LOCAL else required(name)
    if len(value) < SHORTEST_KEY:
        raise ImproperlyConfigured(
            f"{name} is too short: it takes at least {SHORTEST_KEY} characters."
        )
    return value


_made = local_secrets() if LOCAL else {}
SECRET_KEY = key("SECRET_KEY", _made)
SMS_JWT_KEY = key("SMS_JWT_KEY", _made)
if SECRET_KEY == SMS_JWT_KEY:
    raise ImproperlyConfigured("SECRET_KEY and SMS_JWT_KEY must differ.")
DEBUG = False
ALLOWED_HOSTS = (
    env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
    if LOCAL
    else required("ALLOWED_HOSTS").split(",")
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- transport security --------------------------------------------------------------------------
# How many proxies of our own stand in front: so many entries of X-Forwarded-For are believed.
SMS_TRUSTED_PROXIES = env.int("SMS_TRUSTED_PROXIES", default=0)
SMS_HTTPS_ONLY = env.bool("SMS_HTTPS_ONLY", default=not LOCAL)
if SMS_TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = SMS_HTTPS_ONLY
SECURE_REDIRECT_EXEMPT = [r"^(ping|livez|readyz)$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SMS_HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SMS_HTTPS_ONLY
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SMS_HTTPS_ONLY
X_FRAME_OPTIONS = "DENY"

# --- application ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "sms_django",
]
MIDDLEWARE = [
    "sms_django.api.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sms_django.admin.policy.ContentPolicyMiddleware",
    "sms_django.api.middleware.NoStoreMiddleware",
    "sms_django.api.middleware.BodySizeMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "sms_django.api.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "sms_django.admin.busy.BusyMiddleware",
    "sms_django.admin.local_time.CompanyTimeMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "sms_django" / "templates"],
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
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "sms_django.formats"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# The largest posting has 1,000 lines, and its form some fields for each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 12_000


# --- database ------------------------------------------------------------------------------------
def database(url: str) -> dict[str, Any]:
    """The connection that a DATABASE_URL asks for, with what the ledger relies on."""
    config: dict[str, Any] = environ.Env.db_url_config(url)
    config["HOST"] = unquote(config.get("HOST", ""))  # a socket folder is %2Fvar%2Frun
    given = config.get("OPTIONS", {})
    if config["ENGINE"] == "django.db.backends.sqlite3":
        ours: dict[str, Any] = {
            "timeout": 20,
            # BEGIN IMMEDIATE takes the write lock first; a lock upgraded half-way would fail.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    elif config["ENGINE"] == "django.db.backends.postgresql":
        statement_timeout = env.str("SMS_STATEMENT_TIMEOUT", default="10s")
        ours = {
            "application_name": "sms",
            "options": f"-c lock_timeout=3s -c statement_timeout={statement_timeout}"
            " -c idle_in_transaction_session_timeout=15s",
            # Each server process has its own pool: as many connections as it has threads.
            "pool": {
                "min_size": 1,
                "max_size": env.int("SMS_DB_POOL", default=10),
                "timeout": 3,
                "max_lifetime": 1800,
                # Its own way, twice as long a wait after each failure, outlasts the failure.
                "reconnect_timeout": 0.2,
                "reconnect_failed": lambda pool: pool.check(),
            },
            "server_side_binding": True,
            "prepare_threshold": 5,
        }
        # A health check on every request stalls for seconds after a database restart.
        config |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}
    else:
        raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:/// or postgres://.")
    return config | {"OPTIONS": ours | given, "ATOMIC_REQUESTS": False}


SQLITE_URL = f"sqlite:///{VAR_DIR / 'db.sqlite3'}"
# The tests choose their own database, see tests/databases.py.
DATABASES = {
    "default": database("sqlite://:memory:" if UNDER_TEST else env.str("DATABASE_URL", SQLITE_URL))
}
if LOCAL:
    VAR_DIR.mkdir(parents=True, exist_ok=True)

# --- AUTH ----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "sms.User"
AUTHENTICATION_BACKENDS = ["sms_django.backends.RoleBackend"]
# Usernames are unique in their folded form, which is a column of its own.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600

# --- REST_FRAMEWORK and SPECTACULAR_SETTINGS -----------------------------------------------------
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "sms_django.api.authentication.BearerAuthentication",
        "sms_django.api.authentication.SessionAuthentication",
    ],
    # Views that are no viewset of ours (there is none) would be closed to all but the logged in.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": [
        "sms_django.api.parsing.JSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_RENDERER_CLASSES": [
        "sms_django.api.parsing.JSONRenderer",
        "sms_django.api.browsable.BrowsableRenderer",
    ],
    "DEFAULT_PAGINATION_CLASS": "sms_django.api.pagination.PagePagination",
    "DEFAULT_SCHEMA_CLASS": "sms_django.api.schema.CoreAutoSchema",
    "EXCEPTION_HANDLER": "sms_django.api.errors.handle",
    "LIST_SERIALIZER_ERRORS_AS_DICT": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
_DOCUMENTS = ("Purchase", "Sales", "Transfer", "Count")
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Stock management",
    "DESCRIPTION": "Log in at `auth/token/` and send the access token as `Authorization: Bearer`.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "sms_django.api.schema.complete",
    ],
    "ENUM_NAME_OVERRIDES": {
        "PostingKind": "sms_django.api.stock.posting_kinds",
        "Counterpart": "sms_django.api.stock.counterparts",
        **{f"{kind}State": f"sms_django.api.states.{kind.lower()}_states" for kind in _DOCUMENTS},
    },
    **dict.fromkeys(("SWAGGER_UI_DIST", "SWAGGER_UI_FAVICON_HREF", "REDOC_DIST"), "SIDECAR"),
}

# --- UNFOLD --------------------------------------------------------------------------------------
# Teal, a step darker than usual, so that white letters on it can be read by everybody.
_TEAL = {
    "50": "oklch(98.4% .014 180.7)",
    "100": "oklch(95.3% .051 180.8)",
    "200": "oklch(91% .096 180.4)",
    "300": "oklch(85.5% .138 181.1)",
    "400": "oklch(77.7% .152 181.9)",
    "500": "oklch(70.4% .14 182.5)",
    "600": "oklch(51.1% .096 186.4)",
    "700": "oklch(43.7% .078 188.2)",
    "800": "oklch(38.6% .063 188.4)",
    "900": "oklch(33% .053 189)",
    "950": "oklch(27.7% .046 192.5)",
}


def _icon(request: Any) -> str:
    return static("sms/icon.svg")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "SMS – stock management",
    "SITE_HEADER": "Stock management",
    "SITE_ICON": _icon,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": _icon},
    ],
    "COLORS": {"primary": _TEAL},
    "STYLES": [lambda request: static("sms/admin.css")],
    "ENVIRONMENT": "sms_django.admin.site.environment",
    "DASHBOARD_CALLBACK": "sms_django.admin.overview.dashboard",
    "SHOW_BACK_BUTTON": True,
    "SIDEBAR": {"navigation": "sms_django.admin.site.navigation"},
}

# --- files ---------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("SMS_STATIC_ROOT", default=str(VAR_DIR / "static")))
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
_static = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if UNDER_TEST
    else "whitenoise.storage.CompressedManifestStaticFilesStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _static},
}

# --- logs ----------------------------------------------------------------------------------------
LOGGING = logging_for(level=env.str("SMS_LOG_LEVEL", default="WARNING" if UNDER_TEST else "INFO"))
