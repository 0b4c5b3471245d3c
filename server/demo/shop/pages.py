"""Turns the shop's texts and templates into pages. Pure: text in, HTML out, everything escaped here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

from babel import Locale
from babel.numbers import format_decimal
from babel.plural import PluralRule

HERE: Final = Path(__file__).parent
LANGUAGES: Final = ("en", "ru", "ro")
SORTS: Final = ("popular", "cheap", "dear")
KINDS: Final = ("", "lamps", "furniture")
MENU: Final = ("catalogue", "delivery", "about", "contacts")
FREE_DELIVERY_EUR: Final = 300

Texts = Mapping[str, Any]


@cache
def texts(lang: str) -> Texts:
    """Return every text of the shop in one language, as the file has them."""
    loaded: Texts = json.loads((HERE / "texts" / f"{lang}.json").read_text("utf-8"))
    return loaded


@cache
def products() -> tuple[Mapping[str, Any], ...]:
    """Return the products, favourites first: id, kind and price in euros."""
    return tuple(json.loads((HERE / "products.json").read_text("utf-8")))


@cache
def _template(name: str) -> Template:
    return Template((HERE / "templates" / f"{name}.html").read_text("utf-8"))


def _fill(name: str, html: Mapping[str, str] | None = None, /, **text: object) -> str:
    """Fill a template: `text` is escaped, `html` is not."""
    return _template(name).substitute({k: escape(str(v)) for k, v in text.items()} | dict(html or {}))


def _euros(lang: str, amount: int) -> str:
    number = format_decimal(amount, locale=lang)
    return f"€{number}" if lang == "en" else f"{number}\u00a0€"


def _plural(lang: str, forms: Mapping[str, str], n: int) -> str:
    rule: PluralRule = Locale.parse(lang).plural_form
    return forms.get(rule(n), forms["other"]).replace("{n}", str(n))


def _links(lang: str, items: Sequence[tuple[str, str]], current: str = "") -> str:
    return "".join(
        f'<li><a href="/{lang}/{path}"{" aria-current=page" if path == current else ""}>{escape(label)}</a></li>'
        for path, label in items
    )


def _card(lang: str, product: Mapping[str, Any], *, hidden: bool = False) -> str:
    about = texts(lang)["products"][product["id"]]
    return _fill(
        "card",
        {"hidden": "hidden" if hidden else ""},
        lang=lang,
        id=product["id"],
        kind=product["kind"],
        price=product["price"],
        rank=products().index(product),
        price_text=_euros(lang, product["price"]),
        name=about["name"],
        short=about["short"],
    )


def _layout(lang: str, page: str, path: str, title: str, description: str, main: str, widget: tuple[str, str]) -> str:
    t = texts(lang)
    nav, cookies, foot = t["nav"], t["cookies"], t["footer"]
    menu = [(name, nav[name]) for name in MENU]
    foot_shop = [("", nav["home"]), ("catalogue", nav["catalogue"]), ("cart", nav["cart"])]
    foot_help = [(name, nav[name]) for name in ("delivery", "contacts", "about")]
    languages = "".join(
        f'<li><a href="/{code}/{path}" hreflang="{code}" lang="{code}"{" aria-current=true" if code == lang else ""}>'
        f"{escape(texts(code)['language'])}</a></li>"
        for code in LANGUAGES
    )
    alternates = "\n".join(f'<link rel="alternate" hreflang="{code}" href="/{code}/{path}">' for code in LANGUAGES)
    return _fill(
        "layout",
        {
            "main": main,
            "menu": _links(lang, menu, path.split("/")[0]),
            "languages": languages,
            "alternates": alternates,
            "cart_current": "aria-current=page" if page == "cart" else "",
            "foot_shop_links": _links(lang, foot_shop),
            "foot_help_links": _links(lang, foot_help),
        },
        lang=lang,
        page=page,
        title=title,
        description=description,
        skip=t["skip"],
        notice=t["notice"].format(amount=_euros(lang, FREE_DELIVERY_EUR)),
        tagline=t["tagline"],
        nav_label=nav["label"],
        nav_languages=nav["languages"],
        nav_cart=nav["cart"],
        address=foot["address"],
        rights=foot["rights"],
        foot_shop=foot["shop"],
        foot_help=foot["help"],
        cookies_label=cookies["label"],
        cookies_text=cookies["text"],
        cookies_accept=cookies["accept"],
        cookies_decline=cookies["decline"],
        widget_origin=widget[0],
        site_key=widget[1],
    )


def _home(lang: str) -> str:
    t = texts(lang)["home"]
    reasons = "".join(
        f'<section class="reason"><h3>{escape(head)}</h3><p>{escape(body)}</p></section>' for head, body in t["reasons"]
    )
    return _fill(
        "home",
        {"cards": "".join(_card(lang, p) for p in products()[:4]), "reasons": reasons},
        lang=lang,
        heading=t["title"],
        lead=t["lead"],
        action=t["action"],
        second=t["second"],
        picks=t["picks"],
        all=t["all"],
        why=t["why"],
        quote=t["quote"],
        quote_by=t["quoteBy"],
    )


def _catalogue(lang: str, query: Mapping[str, str]) -> str:
    t = texts(lang)["catalogue"]
    kind = query.get("kind", "") if query.get("kind") in KINDS else ""
    sort = query.get("sort", "popular") if query.get("sort") in SORTS else "popular"
    ordered = list(products())
    if sort != "popular":
        ordered.sort(key=lambda p: int(p["price"]), reverse=sort == "dear")
    shown = [p for p in ordered if not kind or p["kind"] == kind]
    kinds = "".join(
        f'<label class="choice"><input type="radio" name="kind" value="{value}"{" checked" if value == kind else ""}>'
        f"{escape(t[value or 'all'])}</label>"
        for value in KINDS
    )
    sorts = "".join(
        f'<option value="{value}"{" selected" if value == sort else ""}>{escape(t[value])}</option>' for value in SORTS
    )
    return _fill(
        "catalogue",
        {"kinds": kinds, "sorts": sorts, "cards": "".join(_card(lang, p, hidden=p not in shown) for p in ordered)},
        lang=lang,
        heading=t["title"],
        lead=t["lead"],
        filters=t["filters"],
        kind_label=t["kind"],
        sort_label=t["sort"],
        apply=t["apply"],
        count=_plural(lang, t["count"], len(shown)),
        count_forms=json.dumps(t["count"], ensure_ascii=False),
    )


def _product(lang: str, product: Mapping[str, Any]) -> str:
    t = texts(lang)["product"]
    about = texts(lang)["products"][product["id"]]
    others = [p for p in products() if p is not product and p["kind"] != product["kind"]][:4]
    return _fill(
        "product",
        {"cards": "".join(_card(lang, p) for p in others)},
        lang=lang,
        id=product["id"],
        name=about["name"],
        short=about["short"],
        text=about["text"],
        price_text=_euros(lang, product["price"]),
        size=about["size"],
        material=about["material"],
        care=about["care"],
        warranty=t["warrantyText"],
        size_label=t["size"],
        material_label=t["material"],
        care_label=t["care"],
        warranty_label=t["warranty"],
        **{name: t[name] for name in ("add", "added", "stock", "details", "more", "back", "vat")},
    )


def _delivery(lang: str) -> str:
    t = texts(lang)["delivery"]
    rows = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in t["rows"]
    )
    sections = "".join(f"<section><h2>{escape(h)}</h2><p>{escape(p)}</p></section>" for h, p in t["sections"])
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in t["columns"])
    html = {"rows": rows, "sections": sections, "columns": columns}
    return _fill("delivery", html, heading=t["title"], lead=t["lead"], table_label=t["tableLabel"])


def _about(lang: str) -> str:
    t = texts(lang)["about"]
    figures = "".join(f'<div class="figure"><dt>{escape(b)}</dt><dd>{escape(a)}</dd></div>' for a, b in t["figures"])
    html = {"paragraphs": "".join(f"<p>{escape(p)}</p>" for p in t["paragraphs"]), "figures": figures}
    return _fill("about", html, heading=t["title"], lead=t["lead"], figures_label=t["figuresLabel"])


def _contacts(lang: str) -> str:
    t = texts(lang)["contacts"]
    rows = "".join(
        f'<tr><th scope="row">{escape(day)}</th><td>{escape(time)}</td></tr>' for day, time in t["hoursRows"]
    )
    return _fill(
        "contacts",
        {"hours_rows": rows},
        heading=t["title"],
        lead=t["lead"],
        address=texts(lang)["footer"]["address"],
        **{name: t[name] for name in ("showroom", "hours", "write", "way")},
    )


def _cart(lang: str) -> str:
    t = texts(lang)["cart"]
    lines = ""
    for product in products():
        name = texts(lang)["products"][product["id"]]["name"]
        lines += _fill(
            "line",
            lang=lang,
            id=product["id"],
            price=product["price"],
            price_text=_euros(lang, product["price"]),
            name=name,
            remove=t["remove"],
            remove_item=t["removeItem"].format(name=name),
            quantity=t["quantity"].format(name=name),
        )
    return _fill(
        "cart",
        {"lines": lines},
        lang=lang,
        heading=t["title"],
        remove_item=t["removeItem"],
        no_script=t["noScript"],
        **{name: t[name] for name in ("empty", "browse", "quantity", "total", "order", "thanks")},
    )


def render(lang: str, path: str, query: Mapping[str, str], widget_origin: str, site_key: str) -> tuple[int, str]:
    """Return the status and the HTML of a page.

    Args:
        lang: one of LANGUAGES.
        path: the part after the language, without slashes at its ends; empty is the home page.
        query: the catalogue's filters; unknown values count as not given.
    """
    t = texts(lang)
    widget = (widget_origin, site_key)
    plain = {"delivery": _delivery, "about": _about, "contacts": _contacts, "cart": _cart}
    if not path:
        return 200, _layout(lang, "home", path, t["home"]["title"], t["home"]["lead"], _home(lang), widget)
    if path == "catalogue":
        main = _catalogue(lang, query)
        return 200, _layout(lang, path, path, t[path]["title"], t[path]["lead"], main, widget)
    if path in plain:
        about = t[path]
        main = plain[path](lang)
        return 200, _layout(lang, path, path, about["title"], about.get("lead", t["tagline"]), main, widget)
    for product in products():
        if path == f"product/{product['id']}":
            about = t["products"][product["id"]]
            return 200, _layout(lang, "product", path, about["name"], about["text"], _product(lang, product), widget)
    lost = t["notFound"]
    main = _fill("not_found", lang=lang, heading=lost["title"], lead=lost["lead"], catalogue=t["nav"]["catalogue"])
    return 404, _layout(lang, "lost", "", lost["title"], lost["lead"], main, widget)
