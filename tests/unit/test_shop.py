"""The demo shop, as its visitors and its browser see it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from server.demo.shop.pages import HERE, LANGUAGES, products, texts
from server.demo.shop_app import create_shop_app, preferred_language

WIDGET = "http://widget.test:8080"
PATHS = ["", "catalogue", "delivery", "about", "contacts", "cart", *(f"product/{p['id']}" for p in products())]


@pytest.fixture
async def shop() -> AsyncIterator[TestClient]:
    async with TestClient(TestServer(create_shop_app(WIDGET, "pk_shop"))) as client:
        yield client


def test_the_shop_has_six_products_and_more() -> None:
    assert len(products()) >= 6


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_page_exists_in_every_language_and_embeds_the_widget_once(shop: TestClient, lang: str) -> None:
    for path in PATHS:
        reply = await shop.get(f"/{lang}/{path}")
        html = await reply.text()
        assert reply.status == 200, path
        assert f'<html lang="{lang}">' in html
        assert html.count(f'<script async src="{WIDGET}/widget.js" data-ringback-site="pk_shop"></script>') == 1
        assert not re.search(r"\$[a-z_]+|\{[a-z]+\}(?![^<]*\")", html.replace("data-remove=", "").replace("{n}", "")), (
            path
        )


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_language_switch_keeps_the_page(shop: TestClient, lang: str) -> None:
    html = await (await shop.get(f"/{lang}/product/halm")).text()
    for other in LANGUAGES:
        assert f'href="/{other}/product/halm"' in html


async def test_no_page_has_an_inline_script_or_style(shop: TestClient) -> None:
    for path in PATHS:
        html = await (await shop.get(f"/en/{path}")).text()
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html), path


async def test_the_policy_allows_the_shop_and_the_widget_and_nothing_else(shop: TestClient) -> None:
    policy = (await shop.get("/en/")).headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self' http://widget.test:8080; style-src 'self';")
    assert "connect-src 'self' http://widget.test:8080 ws://widget.test:8080;" in policy
    assert "unsafe" not in policy
    assert "trusted-types 'none'" in policy


async def test_everything_a_page_names_is_there(shop: TestClient) -> None:
    for path in PATHS:
        html = await (await shop.get(f"/ru/{path}")).text()
        for url in set(re.findall(r'(?:src|href)="(/[^"#]*)"', html)):
            assert (await shop.get(url)).status == 200, (path, url)


async def test_no_cookie_is_set(shop: TestClient) -> None:
    assert "Set-Cookie" not in (await shop.get("/en/")).headers


async def test_an_unknown_page_says_so_in_its_language(shop: TestClient) -> None:
    reply = await shop.get("/ru/no-such-page")
    assert reply.status == 404
    assert texts("ru")["notFound"]["title"] in await reply.text()
    assert (await shop.get("/de/")).status == 404


async def test_filters_work_without_javascript(shop: TestClient) -> None:
    html = await (await shop.get("/ro/catalogue?kind=lamps&sort=cheap")).text()
    assert "4 produse" in html
    shown = re.findall(r'data-kind="(\w+)" data-price="(\d+)" data-rank="\d+" >', html)
    assert shown == [("lamps", "99"), ("lamps", "129"), ("lamps", "189"), ("lamps", "259")]
    assert (await shop.get("/ro/catalogue?kind=%00&sort=x")).status == 200


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("", "en"),
        ("de-DE,de;q=0.9", "en"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("en;q=0.5,ro-MD;q=0.9", "ro"),
        ("ro;q=0,ru;q=0.1", "ru"),
        ("*;q=zz,,;;", "en"),
    ],
)
async def test_the_first_visit_goes_to_the_preferred_language(shop: TestClient, header: str, lang: str) -> None:
    assert preferred_language(header) == lang
    reply = await shop.get("/", headers={"Accept-Language": header}, allow_redirects=False)
    assert reply.headers["Location"] == f"/{lang}/"


def test_the_three_languages_say_the_same_things() -> None:
    def shape(value: object) -> object:
        if isinstance(value, dict):
            return {k: shape(v) for k, v in value.items() if k not in {"one", "few", "many", "other"}}
        return [shape(v) for v in value] if isinstance(value, list) else type(value)

    assert shape(texts("en")) == shape(texts("ru")) == shape(texts("ro"))


def test_the_shop_is_hostile_to_what_is_embedded_in_it() -> None:
    css = "".join(path.read_text("utf-8") for path in Path(HERE / "static").glob("*.css"))
    assert "all: unset" in css
    assert re.search(r"^button \{\s+display: none;", css, re.M)
    assert "z-index: 2147483647" in css
    assert re.search(r"^div \{[^}]*!important", css, re.M)
