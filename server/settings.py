"""Settings from the environment. Every problem is reported at once; secrets never show in a repr."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

PREFIX = "RINGBACK_"


class SettingsError(Exception):
    """One or more settings are wrong; `problems` has one sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """What the server runs with. Field `mongodb_url` is the setting RINGBACK_MONGODB_URL, and so on.

    `secret_key` empty means: make one at the first start and keep it in the data directory.
    `mongodb_url` empty means the embedded database, `carrier_api_url` empty the local carrier.
    """

    public_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8080
    data_dir: Path = Path(".ringback")
    secret_key: str = field(default="", repr=False)
    mongodb_url: str = field(default="", repr=False)
    redis_url: str = field(default="", repr=False)
    smtp_url: str = field(default="", repr=False)
    carrier_api_url: str = ""
    twilio_account_sid: str = ""
    twilio_auth_token: str = field(default="", repr=False)
    caller_id: str = ""
    geoip_path: str = ""
    stun_urls: str = ""
    turn_url: str = ""
    turn_secret: str = field(default="", repr=False)
    trusted_proxies: tuple[str, ...] = ()
    log_format: str = "json"


ABOUT: dict[str, str] = {
    "PUBLIC_URL": "Address under which browsers and the carrier reach this server; default http://HOST:PORT",
    "HOST": "Address to listen on; default 127.0.0.1",
    "PORT": "Port to listen on; default 8080",
    "DATA_DIR": "Folder for the embedded database and the generated secrets; default .ringback",
    "SECRET_KEY": "At least 32 characters; signs visitors' tokens and telephony URLs; default: made once in DATA_DIR",
    "MONGODB_URL": "A MongoDB replica set; default: the embedded database",
    "REDIS_URL": "For more than one process; not used yet",
    "SMTP_URL": "Outgoing mail; not used yet",
    "CARRIER_API_URL": "A Twilio-compatible REST API; default: Twilio with credentials, the local carrier without",
    "TWILIO_ACCOUNT_SID": "Account of the carrier",
    "TWILIO_AUTH_TOKEN": "Secret of the carrier's account; also verifies its webhooks",
    "CALLER_ID": "Number shown to both sides, E.164",
    "GEOIP_PATH": "A MaxMind database file; not used yet",
    "STUN_URLS": "For calls in the browser, separated by commas; not used yet",
    "TURN_URL": "For calls in the browser; not used yet",
    "TURN_SECRET": "Shared secret of the TURN server; not used yet",
    "TRUSTED_PROXIES": "Addresses or networks whose X-Forwarded-For is believed, separated by commas; default: none",
    "LOG_FORMAT": "json or console; default json",
}
SECRETS = {"SECRET_KEY", "MONGODB_URL", "REDIS_URL", "SMTP_URL", "TWILIO_AUTH_TOKEN", "TURN_SECRET"}


def _port(text: str, problems: list[str]) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    problems.append("RINGBACK_PORT must be a number from 1 to 65535.")
    return 0


def _url(name: str, text: str, schemes: tuple[str, ...], problems: list[str]) -> str:
    try:
        parts = urlsplit(text)
        fine = parts.scheme in schemes and bool(parts.netloc)
    except ValueError:
        fine = False
    if text and not fine:
        problems.append(
            f"RINGBACK_{name} must be an address that starts with {' or '.join(s + '://' for s in schemes)}."
        )
    return text.rstrip("/") if "http" in schemes else text


def _networks(text: str, problems: list[str]) -> tuple[str, ...]:
    networks = tuple(part.strip() for part in text.split(",") if part.strip())
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            problems.append(f"RINGBACK_TRUSTED_PROXIES: {network} is no address or network.")
    return networks


def from_env(environ: Mapping[str, str]) -> Settings:
    """Read the settings of `environ`; `RINGBACK_X_FILE` names a file that holds the value of `RINGBACK_X`.

    Raises:
        SettingsError: with every problem, when there is one.
    """
    problems: list[str] = []
    values: dict[str, str] = {}
    for key, text in environ.items():
        if not key.startswith(PREFIX):
            continue
        name = key.removeprefix(PREFIX)
        if name.endswith("_FILE") and name.removesuffix("_FILE") in ABOUT:
            try:
                values[name.removesuffix("_FILE")] = Path(text).read_text("utf-8").strip()
            except OSError:
                problems.append(f"{key} names a file that cannot be read.")
        elif name in ABOUT:
            values[name] = text.strip()
    get = values.get
    log_format = get("LOG_FORMAT", "json")
    if log_format not in ("json", "console"):
        problems.append("RINGBACK_LOG_FORMAT must be json or console.")
    secret = get("SECRET_KEY", "")
    if secret and len(secret) < 32:
        problems.append("RINGBACK_SECRET_KEY must have at least 32 characters.")
    caller_id = get("CALLER_ID", "")
    if caller_id and not (caller_id.startswith("+") and caller_id[1:].isdigit() and 8 <= len(caller_id) <= 16):
        problems.append("RINGBACK_CALLER_ID must be a number like +37322123456.")
    sid, token = get("TWILIO_ACCOUNT_SID", ""), get("TWILIO_AUTH_TOKEN", "")
    if bool(sid) != bool(token):
        problems.append("Set both RINGBACK_TWILIO_ACCOUNT_SID and RINGBACK_TWILIO_AUTH_TOKEN, or neither.")
    if sid and not caller_id:
        problems.append("RINGBACK_CALLER_ID is needed with a carrier account.")
    settings = Settings(
        public_url=_url("PUBLIC_URL", get("PUBLIC_URL", ""), ("http", "https"), problems),
        host=get("HOST") or "127.0.0.1",
        port=_port(get("PORT") or "8080", problems),
        data_dir=Path(get("DATA_DIR") or ".ringback"),
        secret_key=secret,
        mongodb_url=_url("MONGODB_URL", get("MONGODB_URL", ""), ("mongodb", "mongodb+srv"), problems),
        redis_url=_url("REDIS_URL", get("REDIS_URL", ""), ("redis", "rediss", "unix"), problems),
        smtp_url=get("SMTP_URL", ""),
        carrier_api_url=_url("CARRIER_API_URL", get("CARRIER_API_URL", ""), ("http", "https"), problems),
        twilio_account_sid=sid,
        twilio_auth_token=token,
        caller_id=caller_id,
        geoip_path=get("GEOIP_PATH", ""),
        stun_urls=get("STUN_URLS", ""),
        turn_url=get("TURN_URL", ""),
        turn_secret=get("TURN_SECRET", ""),
        trusted_proxies=_networks(get("TRUSTED_PROXIES", ""), problems),
        log_format=log_format,
    )
    if problems:
        raise SettingsError(problems)
    return settings


def kept_secret(data_dir: Path, name: str) -> str:
    """Return the secret kept in `data_dir/name`, made at the first call. Only its owner can read the file."""
    path = data_dir / name
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        return path.read_text("utf-8").strip()
    except FileNotFoundError:
        text = secrets.token_urlsafe(48)
        path.touch(mode=0o600)
        path.write_text(text, "utf-8")
        return text


def table(settings: Settings) -> list[tuple[str, str, str]]:
    """Return (name, value, meaning) of every setting; secrets show only whether they are set."""
    rows = []
    for name, about in ABOUT.items():
        value = getattr(settings, name.lower())
        shown = ("set" if value else "") if name in SECRETS else _shown(value)
        rows.append((PREFIX + name, shown, about))
    return rows


def _shown(value: object) -> str:
    return ",".join(str(part) for part in value) if isinstance(value, tuple) else str(value)
